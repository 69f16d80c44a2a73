"""The values of the fake site: an invented article, and what a crawl should make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "CST")

#: What every invented title begins with.
MARK = "【虚构】"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One invented article; its page is written from these fields when it is asked for. Times: aware, whole seconds."""

    docid: str  #: seven letters, seven digits: the article key, and `comos:` + this in lists
    url: str  #: as lists name it
    title: str  #: as a reader sees it
    created: datetime  #: `ctime` and `weibo: article:create_at`
    intime: datetime  #: entry into the lists
    lids: tuple[int, ...]  #: every list it is in
    variant: str = "plain"  #: a word of bodies.VARIANTS, or `given` for bytes that a test brought
    seed: int = 0  #: its text and pictures follow from this
    list_title: str = ""  #: the `title` of its list item where that differs: character references, mostly
    updated: datetime | None = None  #: `weibo: article:update_at` and `mtime`; None when unedited
    revision: int = 0  #: counts edits; a new one changes a paragraph
    topic: str = "china"  #: a key of prose.TOPICS: breadcrumb, section of the URL
    source: str = "虚构财经报"
    editor: str = "虚小构"
    keywords: tuple[str, ...] = ()
    encoding: str = "utf-8"  #: of the page's bytes
    declared: str = "utf-8"  #: what its meta says; '' when it says nothing
    body: str | None = None  #: takes the place of the invented inner HTML of the body, tail included
    page: bytes | None = None  #: the whole page, for `given`
    home: str = ""  #: URL where the page lives now, when `url` only redirects there
    outcome: str = "post"  #: what a crawl ends with: `post`, or newsbot's reason for refusing
    content_type: str = "text/html"  #: as Sina sends it, without charset
    missing: str = ""  #: `404` or `soft-404` when the page is deleted
    hidden: bool = False  #: in no list any more
    appears: datetime | None = None  #: not in any list before this (site's clock)
    appears_after: int = 0  #: not in any list before this many list answers were given

    @property
    def listed_title(self) -> str:
        """The list item's `title`, as it goes into the JSON."""
        return self.list_title or self.title

    @property
    def changed(self) -> datetime:
        """`mtime`: the last edit, or shortly before the entry into the lists (sina.md 1.1: 1-20 s)."""
        return self.updated or max(self.created, self.intime - timedelta(seconds=1 + self.seed % 20))

    @property
    def category(self) -> int:
        """`categoryid`: 1 article, 2 slide."""
        return 2 if self.variant == "slide" else 1

    @property
    def video(self) -> int:
        """`vid`: not 0 for a page that is only a video."""
        return 30_000_000 + self.seed % 9_999_999 if self.variant == "video" else 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a crawl should end with for one listed article."""

    key: str  #: article key: the docid without `comos:`
    url: str  #: canonical: https, no query
    title: str  #: the list's, character references decoded once
    kind: str  #: `post`, or the reason of the refusal (`gone`, `no-body` …)
    variant: str


def beijing_text(moment: datetime) -> str:
    """The site's own spelling of an instant: `2026-09-29 00:34:06`, Beijing time."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
