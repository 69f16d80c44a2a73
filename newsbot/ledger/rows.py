"""What the ledger takes and gives: plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from newsbot.article import Capture, Key


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look at an article, as the ledger notes it."""

    key: str  #: article key
    capture: Capture
    outcome: str  #: article or refused
    reason: str
    evidence: str
    title: str  #: the page's
    time: datetime | None  #: the page's published time, aware UTC
    digest: str  #: SHA-256 of BODY, hex


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """What is known of an article; '' where nothing is. Times are `text.stamp`."""

    key: str
    url: str
    date: str  #: the post's DATE, from the list
    channel: str
    title: str  #: the list's, newest
    ctime: str
    page_date: str
    page_title: str
    first_key: Key
    body_key: Key
    body_record: str
    look_key: Key
    look_reason: str
    withdrawal: str  #: why the operator withdrew it; '' when it stands
    state: str  #: listed, failed, refused, gone, published, withdrawn
    reason: str
    post: str  #: path below the posts directory
    name: str  #: folded plain name, '' when there is no post


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A list window that some run read."""

    key: Key
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """An article that is leased to be asked now."""

    key: str
    url: str
    channel: str  #: as its lists name it
    title: str  #: likewise; '' when no list has
    attempts: int  #: earlier ones that failed
