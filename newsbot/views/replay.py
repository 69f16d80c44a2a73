"""The views from the WARC files alone, offline, by today's parser (design.md, principles).

Records may come in any order and lie in any files: an answer waits for the metadata record that says which article it
was asked for, wherever that is. What is read goes through the same desk as in a live crawl.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from newsbot.article import REASONS, Article, Capture, Look, Refusal
from newsbot.discovery.windows import past_window
from newsbot.judgement import SAYS_NO, is_hop, judge_exchange, judge_page
from newsbot.sina import listing, urls
from newsbot.sina.requisites import KINDS
from newsbot.text import unstamp
from newsbot.views.found import Fact, Found, Listed, No, Requisite, Same, Unreadable
from newsbot.warc.enclosed import located
from newsbot.warc.files import either_name
from newsbot.warc.kept import original_of
from newsbot.warc.original import Original, payload_digest
from newsbot.warc.reader import Record, Torn, fetch
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


#: How the profile of a revisit ends that stands for a 304, in WARC/1.0 and 1.1.
NOT_MODIFIED = "/revisit/server-not-modified"

#: What an article key looks like (design.md, "Article key"). It becomes part of a file name, and a WARC file can come
#: from anywhere: no slash, no leading dot, not long.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}")


#: What must be text in the facts of each kind of record.
_TEXTS = {
    "refusal": ("article", "url", "reason", "evidence"),
    "withdrawal": ("article", "url", "reason"),
    "window": ("list",),
    "run": ("run",),
}


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
    pages: bool = True  #: False: of answers only what later ones may be kept as a revisit of

    def file(self, path: Path, name: str, found: Iterable[Record | Torn] = ()) -> Iterator[Found]:
        """Everything that one WARC file tells; `name` is what the views call the file, `found` what it holds."""
        ours = False
        for record in found or readable(path):
            file = f"{name}{record.file.removeprefix(str(path))}"  # of a WACZ the WARC file in it
            if isinstance(record, Torn):
                yield Unreadable(file, record.offset, record.why)
            elif record.type == "warcinfo":
                ours = _is_ours(record)
            elif record.type == "metadata":
                yield from self._metadata(record, file)
            elif record.type in ("response", "revisit"):
                yield from self._response(record, file, ours=ours)

    def leftovers(self) -> Iterator[Found]:
        """Answers whose metadata record is in no file: their own URL says what they are."""
        for record, name in self.waiting.values():
            yield from self._answer(record, name, Asked())
        self.waiting.clear()

    def join(self, other: Reading) -> Iterator[Found]:
        """Take over what another process's reading left waiting."""
        self.asked.update(other.asked)
        self.waiting.update(other.waiting)
        for response_id in [one for one in self.waiting if one in self.asked]:
            yield from self._answer(*self.waiting.pop(response_id), self.asked.pop(response_id))

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
            capture = _capture(record, name, error=asked.error)
            if "requisite" in asked.context:
                yield _requisite(capture, asked)
            elif "article" in asked.context and (refusal := judge_exchange(capture, record.target, None)):
                yield Look(asked.context["article"], capture, refusal)
        elif (response_id := record.concurrent_to[-1]) in self.waiting:
            yield from self._answer(*self.waiting.pop(response_id), asked)
        else:
            self.asked[response_id] = asked

    def _response(self, record: Record, name: str, *, ours: bool) -> Iterator[Found]:
        if record.id in self.asked:
            yield from self._answer(record, name, self.asked.pop(record.id))
        elif ours:
            self.waiting[record.id] = (record, name)
        else:
            yield from self._answer(record, name, Asked())

    def _answer(self, record: Record, name: str, asked: Asked) -> Iterator[Found]:
        if self.pages:
            yield from _answer(record, name, asked)
        elif record.type == "response":
            yield from _original(record, _capture(record, name, error=asked.error))


def _is_ours(info: Record) -> bool:
    """Does this warcinfo record begin a file of newsbot's making, or one that holds the records of such a file?

    There an answer's metadata record says which article it was asked for.
    """
    fields = info.fields
    maker = "imported-software" if "imported-sha256" in fields else "software"
    return fields.get(maker, "").startswith("newsbot/")


def _answer(record: Record, name: str, asked: Asked) -> Iterator[Found]:
    """What an answer says, with what was asked."""
    if record.type == "revisit":
        yield from _revisit(record, name, asked)
        return
    context = asked.context
    capture = _capture(record, name, status=record.http.status, error=asked.error)
    yield from _original(record, capture)
    content_type = _header(record, b"content-type")
    if capture.status in SAYS_NO:
        yield from _no(record, name)
    location = _header(record, b"location") if record.http.get(b"location") is not None else None
    if "requisite" in context:
        if not is_hop(capture.status, location):
            yield _requisite(capture, asked)
    elif "article" in context or (not context and urls.is_article(record.target)):
        key = context.get("article") or urls.article_key(record.target)
        if not is_hop(capture.status, location):
            refusal = judge_exchange(capture, context.get("url", record.target), location)
            result = refusal or _read(record, capture, content_type)
            if isinstance(result, Refusal) and result.reason == "ban":  # with any status
                yield from _no(record, name)
            yield Look(key, capture, result)
    elif urls.is_listing(record.target) and not capture.truncated:
        try:
            page = listing.read(record.payload, record.target, content_type, capture.status)
        except ValueError:
            return  # a broken Content-Encoding: the window's record says that this list was not read
        if isinstance(page, listing.Page):
            yield Listed(capture, page.entries)
        elif page.reason == "ban":
            yield from _no(record, name)


def _requisite(capture: Capture, asked: Asked) -> Requisite:
    return Requisite(asked.context["url"], asked.context["requisite"], capture)


def _revisit(record: Record, name: str, asked: Asked) -> Iterator[Look | Same | Requisite]:
    """What a revisit says of an article: the desk's judgement of the exchange, else what its original says."""
    status = 304 if record.headers.get("warc-profile", "").endswith(NOT_MODIFIED) else record.http.status
    capture = replace(_capture(record, name, status=status), truncated="", refers_to=record.refers_to)
    if "requisite" in asked.context:
        yield _requisite(capture, asked)
    elif "article" in asked.context:
        refusal = judge_exchange(capture, asked.context["url"], None)
        key = asked.context["article"]
        yield Look(key, capture, refusal) if refusal else Same(key, capture)
    elif not asked.context and urls.is_article(record.target):
        digest = record.headers.get("warc-payload-digest", "")
        place = (record.refers_to_target, record.refers_to_date)
        yield Same(urls.article_key(record.target), capture, *place, digest)


def _original(record: Record, capture: Capture) -> Iterator[Original]:
    """What later answers may be kept as a revisit of, as keeping.Keeping chooses it."""
    if capture.truncated or capture.error or urls.is_listing(capture.url):
        return
    if digest := payload_digest(record.http):
        yield original_of(capture, record.http, digest)


def _no(record: Record, name: str) -> Iterator[No]:
    try:
        yield No(urls.host(record.target), unstamp(record.date), name)
    except ValueError:  # no date: what another tool wrote says nothing then
        return


def _read(record: Record, capture: Capture, content_type: str) -> Article | Refusal:
    try:
        return judge_page(capture, record.payload, content_type)
    except ValueError as error:
        return Refusal("undecodable", str(error))


def _header(record: Record, name: bytes) -> str:
    return (record.http.get(name) or b"").decode("latin-1")


def _sound(context: dict[str, Any]) -> dict[str, Any]:
    """The context of an exchange, or the facts of a refusal; ValueError when it names an article in no way of ours."""
    if "article" in context and not (isinstance(context["article"], str) and _KEY.fullmatch(context["article"])):
        raise ValueError(f"no article key: {context['article']!r}")
    if context.get("requisite", "image") not in KINDS:
        raise ValueError(f"no requisite: {context['requisite']!r}")
    if ("article" in context or "requisite" in context) and not isinstance(context.get("url"), str):
        raise ValueError(f"no URL: {context.get('url')!r}")
    return context


def _fact(record: Record, capture: Capture) -> Found:
    """What a `urn:newsbot:` record says; Unreadable when it is not as newsbot writes them."""
    kind = record.target.split(":")[2]
    try:
        facts = record.facts
        for name in _TEXTS.get(kind, ()):
            if not isinstance(facts[name], str):
                raise TypeError(f"{name} is no text")  # noqa: TRY301 - one of the ways of being malformed
        if kind == "refusal":
            _sound(facts)
            if facts["reason"] not in REASONS:
                raise ValueError(f"no reason: {facts['reason']!r}")  # noqa: TRY301 - one of the ways of being malformed
            asked = Capture(capture.record_id, capture.date, facts["url"], file=capture.file, offset=capture.offset)
            return Look(facts["article"], asked, Refusal(facts["reason"], facts["evidence"]))
        if kind == "withdrawal":
            _sound(facts)
        if kind == "window":
            past_window(facts)
    except (KeyError, TypeError, ValueError) as error:
        return Unreadable(capture.file, capture.offset, f"{record.target} is not as newsbot writes it: {error!r}")
    return Fact(kind, capture, facts)


def _capture(record: Record, name: str, *, status: int = 0, error: str = "") -> Capture:
    return Capture(record.id, record.date, record.target, status, name, record.offset, record.truncated, error)


def page_from(root: Path) -> Callable[[Capture], Article | Refusal]:
    """A function that reads a captured page again from the archive at `root`, closed file or open one."""

    def read(capture: Capture) -> Article | Refusal:
        path = root / capture.file
        record = fetch(either_name(path) or located(path), capture.offset)
        return _read(record, capture, _header(record, b"content-type"))

    return read
