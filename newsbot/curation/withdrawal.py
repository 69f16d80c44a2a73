"""Withdrawing an article: it stays in the WARC files, and everything made from them leaves it out.

The withdrawal is a record of its own, so that it holds after a rebuild too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.desk import Desk
from newsbot.errors import BadInput
from newsbot.shelf import PostShelf
from newsbot.sina import urls
from newsbot.views import access
from newsbot.views.judging import page_from
from newsbot.warc.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsbot.archive import Archive
    from newsbot.clock import Clock
    from newsbot.ledger import ArticleRow, Ledger


def withdraw(
    archive: Archive, ledger: Ledger, clock: Clock, url: str, reason: str, *, info: Mapping[str, str]
) -> ArticleRow:
    """Withdraw the article at `url`, or with an empty `reason` take that back; how it stands then.

    `info`: fields of the warcinfo record. Raises BadInput for an article that the archive does not know or that is
    not withdrawn, ArchiveError when it could not be recorded.
    """
    row = known_article(ledger, url)
    if not reason and not row.withdrawal:
        raise BadInput(f"{url} is not withdrawn: there is nothing to take back")
    writer = Writer(archive.root, info=info, clock=clock)
    desk = Desk(ledger, PostShelf(archive.posts), page_from(archive.root))
    with ledger.transaction():  # first: who has to wait too long for the ledger has not written a record yet
        keys = [one.key for one in ledger.at(row.url)]  # of an article that came under several all
        for key in keys:
            noted = writer.note(f"urn:newsbot:withdrawal:{key}", {"article": key, "url": row.url, "reason": reason})
            ledger.note_withdrawal(key, row.url, f"{noted.date} {noted.metadata_id} 000000", reason)
        writer.close()
        for key in keys:
            desk.settle(key)
        ledger.mark_absorbed(noted.file, (archive.root / noted.file).stat().st_size)
    access.write(archive.root, ledger)
    return known_article(ledger, url)


def known_article(ledger: Ledger, url: str) -> ArticleRow:
    """The article at `url`, or of that key or docid, as the ledger knows it; BadInput when it knows none."""
    given = url.strip()
    row = ledger.article(given.removeprefix("comos:")) or ledger.article(ledger.key_of(urls.canonical(given)))
    if row is None:
        raise BadInput(f"{url!r}: the archive knows no such article; give its address as a list or a CDXJ line has it")
    return row
