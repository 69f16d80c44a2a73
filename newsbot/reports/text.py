"""The coverage for a terminal: the newest days, and what is missing with the commands that fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsbot.characters import clean_line
from newsbot.reports.coverage import Coverage, Day, by_number, fill_command
from newsbot.reports.page import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Days, holes and gaps that are shown.
DAYS, SHOWN = 30, 20
_COLUMNS = ("listed", "captured", "published", "refused", "gone", "deleted", "edited", "holes")


def lines(found: Coverage, paint: Callable[[str, str], str]) -> Iterator[str]:
    """All of it in lines; `paint(text, style)` colours text as `head`, `old` or `new`."""
    days = [one for one in sorted(found.days.items()) if one[0]]
    yield paint("day       " + "".join(f"{name:>10}" for name in _COLUMNS) + "   unknown", "head")
    for name, day in days[-DAYS:]:
        unknown = duration(day.unknown) if day.unknown else ""
        line = _row(name, day) + (f"{unknown:>10}" if unknown else "")
        yield paint(line, "old") if day.total.holes or day.unknown else line
    if len(days) > DAYS:
        yield f"… and {len(days) - DAYS} days before; --since, --html FILE and --json have them"
    yield paint(_row("all", Day(total=found.total)), "head")
    if found.total.refused:
        reasons = by_number(found.total.refused)
        yield "refused: " + ", ".join(f"{reason} {number}" for reason, number in reasons)
    yield from _missing(found, paint)


def _row(name: str, day: Day) -> str:
    total = day.total
    numbers = [sum(total.refused.values()) if one == "refused" else getattr(total, one) for one in _COLUMNS]
    return f"{name:<10}" + "".join(f"{number:>10}" for number in numbers)


def _missing(found: Coverage, paint: Callable[[str, str], str]) -> Iterator[str]:
    for gap in found.gaps[:SHOWN]:
        yield paint(clean_line(str(gap)), "old")
        if gap.command:
            yield f"    {gap.command}"
    if len(found.gaps) > SHOWN:
        yield f"… and {len(found.gaps) - SHOWN} unknown times more; --html FILE and --json have all of them"
    lost = list(found.feed.gaps()) if found.feed else []
    yield from (paint(line, "old") for line in lost[:SHOWN])
    if len(lost) > SHOWN:
        yield f"… and {len(lost) - SHOWN} gaps of the feed more; --html FILE and --json have all of them"
    for hole in found.holes[:SHOWN]:
        yield paint(f"missing: {clean_line(hole.title or hole.url)} ({hole.reason or 'not asked yet'})", "old")
        yield f"    {clean_line(fill_command(hole))}"
    if (more := found.total.holes - len(found.holes[:SHOWN])) > 0:
        yield f"… and {more} articles more; --html FILE and --json name the newest {len(found.holes)}"
    told = f"{found.total.holes} holes, {len(found.gaps) + len(lost)} gaps"
    yield f"newsbot coverage: {found.total.articles} articles, " + ("nothing is missing" if found.whole else told)
