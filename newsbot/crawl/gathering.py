"""Several commits of the ledger as one, on the clock of an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from newsbot.errors import NewsbotError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsbot.ledger import Ledger

#: Seconds for which commits are gathered: a busy crawl writes half the pages of the database for it.
SECONDS = 0.1


class Gathering:
    """Commits what the ledger is told within SECONDS together, for as long as the running event loop runs."""

    def __init__(self, ledger: Ledger, failed: Callable[[NewsbotError], None]) -> None:
        """`failed` is told of a commit that does not succeed: nobody else waits for it."""
        self._ledger = ledger
        self._failed = failed
        ledger.gather(self._soon)

    def _soon(self) -> None:
        asyncio.get_running_loop().call_later(SECONDS, self._flush)

    def _flush(self) -> None:
        try:
            self._ledger.flush()
        except NewsbotError as error:
            self._failed(error)
