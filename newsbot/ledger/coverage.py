"""What the ledger can say of its own completeness: articles by day, looks by day, versions, windows. Counted in SQL.

A day is Beijing's. Both databases can cut the UTC date and `16:00 or later` out of a stamp, and from these two the day
follows without any date arithmetic of theirs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Text, bindparam, case, func, or_, select
from sqlalchemy import literal_column as literal

from newsbot.ledger.database import Database
from newsbot.ledger.rows import WindowRow
from newsbot.ledger.schema import DUE, article, capture, window
from newsbot.ledger.statement import BLANK, Backend, Statement, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.elements import CompilerElement

ONE: ColumnElement[int] = literal("1")
NONE: ColumnElement[int] = literal("0")
#: Ten minutes are the unit of latencies; whatever took longer than four weeks is one.
LATENCY_UNIT = timedelta(minutes=10)
LONGEST_LATENCY = 4032


@dataclass(frozen=True, slots=True)
class Standings:
    """Articles of one day and channel that stand in one way."""

    day: str  #: `2026-09-29`, Beijing, of the list's intime, else its ctime, else the page's time; '' without any
    channel: str  #: name of sina.channels; '' for an article that no list has shown
    state: str
    reason: str  #: why it was refused or is a hole; '' of withdrawn ones
    latency: int  #: LATENCY_UNITs from publication to the first capture of our own, rounded; -1 without one
    listed: int  #: 1 when a list has shown them
    captured: int  #: 1 when their page is in the archive
    deleted: int  #: 1 when they have a tombstone
    articles: int


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at articles in one day, Beijing."""

    day: str
    revisit: int  #: 1 when they found the same bytes, or were told so (304)
    looks: int


@dataclass(frozen=True, slots=True)
class Edits:
    """Articles of one day and channel that have several versions."""

    day: str
    channel: str
    articles: int


def _published() -> ColumnElement[str]:
    dated, created = article.c.date, article.c.ctime
    return case((dated != BLANK, dated), (created != BLANK, created), else_=article.c.page_date)


def _cut(stamp: ColumnElement[str], begin: int, length: int) -> ColumnElement[str]:
    return func.substr(stamp, literal(str(begin)), literal(str(length)), type_=Text)


def _day(stamp: ColumnElement[str]) -> tuple[ColumnElement[str], ColumnElement[int]]:
    """UTC date, and 1 when it is the next day in Beijing already."""
    return _cut(stamp, 1, 10), case((_cut(stamp, 12, 2) >= literal("'16'"), ONE), else_=NONE)


def _flag(text: ColumnElement[str]) -> ColumnElement[int]:
    return case((text != BLANK, ONE), else_=NONE)


def _standings(backend: Backend) -> CompilerElement:
    reason = case((article.c.state == literal("'withdrawn'"), BLANK), else_=article.c.reason)
    # Grouped by what might be summed: SQLite would sort the long keys with everything else.
    flags = map(_flag, (article.c.channel_key, article.c.body_key, article.c.tombstone))
    group: tuple[ColumnElement[Any], ...] = (
        *_day(_published()),
        article.c.channel,
        article.c.state,
        reason,
        _latency(backend),
    )
    group += tuple(flags)
    places: list[ColumnElement[int]] = [literal(str(number)) for number in range(1, len(group) + 1)]
    alone = article.c.state != literal("'merged'")  # those are counted with what they are merged into
    return select(*group, func.count()).where(alone).group_by(*places)


def _latency(backend: Backend) -> ColumnElement[int]:
    """Another's evidence, whose keys begin with ~, says nothing of our speed."""
    seconds = backend.seconds(_cut(article.c.first_key, 1, 19)) - backend.seconds(_cut(_published(), 1, 19))
    unit = literal(str(int(LATENCY_UNIT.total_seconds())), Integer)  # typed, so that both databases divide integers
    known = (article.c.first_key > BLANK) & (article.c.first_key < literal("'~'")) & (_published() != BLANK)
    return case((known, backend.least(seconds // unit, literal(str(LONGEST_LATENCY)))), else_=literal("-1"))


def _edits() -> CompilerElement:
    changed = or_(
        func.min(capture.c.text_digest) != func.max(capture.c.text_digest),
        func.min(capture.c.title) != func.max(capture.c.title),
    )
    of_page = select(capture.c.article).where(capture.c.outcome == literal("'article'"))
    several = of_page.group_by(capture.c.article).having(changed).subquery()
    group = (*_day(_published()), article.c.channel)
    return select(*group, func.count()).join(several, several.c.article == article.c.key).group_by(*group)


def _looks() -> CompilerElement:
    group = (*_day(capture.c.key), _flag(capture.c.refers_to))
    return select(*group, func.count()).group_by(literal("1"), literal("2"), literal("3"))


_STANDINGS = Statement(_standings)
_EDITS = Statement(_edits())
_LOOKS = Statement(_looks())
_LISTS = Statement(select(window.c.list).distinct().order_by(window.c.list))
_OF_LIST = Statement(
    select(window.c.key, window.c.facts).where(window.c.list == bindparam("list")).order_by(window.c.key)
)
_OPEN = ("key", "url", "channel", "title", "reason")
_HOLES = Statement(
    at_most(
        select(*_day(_published()), *(article.c[name] for name in _OPEN))
        .where(DUE)
        .order_by(article.c.ctime.desc(), article.c.key)
    )
)


@dataclass(frozen=True, slots=True)
class Hole:
    """A listed article that is neither captured nor refused for good."""

    day: str
    key: str
    url: str
    channel: str
    title: str
    reason: str  #: why the last try failed; '' before the first


class Covering(Database):
    """The coverage questions."""

    def standings(self) -> list[Standings]:
        """Every article, counted by all that Standings says of it."""
        return [Standings(_beijing(day, late), *rest) for day, late, *rest in self._rows(_STANDINGS)]

    def edits(self) -> list[Edits]:
        """Articles that were seen with another title or text than before."""
        return [Edits(_beijing(day, late), *rest) for day, late, *rest in self._rows(_EDITS)]

    def looks_by_day(self) -> list[Looks]:
        """How often articles were looked at."""
        return [Looks(_beijing(day, late), *rest) for day, late, *rest in self._rows(_LOOKS)]

    def open_articles(self, limit: int) -> list[Hole]:
        """The newest holes."""
        return [Hole(_beijing(day, late), *rest) for day, late, *rest in self._rows(_HOLES, limit=limit)]

    def every_window(self) -> Iterator[tuple[str, list[WindowRow]]]:
        """(list, its windows in the order in which they were read)."""
        for name in self._column(_LISTS):
            yield name, [WindowRow(key, json.loads(facts)) for key, facts in self._rows(_OF_LIST, list=name)]


def _beijing(day: str, late: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=late)).isoformat()
    except (ValueError, OverflowError):  # no time at all; or, in a WARC file of another's make, no date
        return ""
