"""The views from the WARC files alone, offline, by today's parser (design.md, principles).

Records may come in any order and lie in any files: an answer waits for the metadata record that says which article it
was asked for, wherever that is. What is read goes through the same desk as in a live crawl.
"""

from __future__ import annotations

import pickle
import re
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.article import REASONS, Article, Capture, Entry, Look, Refusal
from newsbot.desk import Desk, is_hop, judge_exchange, judge_page
from newsbot.discovery import past_window
from newsbot.sina import listing, urls
from newsbot.warc.reader import Record, Torn, fetch, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from newsbot.ledger import Ledger
    from newsbot.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Listed:
    """A list answer that could be read."""

    capture: Capture
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A `urn:newsbot:` record: `kind` is run, window or refusal."""

    kind: str
    capture: Capture
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something in a file that could not be read: told, counted, passed over."""

    file: str
    offset: int
    why: str


Found = Listed | Look | Fact | Unreadable

#: What an article key looks like (design.md, "Article key"). It becomes part of a file name, and a WARC file can come
#: from anywhere: no slash, no leading dot, not long.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an exchange's metadata record says of it."""

    context: dict[str, Any] = field(default_factory=dict)  #: the spider's: which article, which list
    error: str = ""


@dataclass(slots=True)
class Reading:
    """What was read so far, and what still waits for its other half."""

    waiting: dict[str, tuple[Record, str]] = field(default_factory=dict)  #: answers and their files, by record id
    asked: dict[str, Asked] = field(default_factory=dict)  #: what was asked, by the answer's record id

    def file(self, path: Path, name: str) -> Iterator[Found]:
        """Everything that one WARC file tells; `name` is what the views call the file."""
        ours = False
        for record in records(path):
            if isinstance(record, Torn):
                yield Unreadable(name, record.offset, record.why)
            elif record.type == "warcinfo":
                ours = b"software: newsbot/" in record.block
            elif record.type == "metadata":
                yield from self._metadata(record, name)
            elif record.type == "response":
                yield from self._response(record, name, ours=ours)

    def leftovers(self) -> Iterator[Found]:
        """Answers whose metadata record is in no file: their own URL says what they are."""
        for record, name in self.waiting.values():
            yield from _answer(record, name, Asked())
        self.waiting.clear()

    def join(self, other: Reading) -> Iterator[Found]:
        """Take over what another process's reading left waiting."""
        self.asked.update(other.asked)
        self.waiting.update(other.waiting)
        for response_id in [one for one in self.waiting if one in self.asked]:
            yield from _answer(*self.waiting.pop(response_id), self.asked.pop(response_id))

    def _metadata(self, record: Record, name: str) -> Iterator[Found]:
        if record.target.startswith("urn:newsbot:"):
            yield _fact(record, _capture(record, name))
            return
        try:
            asked = Asked(_sound(record.context), record.fields.get("error", ""))
        except ValueError as error:
            yield Unreadable(
                name, record.offset, f"the context of {record.target} is not as newsbot writes it: {error}"
            )
            return
        if len(record.concurrent_to) < 2:  # a request alone, or not even that: nothing answered
            if "article" in asked.context:
                capture = _capture(record, name, error=asked.error)
                if refusal := judge_exchange(capture, record.target, None):
                    yield Look(asked.context["article"], capture, refusal)
        elif (response_id := record.concurrent_to[-1]) in self.waiting:
            yield from _answer(*self.waiting.pop(response_id), asked)
        else:
            self.asked[response_id] = asked

    def _response(self, record: Record, name: str, *, ours: bool) -> Iterator[Found]:
        if record.id in self.asked:
            yield from _answer(record, name, self.asked.pop(record.id))
        elif ours:
            self.waiting[record.id] = (record, name)
        else:
            yield from _answer(record, name, Asked())


def _answer(record: Record, name: str, asked: Asked) -> Iterator[Found]:
    """What an answer says, with what was asked."""
    context = asked.context
    capture = _capture(record, name, status=record.http.status, error=asked.error)
    content_type = _header(record, b"content-type")
    if "article" in context or (not context and urls.is_article(record.target)):
        key = context.get("article") or urls.article_key(record.target)
        location = _header(record, b"location") if record.http.get(b"location") is not None else None
        if not is_hop(capture.status, location):
            refusal = judge_exchange(capture, context.get("url", record.target), location)
            yield Look(key, capture, refusal or _read(record, capture, content_type))
    elif urls.is_listing(record.target) and not capture.truncated:
        try:
            page = listing.read(record.payload, record.target, content_type, capture.status)
        except ValueError:
            return  # a broken Content-Encoding: the window's record says that this list was not read
        if isinstance(page, listing.Page):
            yield Listed(capture, page.entries)


def _read(record: Record, capture: Capture, content_type: str) -> Article | Refusal:
    try:
        return judge_page(capture, record.payload, content_type)
    except ValueError as error:
        return Refusal("undecodable", str(error))


def _header(record: Record, name: bytes) -> str:
    return (record.http.get(name) or b"").decode("latin-1")


def _sound(context: dict[str, Any]) -> dict[str, Any]:
    """The context of an exchange, or the facts of a refusal; ValueError when it names an article in no way of ours."""
    if "article" in context:
        if not (isinstance(context["article"], str) and _KEY.fullmatch(context["article"])):
            raise ValueError(f"no article key: {context['article']!r}")
        if not isinstance(context.get("url"), str):
            raise ValueError(f"no URL: {context.get('url')!r}")
    return context


def _fact(record: Record, capture: Capture) -> Found:
    """What a `urn:newsbot:` record says; Unreadable when it is not as newsbot writes them."""
    kind = record.target.split(":")[2]
    try:
        facts = record.facts
        if kind == "refusal":
            _sound(facts)
            if facts["reason"] not in REASONS:
                raise ValueError(f"no reason: {facts['reason']!r}")  # noqa: TRY301 - one of the ways of being malformed
            asked = Capture(capture.record_id, capture.date, facts["url"], file=capture.file, offset=capture.offset)
            return Look(facts["article"], asked, Refusal(facts["reason"], facts["evidence"]))
        if kind == "window":
            past_window(facts)
        if kind == "run" and not isinstance(facts["run"], str):
            raise ValueError("run names no run")  # noqa: TRY301 - one of the ways of being malformed
    except (KeyError, TypeError, ValueError) as error:
        return Unreadable(capture.file, capture.offset, f"{record.target} is not as newsbot writes it: {error!r}")
    return Fact(kind, capture, facts)


def _capture(record: Record, name: str, *, status: int = 0, error: str = "") -> Capture:
    return Capture(record.id, record.date, record.target, status, name, record.offset, record.truncated, error)


def page_from(root: Path) -> Callable[[Capture], Article | Refusal]:
    """A function that reads a captured page again from the archive at `root`, closed file or open one."""

    def read(capture: Capture) -> Article | Refusal:
        path = root / capture.file
        record = fetch(path if path.exists() else path.with_name(path.name + ".open"), capture.offset)
        return _read(record, capture, _header(record, b"content-type"))

    return read


class Spool:
    """Pages that were read and not yet published, on disk, so that memory stays flat (a temporary database)."""

    def __init__(self, fallback: Callable[[Capture], Article | Refusal]) -> None:
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.execute("CREATE TABLE page (record TEXT PRIMARY KEY, article BLOB) WITHOUT ROWID")
        self._fallback = fallback

    def put(self, look: Look) -> None:
        """Keep the page of a look, if it is one."""
        if not isinstance(look.result, Article):
            return
        row = (look.capture.record_id, pickle.dumps(look.result))
        self._database.execute("INSERT OR REPLACE INTO page VALUES (?, ?)", row)

    def fetch(self, capture: Capture) -> Article | Refusal:
        """The page of a capture, from here or from the archive."""
        row = self._database.execute("SELECT article FROM page WHERE record = ?", (capture.record_id,)).fetchone()
        if row is None:
            return self._fallback(capture)
        page: Article | Refusal = pickle.loads(row[0])  # noqa: S301
        return page

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()


class Absorber:
    """Takes WARC files into the ledger, then settles every article that they touch."""

    def __init__(self, root: Path, ledger: Ledger, shelf: Shelf) -> None:
        self._root = root
        self._ledger = ledger
        self._spool = Spool(page_from(root))
        self._desk = Desk(ledger, shelf, self._spool.fetch)
        self.reading = Reading()
        self.touched: set[str] = set()
        self.unreadable: list[Unreadable] = []
        self.pages = 0

    def take(self, path: Path) -> None:
        """Note what one file tells."""
        self.note(self.reading.file(path, name_of(path, self._root)))

    def note(self, found: Iterable[Found]) -> None:
        """Note facts, as one transaction."""
        with self._ledger.transaction():
            for one in found:
                self._note(one)

    def _note(self, one: Found) -> None:
        match one:
            case Look():
                self.pages += 1
                self.touched.add(one.key)
                self._desk.note([one])
                self._spool.put(one)
            case Listed():
                self.touched.update(entry.key for entry in one.entries)
                self._ledger.note_entries(one.capture, one.entries)
            case Fact(kind="window"):
                self._ledger.note_window(one.capture.key(), one.facts)
            case Fact(kind="run"):
                self._ledger.note_run(one.facts["run"], one.facts)
            case Unreadable():
                self.unreadable.append(one)

    def settle(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Publish what follows from all that was noted; `progress` gets articles done and their number."""
        self.note(self.reading.leftovers())
        with self._ledger.transaction():
            for done, key in enumerate(sorted(self.touched), 1):
                self._desk.settle(key)
                if progress:
                    progress(done, len(self.touched))
        self.touched.clear()
        self._spool.close()


def name_of(path: Path, root: Path) -> str:
    """What the views call a WARC file: its path in the archive, or as given when it lies elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
