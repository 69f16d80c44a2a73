"""The right to be the one run of a kind: a lock of this machine, and a lease in the ledger (design.md, "Locks")."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from newsbot.archive import RunLock
from newsbot.errors import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.archive import Archive
    from newsbot.clock import Clock
    from newsbot.ledger import Ledger

#: Every kind of work that has a lock of this machine.
KINDS = ("schedule", "backfill", "urls", "import")

#: The lease, renewed every third of it.
SECONDS = 90.0


@contextmanager
def stillness(archive: Archive, command: str) -> Iterator[None]:
    """Nothing else is at work on the archive until the block ends; Locked, with one line, while something is."""
    with ExitStack() as closing:
        for kind in KINDS:
            lock = RunLock(archive, kind)
            if not lock.acquire():
                who = f"another run ({kind}, or a replay or index)"
                raise Locked(f"{who} is at work on {archive.root}; {command} when it has ended")
            closing.callback(lock.release)
        yield


class Job:
    """One run's job. Use: `lock()`, then `take(ledger)`, `renew()` while it lives, and `give_back()`, `unlock()`."""

    def __init__(self, archive: Archive, kind: str, run: str, clock: Clock) -> None:
        self.kind = kind
        self._root = archive.root
        self._run = run
        self._clock = clock
        self._lock = RunLock(archive, kind)
        self._ledger: Ledger

    def lock(self) -> None:
        """Take this machine's lock; Locked when a living run has it."""
        if not self._lock.acquire():
            raise Locked(
                f"another {self.kind} run, or a replay or index, is at work on {self._root}; let it end, or stop it"
            )

    def unlock(self) -> None:
        """Give it back."""
        self._lock.release()

    def take(self, ledger: Ledger) -> None:
        """Take the lease; Locked when a run of another machine has it."""
        self._ledger = ledger
        here = socket.gethostname()

        def alive(holder: str) -> bool | None:
            # We hold this machine's lock, so whoever held the job here is dead; of another machine nothing is known.
            return False if holder.partition(":")[0] == here else None

        ledger.take_job(self.kind, self._run, f"{here}:{os.getpid()}", self._clock(), SECONDS, alive)

    def renew(self) -> None:
        """Prolong it; Locked when it has become another's."""
        if not self._ledger.renew_job(self.kind, self._run, self._clock(), SECONDS):
            raise Locked(f"this {self.kind} run's job is another's by now: it stood still for too long; stopped")

    def give_back(self) -> None:
        """Leases first: where a full disk lets them stay, the job must stay too, for the next run to free both."""
        self._ledger.release_all(self._run)
        self._ledger.end_job(self.kind, self._run)
