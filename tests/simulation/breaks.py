"""Points at which a run writes, and what can be raised there: a kill, or a disk that is full.

The points are the system's own audit events of files that are made, renamed or removed, and the calls of the writer
and the shelf: just before each, and just after.
"""

from __future__ import annotations

import errno
import os
import resource
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsbot.crawl.run import Run

#: Audit events of what changes files; of `open` those that write.
CHANGES = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.truncate"})
WRITING = frozenset({"append", "note", "sync", "close", "put", "remove"})


class Killed(BaseException):
    """The process is dead: nothing of newsbot catches this."""


class Points:
    """Counts the points that write below `folder`; that numbered `fatal` (from 1), and all after it, raise Killed."""

    def __init__(self, folder: Path, fatal: int = 0) -> None:
        self.folder = str(folder)
        self.fatal = fatal
        self.passed = 0
        self.full = False  #: no file can be made

    def reach(self) -> None:
        """One more."""
        self.passed += 1
        if self.fatal and self.passed >= self.fatal:
            raise Killed(f"at its write {self.passed}")

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event of this process."""
        if self.folder not in str(args) or (event == "open" and not args[2] & os.O_ACCMODE):
            return
        self.reach()
        if self.full and event in {"open", "os.mkdir"}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_listening: list[Points] = []
_hooked: list[bool] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _listening and event in CHANGES:
        _listening[-1].heard(event, args)


@contextmanager
def listening(points: Points) -> Iterator[None]:
    """Let `points` hear what this process does."""
    if not _hooked:  # a hook cannot be taken away again
        _hooked.append(True)
        sys.addaudithook(_hear)
    _listening.append(points)
    try:
        yield
    finally:
        _listening.pop()


class Breaking:
    """A writer or shelf whose writing methods are points."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return self._around(value) if name in WRITING else value

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*args: Any, **kwargs: Any) -> Any:
            self._points.reach()
            result = call(*args, **kwargs)
            self._points.reach()
            return result

        return around


@contextmanager
def little_room(size: int) -> Iterator[None]:
    """No file can grow beyond so many bytes: each write that would raises EFBIG, SQLite's own too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def bury(run: Run) -> None:
    """What the system does with a dead process: its files are closed, its locks free, what is not committed is lost."""
    with suppress(AttributeError):  # it may have died before it opened it
        run.ledger.close()
    with suppress(AttributeError):
        run.job.unlock()
    left = {(found.st_dev, found.st_ino) for path in run.archive.root.rglob("*.open") for found in [path.stat()]}
    for descriptor in range(3, 256) if left else ():
        with suppress(OSError):
            found = os.fstat(descriptor)
            if (found.st_dev, found.st_ino) in left:
                os.close(descriptor)
