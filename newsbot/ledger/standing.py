"""How articles stand: what the desk asks the ledger, and what it settles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, case, func, select, union_all, update
from sqlalchemy import literal_column as literal

from newsbot.article import Capture, LookRow, date_of
from newsbot.ledger.database import Database
from newsbot.ledger.rows import GONE, ArticleRow, LooksRow, SeenRow, WindowRow, first_of
from newsbot.ledger.schema import DONE, DUE, article, capture, listed, original, run, window
from newsbot.ledger.statement import BLANK, Statement, at_most, parameters
from newsbot.ledger.values import as_keys
from newsbot.sina.urls import article_key
from newsbot.text import stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from newsbot.article import Key

_ROW = select(*(article.c[name] for name in ArticleRow._fields))
_BY_KEY = Statement(_ROW.where(article.c.key == bindparam("key")))
_AMONG = Statement(lambda backend: _ROW.where(article.c.key.in_(backend.each_key)))
_AFTER = Statement(at_most(_ROW.where(article.c.key > bindparam("key")).order_by(article.c.key)))
_BY_NAME = Statement(_ROW.where(article.c.name == bindparam("name")).order_by(article.c.first_key, article.c.key))
_SHARED_NAMES = Statement(
    select(article.c.name)
    .where(article.c.name > BLANK)
    .group_by(article.c.name)
    .having(func.count() > literal("1", Integer))
)
_CLAIMS = Statement(
    at_most(select(article.c.key).where(article.c.post == bindparam("post"), article.c.key != bindparam("key")))
)
_OF_URL = Statement(_ROW.where(article.c.url == bindparam("url"), article.c.url > BLANK))
_MERGED = Statement(
    select(article.c.key).where(DONE, article.c.state == literal("'merged'"), article.c.reason == bindparam("key"))
)
_SHARED_URLS = Statement(
    select(article.c.url)
    .where(article.c.url > BLANK)
    .group_by(article.c.url)
    .having(func.count() > literal("1", Integer))
)
_SETTLED = ("state", "reason", "post", "name", "tombstone")
_SETTLE = Statement(update(article).where(article.c.key == bindparam("of")).values(parameters(_SETTLED)))
_CAPTURE = select(
    *(capture.c[name] for name in ("record_id", "key", "url", "status", "file", "offset", "refers_to")),
)
_ARTICLE: ColumnElement[str] = literal("'article'")
_BY_RECORD = Statement(_CAPTURE.where(capture.c.record_id == bindparam("record_id")))
_IS_PAGE = Statement(_CAPTURE.where(capture.c.record_id == bindparam("record_id"), capture.c.outcome == _ARTICLE))
_DIGEST = Statement(select(capture.c.digest).where(capture.c.record_id == bindparam("record_id")))
_OF_ARTICLE = Statement(_CAPTURE.where(capture.c.article == bindparam("article")).order_by(capture.c.key))
_LOOKED = ("outcome", "reason", "evidence", "title", "time", "updated", "digest", "text_digest")
_HISTORY = Statement(
    _CAPTURE.add_columns(*(capture.c[name] for name in _LOOKED))
    .where(capture.c.article == bindparam("article"))
    .order_by(capture.c.key)
)
_SHOWN = Statement(
    lambda backend: select(listed.c.article).where(
        listed.c.list == bindparam("list"), listed.c.article.in_(backend.each_key)
    )
)
_PUBLISHED = _ROW.where(article.c.post > BLANK)
_PLACES = [
    (table.name, select(table.c.record_id, table.c.file, table.c.offset).where(table.c.file > BLANK))
    for table in (capture, original)
]
_POSTS = Statement(select(article.c.post).where(article.c.post > BLANK))
_OF_LIST = (
    select(window.c.key, window.c.facts)
    .where(window.c.list == bindparam("list"))
    .order_by(window.c.high.desc(), window.c.key.desc())
)
_WINDOWS = Statement(at_most(_OF_LIST))
_COMPLETE = Statement(at_most(_OF_LIST.where(window.c.complete)))
_TOLD = Statement(
    at_most(
        select(run.c.run, run.c.value)
        .where(run.c.name == bindparam("name"), run.c.run < bindparam("before"))
        .order_by(run.c.run.desc())
    )
)
_HOLES = Statement(at_most(_ROW.where(DUE).order_by(article.c.ctime.desc(), article.c.key)))
_EVERY = _ROW.order_by(case((article.c.date != BLANK, article.c.date), else_=article.c.page_date), article.c.key)
_OPEN: list[ColumnElement[str]] = [literal(f"'{state}'") for state in ("failed", "listed", "merged", "withdrawn")]
_SAY_GONE: list[ColumnElement[str]] = [literal(f"'{reason}'") for reason in sorted(GONE)]


def _since(date: ColumnElement[str]) -> ColumnElement[bool]:
    return (date >= bindparam("gone_since")) & ((date >= bindparam("since")) | article.c.look_reason.in_(_SAY_GONE))


# By two conditions, each on an index of its own: one over either date would read every article.
_RECENT = Statement(
    select(
        article.c.key,
        case(
            (article.c.ctime != BLANK, article.c.ctime),
            (article.c.date != BLANK, article.c.date),
            else_=article.c.page_date,
        ),
        *(article.c[name] for name in SeenRow._fields[2:]),
    ).where(
        _since(article.c.date) | ((article.c.date == BLANK) & _since(article.c.page_date)),
        article.c.state.not_in(_OPEN),
    )
)
_IS_GONE = capture.c.reason.in_(_SAY_GONE) & (capture.c.key > article.c.body_key)
_A_PAGE = capture.c.outcome == _ARTICLE
_LOOKS = Statement(
    lambda backend: (
        select(
            article.c.key,
            func.sum(case((_A_PAGE, literal("1")), else_=literal("0"))),
            func.count(case((_A_PAGE, capture.c.title + literal("' '") + capture.c.text_digest)).distinct()),
            func.coalesce(func.min(case((_IS_GONE, capture.c.key))), BLANK),
            func.coalesce(func.max(case((_IS_GONE, capture.c.key))), BLANK),
        )
        .select_from(article.join(capture, capture.c.article == article.c.key))
        .where(article.c.key.in_(backend.each_key))
        .group_by(article.c.key)
    )
)
_WITHDRAWN = Statement(_ROW.where(DONE, article.c.state == literal("'withdrawn'")).order_by(article.c.key))
_COUNTS = Statement(
    union_all(*(select(article.c.state, func.count()).where(some).group_by(article.c.state) for some in (DUE, DONE)))
)


class Standing(Database):
    """Answers about articles, captures, windows and runs."""

    def article(self, key: str) -> ArticleRow | None:
        """What is known of one article."""
        rows = self._rows(_BY_KEY, key=key)
        return ArticleRow._make(rows[0]) if rows else None

    def articles(self, keys: Sequence[str]) -> list[ArticleRow]:
        """What is known of these; unknown ones are left out."""
        return list(map(ArticleRow._make, self._rows(_AMONG, keys=as_keys(keys))))

    def articles_after(self, key: str, limit: int) -> list[ArticleRow]:
        """The next articles in the order of their keys; '' is before the first."""
        return list(map(ArticleRow._make, self._rows(_AFTER, key=key, limit=limit)))

    def rivals(self, name: str) -> list[ArticleRow]:
        """The articles whose post would have this plain name, the one captured first in front."""
        return list(map(ArticleRow._make, self._rows(_BY_NAME, name=name)))

    def claimed(self, post: str, key: str) -> bool:
        """Has another article than `key` this post path?"""
        return bool(self._rows(_CLAIMS, post=post, key=key, limit=1))

    def key_of(self, url: str) -> str:
        """The key of the article at this canonical URL: the `first_of` those known, else what the URL says."""
        rows = self.at(url)
        return first_of(rows).key if rows else article_key(url)

    def at(self, url: str) -> list[ArticleRow]:
        """Every article that has this canonical URL."""
        return list(map(ArticleRow._make, self._rows(_OF_URL, url=url)))

    def merged_into(self, key: str) -> list[str]:
        """The keys of the articles that stand as merged into this one."""
        return self._column(_MERGED, key=key)

    def shared_urls(self) -> set[str]:
        """The canonical URLs that more than one article has."""
        return set(self._column(_SHARED_URLS))

    def capture(self, record_id: str) -> Capture:
        """Where a capture lies; KeyError when there is none of that id."""
        rows = self._rows(_BY_RECORD, record_id=record_id)
        if not rows:
            raise KeyError(record_id)
        return _capture(*rows[0])

    def is_page(self, record_id: str) -> bool:
        """Does this record hold a page that is an article?"""
        return bool(self._rows(_IS_PAGE, record_id=record_id))

    def captures(self, key: str) -> list[Capture]:
        """Every look at an article, the earliest first."""
        return [_capture(*row) for row in self._rows(_OF_ARTICLE, article=key)]

    def history(self, key: str) -> list[LookRow]:
        """Every look at an article with what it gave, the earliest first."""
        return [_look(key, *row) for row in self._rows(_HISTORY, article=key)]

    def listed_by(self, list_name: str, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that this list has shown."""
        return set(self._column(_SHOWN, list=list_name, keys=as_keys(keys)))

    def settle(self, key: str, *, state: str, reason: str, post: str, name: str, tombstone: str = "") -> None:
        """Set the columns that follow from the others; the desk decides them."""
        row = {"state": state, "reason": reason, "post": post, "name": name, "tombstone": tombstone}
        self._run(_SETTLE, {"of": key, **row})

    def settle_many(self, rows: Iterable[ArticleRow]) -> None:
        """The same for many, in a transaction of the caller's."""
        self._run(_SETTLE, *({"of": row.key, **{name: getattr(row, name) for name in _SETTLED}} for row in rows))

    def shared_names(self) -> set[str]:
        """The plain names that more than one article would give its post."""
        return set(self._column(_SHARED_NAMES))

    def everything(self) -> Iterator[ArticleRow]:
        """Every article by its publication time, one by one, all as of one moment."""
        for _, row in self._snapshot([("article", _EVERY)]):
            yield ArticleRow._make(row)

    def recent(self, since: datetime, gone_since: datetime) -> list[SeenRow]:
        """Articles that came into a list since then and were answered for, or refused; earlier those found gone.

        Of those that came into none the page's own time counts.
        """
        return list(map(SeenRow._make, self._rows(_RECENT, since=stamp(since), gone_since=stamp(gone_since))))

    def looks(self, keys: Sequence[str]) -> dict[str, LooksRow]:
        """What the looks at these articles come to; those without any are left out."""
        return {row[0]: LooksRow(*row) for row in self._rows(_LOOKS, keys=as_keys(keys))}

    def withdrawn(self) -> list[ArticleRow]:
        """The articles that the operator withdrew."""
        return list(map(ArticleRow._make, self._rows(_WITHDRAWN)))

    def posts(self) -> set[str]:
        """The path of every post."""
        return set(self._column(_POSTS))

    def published(self) -> Iterator[ArticleRow]:
        """Every article that has a post, as of one moment."""
        for _, row in self._snapshot([("article", _PUBLISHED)]):
            yield ArticleRow._make(row)

    def places(self) -> Iterator[tuple[str, str, str, int]]:
        """Where every record lies that the ledger knows, as of one moment: (table, record id, file, offset)."""
        for table, row in self._snapshot(_PLACES):
            record, file, offset = tuple(row)
            yield table, record, file, offset

    def digest(self, record_id: str) -> str:
        """The SHA-256 of BODY of a capture, hex; '' when it has none."""
        return next((digest for (digest,) in self._rows(_DIGEST, record_id=record_id)), "")

    def windows(self, list_name: str, limit: int = 200, *, complete: bool = False) -> list[WindowRow]:
        """A list's windows, the newest first; with `complete` only those that were read to their end."""
        rows = self._rows(_COMPLETE if complete else _WINDOWS, list=list_name, limit=limit)
        return [WindowRow(key, json.loads(facts)) for key, facts in rows]

    def told(self, name: str, before: str, limit: int) -> list[tuple[str, Any]]:
        """(run, what its record says under `name`) of runs before that one, the newest first."""
        return [(of, json.loads(value)) for of, value in self._rows(_TOLD, name=name, before=before, limit=limit)]

    def holes(self, limit: int) -> list[ArticleRow]:
        """Listed articles that are neither captured nor refused for good, the newest first."""
        return list(map(ArticleRow._make, self._rows(_HOLES, limit=limit)))

    def counts(self) -> dict[str, int]:
        """Number of articles by state."""
        return {state: number for state, number in self._rows(_COUNTS)}  # noqa: C416 - typed by the comprehension


def _capture(record_id: str, key: Key, url: str, status: int, *place: Any) -> Capture:
    file, offset, refers_to = place
    return Capture(record_id, date_of(key), url, status, file, offset, refers_to=refers_to)


def _look(key: str, *row: Any) -> LookRow:
    seen, said = _capture(*row[:7]), dict(zip(_LOOKED, row[7:], strict=True))
    times = {name: unstamp(said[name]) if said[name] else None for name in ("time", "updated")}
    return LookRow(key, seen, **(said | times))
