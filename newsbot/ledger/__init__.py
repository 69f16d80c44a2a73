"""The memory: what was listed, captured, published, who works on what. A view of the WARC files, but for the work.

SQLAlchemy Core on SQLite (WAL) or PostgreSQL; nothing else in newsbot knows about databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.errors import BadInput
from newsbot.ledger.coverage import Covering
from newsbot.ledger.facts import Facts
from newsbot.ledger.flashes import Flashes, MissingIds
from newsbot.ledger.opening import file_url, renew
from newsbot.ledger.originals import Originals
from newsbot.ledger.rows import ArticleRow, LooksRow, SeenRow, WindowRow, Work
from newsbot.ledger.sharing import Sharing
from newsbot.ledger.standing import Standing
from newsbot.ledger.wanted import Requisites, Wanted

if TYPE_CHECKING:
    from newsbot.archive import Archive

__all__ = [
    "ArticleRow",
    "Ledger",
    "LooksRow",
    "MissingIds",
    "SeenRow",
    "Wanted",
    "WindowRow",
    "Work",
    "file_url",
    "is_there",
    "renew",
    "url_of",
]


class Ledger(Facts, Flashes, Standing, Originals, Requisites, Sharing, Covering):
    """All of it over one database."""

    @classmethod
    def open(cls, archive: Archive, *, make: bool = True) -> Ledger:
        """The ledger of an archive, which is made where it is not there; BadInput instead when `make` is False.

        Raises BadInput (no such URL), LedgerTooNew, LedgerError, ArchiveError (an SQLite file that cannot be written).
        """
        if not make:
            archive.check()
            if not is_there(archive):
                raise BadInput(f"{archive.root} has no ledger: make it with scrapy replay")
        return cls(url_of(archive))


def url_of(archive: Archive) -> str:
    """The SQLAlchemy URL of an archive's ledger."""
    return archive.ledger_url or file_url(archive.ledger_file)


def is_there(archive: Archive) -> bool:
    """Is there a ledger? Of a database on a server nothing is known before it is opened."""
    return bool(archive.ledger_url) or archive.ledger_file.exists()
