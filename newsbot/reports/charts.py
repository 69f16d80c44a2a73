"""Small SVG charts of days, plain text to embed: bars that stack, lines, a calendar of weeks. No script, no fonts.

Colours are CSS classes of the page, so that they follow its light or dark scheme. Nothing here comes from the network:
names and numbers of ours, days as dates.
"""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Size of a plot in user units; CSS scales it to the page.
WIDTH, HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 22
#: A day's name is no wider.
_WORD = 44
#: A calendar's cell with its margin.
_CELL, _EDGE = 16, 30
#: Round steps of an axis in minutes, from ten of them to ten days.
TIMES = (10, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14400)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def bars(days: Sequence[date], series: Mapping[str, Sequence[int]], label: str) -> str:
    """Stacked bars, a day each; `series` from the bottom up, each name being its CSS class."""
    tops = [sum(values[i] for values in series.values()) for i in range(len(days))]
    axis = _Axis(days, max(tops, default=0))
    shapes = []
    for i in range(len(days)):
        height = 0
        for name, values in series.items():
            if values[i]:
                low, high = axis.y(height), axis.y(height + values[i])
                shapes.append(
                    f'<rect class="{name}" x="{axis.x(i):.1f}" y="{high:.1f}" width="{axis.width:.1f}" '
                    f'height="{low - high:.1f}"><title>{days[i]} {name}: {values[i]}</title></rect>'
                )
                height += values[i]
    return _plot(axis, shapes, label)


def lines(
    days: Sequence[date], series: Mapping[str, Sequence[int | None]], label: str, unit: Callable[[int], str]
) -> str:
    """A line of minutes for each of `series`; None leaves a day out. `unit` writes a number on the axis."""
    top = max((value for values in series.values() for value in values if value), default=0)
    axis = _Axis(days, top, unit, next((step for step in TIMES if top <= 5 * step), TIMES[-1]))
    shapes = []
    for name, values in series.items():
        points = [(axis.x(i) + axis.width / 2, axis.y(value)) for i, value in enumerate(values) if value is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        shapes.append(f'<polyline class="{name}" points="{path}"/>')
        if len(points) < 60:
            shapes += [f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points]
    return _plot(axis, shapes, label)


class _Axis:
    """Where days and numbers lie."""

    def __init__(self, days: Sequence[date], top: int, unit: Callable[[int], str] = str, step: int = 0) -> None:
        self.days, self.unit = days, unit
        self.step = step or _step(top)
        self.top = max(self.step, -(-top // self.step) * self.step)
        self.pitch = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
        self.width = max(0.5, min(self.pitch * 0.8, 40))

    def x(self, number: int) -> float:
        return _LEFT + self.pitch * number + (self.pitch - self.width) / 2

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _TOP - _BOTTOM)

    def drawn(self) -> Iterator[str]:
        for value in range(0, self.top + 1, self.step):
            y = self.y(value)
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{escape(self.unit(value))}</text>'
        every = max(1, -(-len(self.days) // 8))
        for i in range(0, len(self.days), every):
            x, anchor = self.x(i) + self.width / 2, "middle"
            if x > WIDTH - _WORD / 2:
                x, anchor = WIDTH - 1, "end"
            yield f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{self._named(self.days[i])}</text>'

    def _named(self, day: date) -> str:
        return f"{day:%Y-%m}" if len(self.days) > 400 else f"{day.day} {MONTHS[day.month - 1]}"


def _step(top: int) -> int:
    """A round number of which some three to six reach `top`."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if top <= 5 * step:
                return step
        size *= 10


def _plot(axis: _Axis, shapes: list[str], label: str) -> str:
    inner = "".join([*axis.drawn(), *shapes])
    return (
        f'<div class="scroll end"><svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{inner}</svg></div>'
    )


def calendar(days: Mapping[date, tuple[str, str]], label: str) -> str:
    """A cell a day, a column a week, a row of weeks a year; each day's CSS class and what is said of it."""
    years = sorted({day.year for day in days}, reverse=True)
    return "".join(_year(year, days, label) for year in years)


def _year(year: int, days: Mapping[date, tuple[str, str]], label: str) -> str:
    first = date(year, 1, 1)
    offset = first.weekday()
    cells, names = [], []
    for number in range((date(year, 12, 31) - first).days + 1):
        day = first + timedelta(days=number)
        x, y = _EDGE + (number + offset) // 7 * _CELL, 16 + day.weekday() * _CELL
        kind, told = days.get(day, ("none", "nothing"))
        cells.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="13" height="13" rx="2">'
            f"<title>{day} {escape(told)}</title></rect>"
        )
        if day.day == 1:
            names.append(f'<text x="{x}" y="10">{MONTHS[day.month - 1]}</text>')
    rows = "".join(
        f'<text x="{_EDGE - 6}" y="{27 + row * _CELL}" text-anchor="end">{name}</text>'
        for row, name in ((0, "Mo"), (2, "We"), (4, "Fr"))
    )
    width, height = _EDGE + 54 * _CELL, 16 + 7 * _CELL
    return (
        f'<h3>{year}</h3><div class="scroll end"><svg class="calendar" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)} {year}">{"".join(names)}{rows}{"".join(cells)}</svg></div>'
    )
