"""The values that travel through newsbot: what a list says, what a page holds, and where that was seen.

All are frozen and slotted, so they can be shared, hashed and sent between processes, and Scrapy takes them as items.
Times are aware datetimes in UTC; text is `str`, already decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: What orders everything seen (design.md, "any reading order"): `<WARC-Date> <WARC-Record-ID> <position, six digits>`.
#: The date has six digits of a second, so comparing the text compares date, then record, then position.
Key = str

#: Below ARCHIVE_DIR: files of other tools, brought in with `scrapy import`. Every capture of our own wins over theirs:
IMPORTED = "warc/imported/"
#: so these stand before their keys, where the smallest wins and where the largest does.
LAST, FIRST = "~", "!"


def date_of(key: Key) -> str:
    """The WARC-Date in a key, its own or another's evidence; '' in ''."""
    return key.lstrip(LAST + FIRST).partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list answer (sina.md 1.1)."""

    key: str  #: article key (design.md, "Decisions that bind")
    url: str  #: canonical page URL (sina.urls.canonical)
    title: str  #: the list's `title`, character references decoded once, otherwise as it came
    list_name: str  #: name of the list it stood in (sina.channels)
    position: int  #: its place in that answer's `data`, from 0
    channel: str  #: name of the channel its `lids`, or the list itself, give it (sina.channels); never empty
    intime: datetime | None = None  #: entry into the list; the post's DATE
    ctime: datetime | None = None  #: creation, the list's sort key
    mtime: datetime | None = None  #: last edit
    lids: tuple[int, ...] = ()  #: every list the item is in
    category: int = 1  #: `categoryid`: 1 article, 2 slide/album
    media: str = ""  #: `media_name`


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of an article's body, in order."""

    url: str  #: absolute URL
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A video that a page plays; the page's scripts fetch it."""

    id: str  #: Sina's number of it
    poster: str = ""  #: the picture shown before it plays, as the page has its address

    @property
    def url(self) -> str:
        """What the player asks for it (sina.md 1.5)."""
        return f"https://api.ivideo.sina.com.cn/public/video/play?video_id={self.id}"


@dataclass(frozen=True, slots=True)
class Article:
    """What an article page says (sina.md 2.2), by the first layout that fits."""

    key: str  #: article key of the page's own URL (the list's docid wins elsewhere)
    url: str  #: canonical page URL
    title: str  #: the page's own headline; the post takes the list's where there is one
    body: str  #: BODY, steps 1-7 of post-format.md: everything but the escaping of braces
    headimg: str  #: `src` of BODY's first live <img> that has one, else ''
    layout: str  #: name of the layout that fitted (sina.layouts)
    encoding: str  #: how the bytes were decoded, for example `meta:gb2312->gb18030`
    created: datetime | None = None  #: `weibo: article:create_at`, or the date shown on the page
    published: datetime | None = None  #: `article:published_time`
    updated: datetime | None = None  #: `weibo: article:update_at`; None when unedited
    source: str = ""
    source_url: str = ""
    author: str = ""
    editor: str = ""  #: name after 责任编辑
    keywords: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()  #: from `news_keyword_pub`, as `market:symbol`
    breadcrumb: tuple[str, ...] = ()
    summary: str = ""
    images: tuple[Image, ...] = ()
    docid: str = ""  #: without `comos:`; '' when the page names none
    mobile_url: str = ""
    styles: tuple[str, ...] = ()  #: `href` of each style sheet, as the page has it
    referrer: str = ""  #: the page's own referrer policy (`<meta name=referrer>`)
    videos: tuple[Video, ...] = ()
    parts: tuple[str, ...] = ()  #: canonical URLs of its other pages, where it has several
    out_of_season: bool = False  #: its time lies outside the days in which its layout was seen

    @property
    def time(self) -> datetime | None:
        """The page's published time: `published`, else `created` (both UTC)."""
        return self.published or self.created


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a page is no article. A refusal is a value and an outcome, not an error."""

    reason: str  #: a word of REASONS
    evidence: str = ""  #: what was seen, one short line
    layout: str = ""  #: name of the layout that fitted, '' when none did or none was tried

    @property
    def lasting(self) -> bool:
        """True when asking again soon would not help: the page itself is like that."""
        return REASONS[self.reason]


#: Every reason for which a listed article gives no post, and whether it lasts (False: ask again, a hole until then).
REASONS: dict[str, bool] = {
    "ban": False,  # 456, or 拒绝访问 with 200: the site's no to us, not to the article
    "empty": False,  # an empty answer: throttled (sina.md 2.6)
    "server-error": False,  # 5xx, 408, 429 after all retries
    "forbidden": False,  # 401, 403: how the site blocks (sina.md 1.1); not believed of an article for good
    "no-answer": False,  # time-out, lost connection, TLS or DNS failure
    "cut": False,  # the answer ended before its end
    "undecodable": False,  # a broken Content-Encoding
    "stopped": False,  # the run ended before it was asked
    "gone": True,  # 404, 410, or the soft 404 page
    "http-status": True,  # any other status that carries no page (403, 401, 400 …)
    "redirected-away": True,  # to the front page or to something that is no article
    "robots": True,  # robots.txt says no
    "not-allowed": True,  # a host outside ALLOWED_HOSTS, or a private address
    "not-html": True,  # a picture, a PDF, JSON
    "too-large": True,  # over the size limit
    "no-layout": True,  # HTML, but none of the known layouts
    "parser-error": True,  # the parser raised: our fault; `scrapy replay` mends it when the parser is mended
    "no-body": True,  # a layout fits and its body is empty
    "no-time": True,  # neither the list nor the page gives a time
    "no-title": True,  # neither the list nor the page gives a title
}


@dataclass(frozen=True, slots=True)
class Capture:
    """Where one answer lies in the archive."""

    record_id: str  #: WARC-Record-ID of the response (of the metadata record when nothing was answered)
    date: str  #: WARC-Date, UTC, always with six digits of a second
    url: str  #: WARC-Target-URI
    status: int = 0  #: HTTP status; 0 without an answer
    file: str = ""  #: path below ARCHIVE_DIR, with `/`, in its final form (without `.open`)
    offset: int = 0  #: of the record's gzip member, bytes
    truncated: str = ""  #: WARC-Truncated of the response; '' when it is whole
    error: str = ""  #: what failed, one line; '' when an answer came
    refers_to: str = ""  #: of a revisit: the WARC-Record-ID of the answer it repeats

    @property
    def page_record(self) -> str:
        """The record that holds the page: its own, or of a revisit the one that it repeats."""
        return self.refers_to or self.record_id

    @property
    def imported(self) -> bool:
        """Is it another's evidence?"""
        return self.file.startswith(IMPORTED)

    def key(self, position: int = 0) -> Key:
        """The ordering key of what this capture shows at `position`."""
        return f"{self.date} {self.record_id} {position:06d}"

    def least(self, position: int = 0) -> Key:
        """The key among keys of which the smallest wins: another's evidence comes after all captures of our own."""
        return f"{LAST}{self.key(position)}" if self.imported else self.key(position)

    def most(self, position: int = 0) -> Key:
        """The key among keys of which the largest wins: another's evidence comes before all captures of our own."""
        return f"{FIRST}{self.key(position)}" if self.imported else self.key(position)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an article gave; the item that goes through the pipelines and the fact a replay finds."""

    key: str  #: article key
    capture: Capture
    result: Article | Refusal | None  #: None: a revisit of the very page that the post shows, which is not read again


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look at an article, as the ledger notes it."""

    key: str  #: article key
    capture: Capture
    outcome: str  #: article or refused
    reason: str
    evidence: str
    title: str = ""  #: the page's
    time: datetime | None = None  #: the page's published time, aware UTC
    updated: datetime | None = None  #: when the page says it was edited, aware UTC
    digest: str = ""  #: SHA-256 of BODY, hex
    text_digest: str = ""  #: SHA-256 of what the article says (sina.cleaned), hex: another one is another version
