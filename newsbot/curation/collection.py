"""A collection for others: which exchanges and pages of an archive go into a WACZ (newsbot.warc.wacz).

All of the archive but what is withdrawn, or the articles of some time and some channels with everything that they need
to be replayed: each capture, the redirects that led there, pictures and style sheets, and the originals of revisits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsbot import text
from newsbot.article import Article, Capture, Refusal
from newsbot.characters import clean_line
from newsbot.discovery import arguments
from newsbot.errors import BadInput
from newsbot.publication import channel_of, title_of
from newsbot.sina import channels
from newsbot.sina.plain import plain_text
from newsbot.sina.requisites import requisites
from newsbot.views import access
from newsbot.views.judging import page_from
from newsbot.views.rebuild import Progress, silent
from newsbot.warc.openfile import SUFFIX
from newsbot.warc.wacz import Page

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from newsbot.archive import Archive
    from newsbot.curation.catalogue import Catalogue
    from newsbot.ledger import ArticleRow, Ledger
    from newsbot.views.found import Unreadable

Reader = Callable[[Capture], Article | Refusal]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are wanted; as it stands all of them, and the lists, robots.txt and facts of runs with them."""

    since: str = ""  #: publication time from here on, as `text.stamp` writes it; '' for no limit
    until: str = ""  #: and before this
    folders: frozenset[str] = frozenset()  #: channels by the names of their posts; empty for all

    @property
    def everything(self) -> bool:
        """Is nothing left out?"""
        return not (self.since or self.until or self.folders)

    def takes(self, row: ArticleRow) -> bool:
        """Is this article wanted? One without a publication time is in no time."""
        return self._in_time(row.date or row.page_date) and (not self.folders or channel_of(row) in self.folders)

    def _in_time(self, published: str) -> bool:
        if not (self.since or self.until):
            return True
        return bool(published) and self.since <= published and (not self.until or published < self.until)


def select(now: datetime, *, since: str = "", until: str = "", names: str = "") -> Selection:
    """The selection that a user names: times as for the spider, channel names with commas.

    Raises UnknownChannel, UnreadableDate, BadInput.
    """
    begin = text.stamp(text.moment(since, now)) if since else ""
    end = text.stamp(text.moment(until, now, end=True)) if until else ""
    if begin and end and begin >= end:
        raise BadInput(f"--since {since} is not before --until {until}")
    return Selection(begin, end, frozenset(map(channels.post_name, arguments.names(names))))


@dataclass(slots=True)
class Collection:
    """What was found for a selection; which records those are, the catalogue knows."""

    exchanges: int = 0  #: facts of runs, which are no exchanges, among them
    articles: int = 0  #: that the selection takes
    withdrawn: int = 0  #: articles that were left out as withdrawn, whatever the selection
    dangling: int = 0  #: revisits whose original is not there
    missing: list[str] = field(default_factory=list)  #: URLs of published articles whose page is in no file
    unreadable: list[Unreadable] = field(default_factory=list)  #: places in files
    open: list[str] = field(default_factory=list)  #: files that are being written, and so left out


def gather(
    archive: Archive,
    ledger: Ledger,
    selection: Selection,
    catalogue: Catalogue,
    *,
    now: datetime,
    progress: Progress = silent,
) -> Collection:
    """Read the archive's closed files into `catalogue` and choose there what `selection` takes.

    Raises BadInput where the ledger, which knows the withdrawals, does not know a file, and when nothing is chosen.
    """
    collection = Collection(unreadable=catalogue.unreadable)
    collection.open = [archive.relative(path) for path in sorted((archive.root / "warc").rglob(f"*.warc.gz{SUFFIX}"))]
    paths = archive.warc_files()
    _check_known([archive.relative(path) for path in paths], ledger, now)
    _read(archive, paths, catalogue, progress)
    withdrawn = [row.key for row in ledger.withdrawn()]
    collection.withdrawn = len(withdrawn)
    catalogue.remove(withdrawn, access.blocked(ledger))
    total = sum(ledger.counts().values())
    for done in _want_articles(collection, catalogue, ledger, selection, page_from(archive.root)):
        progress("choosing", done, total)
    if selection.everything or collection.articles:
        collection.exchanges = catalogue.choose(everything=selection.everything)
        collection.dangling = catalogue.dangling()
    if not collection.exchanges:
        raise BadInput(_nothing(collection, selection))
    return collection


def _read(archive: Archive, paths: list[Path], catalogue: Catalogue, progress: Progress) -> None:
    sizes = [path.stat().st_size for path in paths]
    before, total = 0, sum(sizes)
    for path, size in zip(paths, sizes, strict=True):
        for done in catalogue.read(path, archive.relative(path)):
            progress("reading", before + done, total)
        before += size
    catalogue.complete()


def _check_known(files: list[str], ledger: Ledger, now: datetime) -> None:
    unknown = sorted(set(files) - ledger.absorbed().keys() - ledger.being_written(now))
    if unknown:
        more = f" and {len(unknown) - 1} more WARC files" if unknown[1:] else ""
        raise BadInput(f"the ledger does not know {unknown[0]}{more}; run `scrapy replay` first")


def _nothing(collection: Collection, selection: Selection) -> str:
    left_out = f"; files being written are left out: {', '.join(collection.open)}" if collection.open else ""
    if selection.everything or collection.articles:
        return f"the archive holds no exchange of that{left_out}; nothing was written"
    return f"no article of the archive is of that time and channel{left_out}; nothing was written"


def _want_articles(
    collection: Collection, catalogue: Catalogue, ledger: Ledger, selection: Selection, read: Reader
) -> Iterator[int]:
    """Want each article that the selection takes, and list the page of each that is published; how many were seen."""
    for done, row in enumerate(ledger.everything(), 1):
        if row.state != "withdrawn" and selection.takes(row):
            collection.articles += 1
            page = _want(row, ledger, catalogue, read)
            if page:
                catalogue.put(page)
            elif row.state == "published":
                collection.missing.append(row.url)
        yield done


def _want(row: ArticleRow, ledger: Ledger, catalogue: Catalogue, read: Reader) -> Page | None:
    """Want an article and what its pages need; the page to list if it is published."""
    captures = ledger.captures(row.key)
    pages = [one for one in captures if catalogue.holds(one.record_id) and ledger.is_page(one.record_id)]
    newest = next((one for one in reversed(pages) if one.page_record == row.body_record), None)
    listed = None
    needed: set[str] = set()
    for capture in pages:
        article = None if capture.refers_to else read(capture)
        if isinstance(article, Article):
            needed.update(one.url for one in requisites(article, "page"))
            if newest and row.state == "published" and capture.record_id == row.body_record:
                listed = _page(row, newest, article)
    catalogue.want(row.key, access.addresses(ledger, row), needed)
    return listed


def _page(row: ArticleRow, capture: Capture, article: Article) -> Page:
    """The line of the page list: with the post's title before it is cut, and the moment of the capture's CDXJ line."""
    moment = f"{capture.date[:19]}Z"
    return Page(row.key, capture.url, moment, clean_line(title_of(row)).strip(), plain_text(article.body))
