"""The views from the WARC files alone, offline, by today's parser (design.md, principles).

Records may come in any order and lie in any files: an answer waits for the metadata record that says which article it
was asked for, wherever that is. What is read goes through the same desk as in a live crawl.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.article import REASONS, Capture, Look, Refusal
from newsbot.discovery.windows import past_window
from newsbot.judgement import judge_exchange
from newsbot.sina.requisites import KINDS
from newsbot.views.found import Answer, Asked, Fact, Found, Unreadable
from newsbot.views.judging import capture_at, requisite
from newsbot.warc.reader import Record, Torn
from newsbot.warc.resume import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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


@dataclass(slots=True)
class Reading:
    """What was read so far, and what still waits for its other half."""

    waiting: dict[str, tuple[Record, str]] = field(default_factory=dict)  #: answers and their files, by record id
    asked: dict[str, Asked] = field(default_factory=dict)  #: what was asked, by the answer's record id

    def file(self, path: Path, name: str, found: Iterable[Record | Torn] = ()) -> Iterator[Found | Answer]:
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
            elif record.type in ("response", "revisit", "resource"):
                yield from self._response(record, file, ours=ours)

    def leftovers(self) -> Iterator[Found | Answer]:
        """Answers whose metadata record is in no file: their own URL says what they are."""
        for record, name in self.waiting.values():
            yield Answer(record, name, Asked())
        self.waiting.clear()

    def _metadata(self, record: Record, name: str) -> Iterator[Found | Answer]:
        if record.target.startswith("urn:newsbot:"):
            yield _fact(record, capture_at(record, name))
            return
        try:
            asked = Asked(_sound(record.context), record.fields.get("error", ""))
        except ValueError as error:
            yield Unreadable(
                name, record.offset, f"the context of {record.target} is not as newsbot writes it: {error}"
            )
            return
        if len(record.concurrent_to) < 2:  # a request alone, or not even that: nothing answered
            capture = capture_at(record, name, error=asked.error)
            if "requisite" in asked.context:
                yield requisite(capture, asked)
            elif "article" in asked.context and (refusal := judge_exchange(capture, record.target, None)):
                yield Look(asked.context["article"], capture, refusal)
        elif (response_id := record.concurrent_to[-1]) in self.waiting:
            yield Answer(*self.waiting.pop(response_id), asked)
        else:
            self.asked[response_id] = asked

    def _response(self, record: Record, name: str, *, ours: bool) -> Iterator[Found | Answer]:
        if record.id in self.asked:
            yield Answer(record, name, self.asked.pop(record.id))
        elif ours:
            self.waiting[record.id] = (record, name)
        else:
            yield Answer(record, name, Asked())


def _is_ours(info: Record) -> bool:
    """Does this warcinfo record begin a file of newsbot's making, or one that holds the records of such a file?

    There an answer's metadata record says which article it was asked for.
    """
    fields = info.fields
    maker = "imported-software" if "imported-sha256" in fields else "software"
    return fields.get(maker, "").startswith("newsbot/")


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
