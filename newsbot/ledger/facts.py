"""What the WARC files say, merged: facts come in in any order, any number of times, and give the same rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, or_, select

from newsbot.article import LookRow
from newsbot.errors import LedgerError
from newsbot.ledger.database import Database
from newsbot.ledger.schema import ARCHIVAL, article, capture, lease, listed, run, warcfile, window
from newsbot.ledger.statement import BLANK, Backend, Insert, Statement, either, parameters, put, put_new
from newsbot.ledger.values import as_json, as_keys, storable
from newsbot.sina.urls import canonical
from newsbot.text import stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from newsbot.article import Capture, Entry, Key

#: Groups of columns that one key chooses: the smallest key that gives one …
_LEAST = {
    "url_key": ("url",),
    "date_key": ("date",),
    "channel_key": ("channel",),
    "page_date_key": ("page_date",),
    "first_key": (),
}
#: … or the largest.
_MOST = {
    "title_key": ("title", "ctime", "mtime"),
    "body_key": ("body_record", "page_title"),
    "look_key": ("look_outcome", "look_reason", "look_evidence"),
    "withdrawal_key": ("withdrawal",),
}

#: What a look says, but for where and when.
_SEEN = ("outcome", "reason", "evidence", "title", "time", "updated", "digest", "text_digest")


def _merge(*keys: str) -> Statement:
    """The upsert that merges these groups of an article; a row that would not change is not written."""
    groups = {key: (key, *(_LEAST | _MOST)[key]) for key in keys}
    columns = ["key", *(name for names in groups.values() for name in names)]

    def build(backend: Backend) -> Insert:
        row = backend.insert(article).values(parameters(columns))
        new, old = row.excluded, article.c
        chosen: dict[str, Any] = {}
        changes: list[ColumnElement[bool]] = []
        for key, names in groups.items():
            better = new[key] > old[key]
            if key in _LEAST:
                better = and_(new[key] != BLANK, or_(old[key] == BLANK, new[key] < old[key]))
            changes.append(better)
            chosen |= either(better, row, names)
        return row.on_conflict_do_update(index_elements=["key"], set_=chosen, where=or_(*changes))

    return Statement(build)


def _sight(backend: Backend) -> Insert:
    row = backend.insert(listed).values(parameters(listed.c.keys()))
    earlier = row.excluded.first_key < listed.c.first_key
    chosen = either(earlier, row, ("first_key", "ctime"))
    return row.on_conflict_do_update(index_elements=["article", "list"], set_=chosen, where=earlier)


def _tell(backend: Backend) -> Insert:
    # A run says each fact once; should two records differ, any rule will do that does not ask which came first.
    row = backend.insert(run).values(parameters(run.c.keys()))
    smaller = row.excluded.value < run.c.value
    chosen = either(smaller, row, ["value"])
    return row.on_conflict_do_update(index_elements=["run", "name"], set_=chosen, where=smaller)


_ENTRY = _merge("url_key", "date_key", "channel_key", "title_key")
_SIGHTING = Statement(_sight)
_REFUSED_LOOK = _merge("url_key", "look_key")
_LOOK = _merge("url_key", "page_date_key", "first_key", "body_key", "look_key")
_CAPTURE = put(capture, capture.c.keys())
_OF_RECORD = Statement(select(*(capture.c[name] for name in _SEEN)).where(capture.c.record_id == bindparam("id")))
_WITHDRAWAL = _merge("url_key", "withdrawal_key")
_WINDOW = put_new(window, window.c.keys())
_RUN = Statement(_tell)
_SEEN_BEFORE = Statement(
    lambda backend: select(listed.c.article).where(listed.c.article.in_(backend.each_key)).distinct()
)
_DUMPED = [
    (table.name, select(*(c for c in table.c if c.name not in ("file", "offset"))).order_by(*table.primary_key.columns))
    for table in ARCHIVAL
]
_CLEAR = [Statement(delete(table)) for table in (*ARCHIVAL, lease, warcfile)]


class Facts(Database):
    """Notes what was seen."""

    def note_entries(self, seen: Capture, entries: Sequence[Entry]) -> list[str]:
        """Note one list answer; the keys of articles that no list had shown before, in the answer's order."""
        if not entries:
            return []
        keys = dict.fromkeys(entry.key for entry in entries)
        with self.transaction():
            known = set(self._column(_SEEN_BEFORE, keys=as_keys(keys)))
            self._run(_ENTRY, *(_from_entry(seen, entry) for entry in entries))
            self._run(_SIGHTING, *(_sighting(seen.least(entry.position), entry) for entry in entries))
        return [key for key in keys if key not in known]

    def note_looks(self, looks: Sequence[LookRow]) -> None:
        """Note what looks at articles gave."""
        with self.transaction():
            self._run(_CAPTURE, *map(_capture_row, looks))
            self._run(_LOOK, *(_from_look(look) for look in looks if look.outcome == "article"))
            self._run(_REFUSED_LOOK, *(_from_look(look) for look in looks if look.outcome != "article"))

    def note_same(self, key: str, seen: Capture) -> bool:
        """Note a revisit of an article: it shows what the capture it refers to shows. False while that is not known."""
        rows = self._rows(_OF_RECORD, id=seen.refers_to)
        if not rows:
            return False
        same = dict(zip(_SEEN, rows[0], strict=True))
        times = {name: unstamp(same[name]) if same[name] else None for name in ("time", "updated")}
        self.note_looks([LookRow(key, seen, **(same | times))])
        return True

    def note_withdrawal(self, key: str, url: str, when: Key, reason: str) -> None:
        """Note that the operator withdrew an article; an empty `reason` takes that back."""
        self._run(
            _WITHDRAWAL,
            storable({"key": key, "url_key": when, "url": url, "withdrawal_key": when, "withdrawal": reason}),
        )

    def note_window(self, key: Key, facts: Mapping[str, Any]) -> None:
        """Note a list window that was read to its end, or given up; `facts` as discovery's Walk tells them.

        Raises LedgerError when they are not such facts.
        """
        try:
            high = stamp(datetime.fromisoformat(facts["high"]))
            row = {"key": key, "list": facts["list"], "high": high, "complete": bool(facts["complete"])}
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerError(f"the window record {key} is not one of newsbot's: {error!r}; pass over it") from error
        self._run(_WINDOW, storable(row | {"facts": as_json(facts)}))

    def note_run(self, name: str, facts: Mapping[str, Any]) -> None:
        """Note facts of a run; its begin and its end are two records."""
        with self.transaction():
            for fact, value in facts.items():
                self._run(_RUN, storable({"run": name, "name": fact, "value": as_json(value)}))

    def clear(self) -> None:
        """Empty the archival tables and what hangs on them, for a rebuild."""
        with self.transaction():
            for statement in _CLEAR:
                self._run(statement, {})

    def dump(self) -> Iterator[str]:
        """Canonical text of the archival tables: table name, TAB, JSON; sorted. Where records lie, the CDXJ says."""
        for table, row in self._snapshot(_DUMPED):
            yield f"{table}\t{as_json(row._asdict())}"


def _from_entry(seen: Capture, entry: Entry) -> dict[str, Any]:
    key = seen.least(entry.position)
    dated, titled = entry.intime is not None, bool(entry.title.strip())
    return storable(
        {
            "key": entry.key,
            "url_key": key,
            "url": entry.url,
            "channel_key": key,
            "channel": entry.channel,
            "date_key": key if dated else "",
            "date": _stamp(entry.intime),
            "title_key": seen.most(entry.position) if titled else "",
            "title": entry.title if titled else "",
            "ctime": _stamp(entry.ctime) if titled else "",
            "mtime": _stamp(entry.mtime) if titled else "",
        }
    )


def _sighting(key: Key, entry: Entry) -> dict[str, Any]:
    row = {"article": entry.key, "list": entry.list_name, "first_key": key, "ctime": _stamp(entry.ctime)}
    return storable(row)


def _from_look(look: LookRow) -> dict[str, Any]:
    key = look.capture.least()
    latest = look.capture.most()
    return storable(
        {
            "key": look.key,
            "url_key": key,
            "url": canonical(look.capture.url),
            "look_key": latest,
            "look_outcome": look.outcome,
            "look_reason": look.reason,
            "look_evidence": look.evidence,
            "first_key": key,
            "body_key": latest,
            "body_record": look.capture.page_record,
            "page_title": look.title,
            "page_date_key": key if look.time else "",
            "page_date": _stamp(look.time),
        }
    )


def _capture_row(look: LookRow) -> dict[str, Any]:
    seen = look.capture
    return storable(
        {
            "record_id": seen.record_id,
            "key": seen.key(),
            "article": look.key,
            "url": seen.url,
            "status": seen.status,
            "refers_to": seen.refers_to,
            "outcome": look.outcome,
            "reason": look.reason,
            "evidence": look.evidence,
            "title": look.title,
            "time": _stamp(look.time),
            "updated": _stamp(look.updated),
            "text_digest": look.text_digest,
            "digest": look.digest,
            "file": seen.file,
            "offset": seen.offset,
        }
    )


def _stamp(moment: datetime | None) -> str:
    return stamp(moment) if moment else ""
