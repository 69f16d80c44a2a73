"""The memory: what was listed, captured, published, who works on what. A view of the WARC files, but for the work.

SQLAlchemy Core on SQLite (WAL) or PostgreSQL; nothing else in newsbot knows about databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.ledger.coverage import Covering
from newsbot.ledger.facts import Facts
from newsbot.ledger.opening import file_url, renew
from newsbot.ledger.originals import Originals
from newsbot.ledger.rows import ArticleRow, LooksRow, WindowRow, Work
from newsbot.ledger.sharing import Sharing
from newsbot.ledger.standing import Standing
from newsbot.ledger.wanted import Requisites, Wanted

if TYPE_CHECKING:
    from newsbot.clock import Clock

__all__ = ["ArticleRow", "Ledger", "LooksRow", "Wanted", "WindowRow", "Work", "file_url", "renew"]


class Ledger(Facts, Standing, Originals, Requisites, Sharing, Covering):
    """All of it over one database."""

    @classmethod
    def open(cls, url: str, clock: Clock) -> Ledger:
        """Open, or make, the ledger at a SQLAlchemy URL.

        Raises BadInput (no such URL), LedgerTooNew, LedgerError, ArchiveError (an SQLite file that cannot be written).
        """
        del clock  # every call that needs the time is given it
        return cls(url)
