"""What the ledger takes and gives: plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from newsbot.sina.urls import article_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsbot.article import Key


class ArticleRow(NamedTuple):
    """What is known of an article; '' where nothing is. Times are `text.stamp`.

    A bare tuple, as SeenRow: a replay makes each of them several times over.
    """

    key: str
    url: str
    date: str  #: the post's DATE, from the list
    channel: str
    title: str  #: the list's, newest
    ctime: str
    mtime: str  #: last edit, by the list
    page_date: str
    page_title: str
    first_key: Key
    body_key: Key
    body_record: str
    look_key: Key
    look_reason: str
    withdrawal: str  #: why the operator withdrew it; '' when it stands
    tombstone: str  #: when the page was first found gone, once a second look confirmed it; '' while it is there
    state: str  #: listed, failed, refused, gone, published, withdrawn, merged (into another of its address)
    reason: str
    post: str  #: path below the posts directory
    name: str  #: folded plain name, '' when there is no post


def first_of(rows: Iterable[ArticleRow]) -> ArticleRow:
    """Of rows with one canonical address the article: a list's docid before the address's own id, then the smallest."""
    return min(rows, key=lambda row: (not row.channel, row.key != article_key(row.url), row.key))


#: Refusals that say that a page is not there any more (sina.md 2.6: redirects to the front page among them).
GONE = frozenset({"gone", "redirected-away"})


@dataclass(frozen=True, slots=True)
class LooksRow:
    """What the looks at an article come to."""

    key: str  #: article key
    looks: int  #: that gave a page
    versions: int  #: different titles or texts among them
    first_gone: Key  #: of the first look since the last page that found it gone; '' when none did
    last_gone: Key


class SeenRow(NamedTuple):
    """What of an article decides when it is looked at again; a bare tuple, as every run reads those of days."""

    key: str
    published: str  #: by its list, else by its page; '' where no time is known
    mtime: str
    body_key: Key
    look_key: Key
    look_reason: str


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
