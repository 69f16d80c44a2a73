"""One article through time: every look, the versions it showed, what changed between them, deletions and returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsbot.article import Article, Capture, Look, LookRow, Refusal
from newsbot.characters import clean_line
from newsbot.difference import Change, places
from newsbot.errors import NewsbotError
from newsbot.joining import captures_of
from newsbot.judgement import look_row
from newsbot.ledger.rows import GONE
from newsbot.sina.cleaned import cleaned
from newsbot.text import BEIJING, stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsbot.ledger import ArticleRow, Ledger


@dataclass(frozen=True, slots=True)
class Step:
    """One look, and what it changed."""

    look: LookRow
    version: int  #: of the page it showed, from 1; 0 when it showed none
    turn: str = ""  #: new, edited, gone (for the first time), returned; '' for nothing new
    changes: tuple[Change, ...] = ()  #: against the version before: title, time, updated, text
    note: str = ""  #: why the texts could not be compared

    def facts(self) -> dict[str, Any]:
        """For JSON; times in UTC."""
        look, seen = self.look, self.look.capture
        return {
            "date": seen.date,
            "url": seen.url,
            "status": seen.status,
            "record": seen.record_id,
            "revisit_of": seen.refers_to,
            "file": seen.file,
            "offset": seen.offset,
            "outcome": look.outcome,
            "reason": look.reason,
            "evidence": look.evidence,
            "title": look.title,
            "time": stamp(look.time) if look.time else "",
            "updated": stamp(look.updated) if look.updated else "",
            "text_digest": look.text_digest,
            "version": self.version,
            "turn": self.turn,
            "changes": {change.field: change.places for change in self.changes},
            "note": self.note,
        }


def steps(ledger: Ledger, row: ArticleRow, read: Callable[[Capture], Article | Refusal]) -> list[Step]:
    """Every look at an article, the earliest first. `read` reads a captured page again from the archive.

    A version is another title or text (sina.cleaned) than any before; one that comes back bears its old number.
    """
    keys = {row.key, *(one.key for one in ledger.at(row.url))}  # it may have come under several
    looks = sorted((look for key in keys for look in ledger.history(key)), key=lambda look: look.capture.key())
    return _compared(looks, lambda capture: read(ledger.capture(capture.page_record)))


def further(ledger: Ledger, row: ArticleRow, read: Callable[[Capture], Article | Refusal]) -> dict[str, list[Step]]:
    """Of an article in several pages each capture of the further ones that shows something else, by their addresses."""
    found = {}
    for url in ledger.parts(row.url):
        looks = [_read(row.key, capture, read) for capture in reversed(captures_of(url, ledger))]
        found[url] = _compared(looks, read)
    return found


def _read(key: str, capture: Capture, read: Callable[[Capture], Article | Refusal]) -> LookRow:
    """What a further page showed; the ledger notes only what the first one did."""
    try:
        said = read(capture)
    except NewsbotError as error:
        return LookRow(key, capture, "unread", "unread", str(error))
    return look_row(Look(key, capture, said), said)


def _compared(looks: Sequence[LookRow], read: Callable[[Capture], Article | Refusal]) -> list[Step]:
    """The looks, earliest first, each with what it changed; `read`: the page that a look showed."""
    found: list[Step] = []
    numbers: dict[tuple[str, str], int] = {}
    shown: LookRow | None = None
    gone = False
    for look in looks:
        if look.outcome != "article":
            turn = "gone" if look.reason in GONE and not gone else ""
            gone = gone or look.reason in GONE
            found.append(Step(look, 0, turn))
            continue
        face = (look.title, look.text_digest)
        step = Step(look, numbers.setdefault(face, len(numbers) + 1), "returned" if gone and shown else "")
        if shown is None:
            step = replace(step, turn="new")
        elif face != (shown.title, shown.text_digest):
            step = _edited(step, shown, read)
        elif (shown.time, shown.updated) != (look.time, look.updated):
            step = replace(step, changes=tuple(_times(shown, look)))
        found.append(step)
        shown, gone = look, False
    return found


def _edited(step: Step, old: LookRow, read: Callable[[Capture], Article | Refusal]) -> Step:
    """The step with what changed since the look `old`."""
    new = step.look
    changes = [Change("title", ((old.title, new.title),))] if old.title != new.title else []
    changes += _times(old, new)
    note = ""
    if old.text_digest != new.text_digest:
        try:
            was, now = (_said(look, read) for look in (old, new))
            changes.append(Change("text", tuple((a.rstrip("\n"), b.rstrip("\n")) for a, b in places(was, now))))
        except NewsbotError as error:
            note = f"the texts cannot be compared: {error}"
    return replace(step, turn=step.turn or "edited", changes=tuple(changes), note=note)


def _times(old: LookRow, new: LookRow) -> list[Change]:
    pairs = {"time": (old.time, new.time), "updated": (old.updated, new.updated)}
    return [Change(name, ((_beijing(was), _beijing(now)),)) for name, (was, now) in pairs.items() if was != now]


def _said(look: LookRow, read: Callable[[Capture], Article | Refusal]) -> str:
    """What the page of a look said."""
    page = read(look.capture)
    if isinstance(page, Refusal):
        raise NewsbotError(f"of the page of {look.capture.date} this parser says {page.reason}")
    return cleaned(page.body) + "\n"  # so that the last paragraph ends as the others do


def facts(row: ArticleRow, found: Sequence[Step], pages: Mapping[str, Sequence[Step]]) -> dict[str, Any]:
    """All of it for JSON."""
    return {
        "article": row.key,
        "url": row.url,
        "title": row.title or row.page_title,
        "state": row.state,
        "post": row.post,
        "tombstone": row.tombstone,
        "withdrawn": row.withdrawal,
        **_counted(found),
        "pages": [{"url": url, **_counted(shown)} for url, shown in pages.items()],
    }


def _counted(found: Sequence[Step]) -> dict[str, Any]:
    return {"versions": _versions(found), "captures": [step.facts() for step in found]}


def _versions(found: Sequence[Step]) -> int:
    return max((step.version for step in found), default=0)


def lines(
    row: ArticleRow, found: Sequence[Step], pages: Mapping[str, Sequence[Step]], paint: Callable[[str, str], str]
) -> Iterator[str]:
    """All of it for a terminal; `paint(text, style)` colours text as `head`, `old` or `new`. Times are Beijing's."""
    yield paint(clean_line(row.title or row.page_title or row.url), "head")
    yield f"{row.url}  {row.state}" + (f": {clean_line(row.reason)}" if row.reason not in {"", row.state} else "")
    for step in found:
        yield from _told(step, paint)
    for url, shown in pages.items():
        yield paint(clean_line(f"further page {url}"), "head")
        for step in shown:
            yield from _told(step, paint)
    if row.tombstone:
        yield paint(f"deleted: gone since {_beijing(unstamp(row.tombstone))}, and a later look confirmed it", "old")
    if row.withdrawal:
        yield paint(f"withdrawn: {clean_line(row.withdrawal)}", "old")
    edited = sum(_versions(shown) > 1 for shown in pages.values())
    told = f"{len(found)} captures, {_number(_versions(found), 'version')}"
    if pages:
        told += f"; {_number(len(pages), 'further page')}, {edited} edited"
    yield f"newsbot history: {told}"


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _told(step: Step, paint: Callable[[str, str], str]) -> Iterator[str]:
    look, seen = step.look, step.look.capture
    what = f"version {step.version}" if step.version else f"{look.reason} {look.evidence}".strip()
    kind = " revisit" if seen.refers_to else ""
    line = f"{_date(seen.date)}  {seen.status or 'no answer'}{kind}  {what}" + (f"  {step.turn}" if step.turn else "")
    style = {"gone": "old", "": ""}.get(step.turn, "new")
    yield paint(clean_line(line), style) if style else clean_line(line)
    yield f"    {seen.file} at {seen.offset}"
    for change in step.changes:
        yield f"    {change.field}"
        for old, new in change.places:
            yield from (paint(f"      − {one}", "old") for one in _rows(old))
            yield from (paint(f"      + {one}", "new") for one in _rows(new))
    if step.note:
        yield f"    {clean_line(step.note)}"


def _rows(text: str) -> list[str]:
    return [clean_line(line) for line in text.split("\n") if line.strip()]


def _date(date: str) -> str:
    """A WARC-Date in Beijing's time; as it is where another tool wrote no date."""
    try:
        return _beijing(unstamp(date))
    except ValueError:
        return date


def _beijing(moment: datetime | None) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if moment else ""
