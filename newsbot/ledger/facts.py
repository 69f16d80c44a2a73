"""The archival half of the ledger: facts come in in any order and give the same rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsbot.article import Capture
from newsbot.ledger.base import Base
from newsbot.ledger.rows import ArticleRow, LookRow, WindowRow
from newsbot.ledger.schema import ARCHIVAL, article, capture, lease, listed, run, warcfile, window
from newsbot.text import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from newsbot.article import Entry, Key

_LEAST = {
    "url_key": ("url",),
    "date_key": ("date",),
    "channel_key": ("channel",),
    "page_date_key": ("page_date",),
    "first_key": (),
}
_MOST = {
    "title_key": ("title", "ctime", "mtime"),
    "body_key": ("body_record", "page_title"),
    "look_key": ("look_outcome", "look_reason", "look_evidence"),
}
_BLANK = dict.fromkeys((column.name for column in article.c), "") | {"state": "listed"}
_ROW = [article.c[name] for name in ArticleRow.__dataclass_fields__]


def _upserts(insert: Any) -> tuple[Any, Any]:
    """The two statements that merge facts, for one database's INSERT … ON CONFLICT."""
    statement = insert(article).values({name: bindparam(name) for name in _BLANK})
    new, old = statement.excluded, article.c
    chosen: dict[str, Any] = {}
    for key, values in (_LEAST | _MOST).items():
        better = new[key] > old[key]
        if key in _LEAST:
            better = and_(new[key] != "", or_(old[key] == "", new[key] < old[key]))
        chosen |= {name: case((better, new[name]), else_=old[name]) for name in (key, *values)}
    articles = statement.on_conflict_do_update(index_elements=[article.c.key], set_=chosen)
    sight = insert(listed).values({column.name: bindparam(column.name) for column in listed.c})
    earlier = sight.excluded.first_key < listed.c.first_key
    first = {name: case((earlier, sight.excluded[name]), else_=listed.c[name]) for name in ("first_key", "ctime")}
    return articles, sight.on_conflict_do_update(index_elements=[listed.c.article, listed.c.list], set_=first)


_UPSERTS = {"sqlite": _upserts(sqlite.insert), "postgresql": _upserts(postgresql.insert)}
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_BY_KEY = select(*_ROW).where(article.c.key == bindparam("key"))
_BY_NAME = select(*_ROW).where(article.c.name == bindparam("name")).order_by(article.c.first_key, article.c.key)
_SETTLE = (
    update(article)
    .where(article.c.key == bindparam("of"))
    .values({n: bindparam(n) for n in ("state", "reason", "post", "name")})
)
_CAPTURE = select(capture).where(capture.c.record_id == bindparam("record_id"))


class Facts(Base):
    """What the WARC files say, merged."""

    def note_entries(self, seen: Capture, entries: Sequence[Entry]) -> list[str]:
        """Note one list answer; the keys of articles that no list had shown before, in the answer's order."""
        keys = [entry.key for entry in entries]
        with self.transaction():
            known = set(self._column(select(listed.c.article).where(listed.c.article.in_(keys)).distinct()))
            if entries:
                upsert_article, upsert_listed = _UPSERTS[self.backend]
                self._write(upsert_article, [_from_entry(seen.key(entry.position), entry) for entry in entries])
                self._write(upsert_listed, [_sighting(seen.key(entry.position), entry) for entry in entries])
        return [key for key in dict.fromkeys(keys) if key not in known]

    def note_looks(self, looks: Sequence[LookRow]) -> None:
        """Note what looks at articles gave."""
        if looks:
            with self.transaction():
                rows = [_capture_row(look) for look in looks]
                insert = _INSERT[self.backend](capture)
                again = {name: insert.excluded[name] for name in rows[0] if name != "record_id"}
                self._write(insert.on_conflict_do_update(index_elements=[capture.c.record_id], set_=again), rows)
                self._write(_UPSERTS[self.backend][0], [_from_look(look) for look in looks])

    def note_window(self, key: Key, facts: Mapping[str, Any]) -> None:
        """Note a list window that was read to its end, or given up."""
        row = {
            "key": key,
            "list": facts["list"],
            "high": facts["high"],
            "complete": bool(facts["complete"]),
            "facts": _json(facts),
        }
        self._write(_INSERT[self.backend](window).on_conflict_do_nothing(), [row])

    def note_run(self, name: str, facts: Mapping[str, Any]) -> None:
        """Note facts of a run; its begin and its end are two records."""
        rows = [{"run": name, "name": fact, "value": _json(value)} for fact, value in facts.items()]
        self._write(_INSERT[self.backend](run).on_conflict_do_nothing(), rows)

    def article(self, key: str) -> ArticleRow | None:
        """What is known of one article."""
        rows = self._rows(_BY_KEY, {"key": key})
        return ArticleRow(*rows[0]) if rows else None

    def articles(self, keys: Sequence[str]) -> list[ArticleRow]:
        """What is known of these; unknown ones are left out."""
        return [ArticleRow(*row) for row in self._rows(select(*_ROW).where(article.c.key.in_(keys)))]

    def rivals(self, name: str) -> list[ArticleRow]:
        """The articles whose post would have this plain name, the one captured first in front."""
        return [ArticleRow(*row) for row in self._rows(_BY_NAME, {"name": name})]

    def claimed(self, post: str, key: str) -> bool:
        """Has another article than `key` this post path?"""
        return bool(self._rows(select(article.c.key).where(article.c.post == post, article.c.key != key).limit(1)))

    def key_of(self, url: str) -> str:
        """The key of the article that has this canonical URL, '' when none is known."""
        return next(iter(self._column(select(func.min(article.c.key)).where(article.c.url == url))), None) or ""

    def capture(self, record_id: str) -> Capture:
        """Where a capture lies; KeyError when there is none of that id."""
        rows = self._rows(_CAPTURE, {"record_id": record_id})
        if not rows:
            raise KeyError(record_id)
        row = rows[0]
        return Capture(record_id, row.key[:27], row.url, row.status, row.file, row.offset)

    def listed_by(self, list_name: str, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that this list has shown."""
        return set(self._column(select(listed.c.article).where(listed.c.list == list_name, listed.c.article.in_(keys))))

    def settle(self, key: str, *, state: str, reason: str, post: str, name: str) -> None:
        """Set the columns that follow from the others; the desk decides them."""
        self._write(_SETTLE, [{"of": key, "state": state, "reason": reason, "post": post, "name": name}])

    def posts(self) -> set[str]:
        """The path of every post."""
        return set(self._column(select(article.c.post).where(article.c.post != "")))

    def windows(self, list_name: str, limit: int = 200) -> list[WindowRow]:
        """A list's windows, the newest first."""
        query = select(window.c.key, window.c.facts).where(window.c.list == list_name)
        rows = self._rows(query.order_by(window.c.high.desc(), window.c.key.desc()).limit(limit))
        return [WindowRow(row.key, json.loads(row.facts)) for row in rows]

    def holes(self, limit: int) -> list[ArticleRow]:
        """Listed articles that are neither captured nor refused for good, the newest first."""
        query = (
            select(*_ROW)
            .where(article.c.state.in_(("listed", "failed")))
            .order_by(article.c.ctime.desc(), article.c.key)
        )
        return [ArticleRow(*row) for row in self._rows(query.limit(limit))]

    def counts(self) -> dict[str, int]:
        """Number of articles by state."""
        rows = self._rows(select(article.c.state, func.count()).group_by(article.c.state))
        return dict(rows)  # type: ignore[arg-type]  # rows are pairs

    def clear(self) -> None:
        """Empty the archival tables and what hangs on them, for a rebuild."""
        for table in (*ARCHIVAL, lease, warcfile):
            self._write(delete(table), [{}])

    def dump(self) -> Iterator[str]:
        """Canonical text of the archival tables: table name, TAB, JSON; sorted. Where records lie, the CDXJ says."""
        for table in ARCHIVAL:
            columns = [column for column in table.c if column.name not in ("file", "offset")]
            order = list(table.primary_key.columns)
            for row in self._stream(select(*columns).order_by(*order)):
                yield f"{table.name}\t{_json(row._asdict())}"


def _from_entry(key: Key, entry: Entry) -> dict[str, Any]:
    row = _BLANK | {"key": entry.key, "url_key": key, "url": entry.url, "channel_key": key, "channel": entry.channel}
    if entry.intime:
        row |= {"date_key": key, "date": stamp(entry.intime)}
    if entry.title.strip():
        ctime, mtime = (stamp(moment) if moment else "" for moment in (entry.ctime, entry.mtime))
        row |= {"title_key": key, "title": entry.title, "ctime": ctime, "mtime": mtime}
    return _storable(row)


def _sighting(key: Key, entry: Entry) -> dict[str, Any]:
    ctime = stamp(entry.ctime) if entry.ctime else ""
    return {"article": entry.key, "list": entry.list_name, "first_key": key, "ctime": ctime}


def _from_look(look: LookRow) -> dict[str, Any]:
    key = look.capture.key()
    row = _BLANK | {
        "key": look.key,
        "url_key": key,
        "url": look.capture.url,
        "look_key": key,
        "look_outcome": look.outcome,
        "look_reason": look.reason,
        "look_evidence": look.evidence,
    }
    if look.outcome == "article":
        row |= {"first_key": key, "body_key": key, "body_record": look.capture.record_id, "page_title": look.title}
        if look.time:
            row |= {"page_date_key": key, "page_date": stamp(look.time)}
    return _storable(row)


def _capture_row(look: LookRow) -> dict[str, Any]:
    seen = look.capture
    return _storable(
        {
            "record_id": seen.record_id,
            "key": seen.key(),
            "article": look.key,
            "url": seen.url,
            "status": seen.status,
            "outcome": look.outcome,
            "reason": look.reason,
            "evidence": look.evidence,
            "title": look.title,
            "digest": look.digest,
            "file": seen.file,
            "offset": seen.offset,
        }
    )


def _storable(row: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL's text holds no NUL; on SQLite the rows shall be the same."""
    return {name: value.replace("\0", "\ufffd") if isinstance(value, str) else value for name, value in row.items()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
