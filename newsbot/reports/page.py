"""The coverage as one HTML page that needs nothing else: no request, no script (its own policy forbids both)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from newsbot.characters import clean_line
from newsbot.reports import charts
from newsbot.reports.coverage import Coverage, Day, by_number, dates, fill_command
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from newsbot.reports.feed import FeedCoverage

#: Days of a plot and rows of the table of days; the calendar has all.
_PLOTTED, _ROWS = 120, 366
#: Missing articles that the page names.
_HOLES = 200
#: A day that misses so few of its articles is not painted as one that misses many.
_FEW = 0.02

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf9;--fg:#1d2329;--dim:#5b6670;--line:#dcdfe2;--card:#fff;--full:#2b8a57;
--part:#e0a100;--hole:#c9372c;--none:#e6e8ea;--blue:#2f6fd0;--violet:#7a52c7;--code:#f0f2f4}
@media(prefers-color-scheme:dark){:root{--bg:#14181c;--fg:#e3e7ea;--dim:#98a3ad;--line:#333b42;--card:#1b2126;
--full:#46b07a;--part:#e2b13c;--hole:#f0685c;--none:#2a3138;--blue:#6aa3f5;--violet:#a98bea;--code:#252c33}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.2rem 1rem 3rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}h3{font-size:.9rem;margin:.8rem 0 .2rem;
color:var(--dim)}p{margin:.3rem 0}.dim{color:var(--dim)}.verdict{font-size:1.05rem}.ok{color:var(--full)}
.bad{color:var(--hole)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.6rem;margin:1rem 0;padding:0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .7rem}
.facts dt{color:var(--dim);font-size:.8rem}.facts dd{margin:0;font-size:1.3rem;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}.end{direction:rtl}.end svg{direction:ltr}#days{font-size:.8rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.88rem}
th,td{padding:.28rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child,.text{text-align:left}td.text{white-space:normal;min-width:11rem;overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}td.some{color:var(--hole);font-weight:600}tr.sum td{font-weight:600}
code{display:block;background:var(--code);border-radius:.3rem;padding:.25rem .45rem;font-size:.78rem;min-width:15rem;
white-space:pre-wrap;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all;text-align:left}
svg{display:block}svg text{fill:var(--dim);font-size:11px}svg.plot{width:100%;min-width:34rem;height:auto}
svg.calendar{width:100%;min-width:52rem;height:auto}svg .grid{stroke:var(--line)}
.full,.published{fill:var(--full)}.part,.refused{fill:var(--part)}.holes,.deleted{fill:var(--hole)}.none{fill:var(--none)}.few{fill:var(--hole);fill-opacity:.45}
.gone,.edited{fill:var(--violet)}.withdrawn,.revisits{fill:var(--dim)}.looks{fill:var(--blue)}
polyline.half{fill:none;stroke:var(--blue);stroke-width:2}polyline.nine-tenths{fill:none;stroke:var(--violet);stroke-width:2}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.8rem;color:var(--dim);margin:.2rem 0}
.key svg{display:inline-block;vertical-align:-1px;margin-right:.3rem}.half{fill:var(--blue)}
.nine-tenths{fill:var(--violet)}@media(max-width:40rem){#gaps thead,#holes thead{display:none}
#gaps tr,#holes tr{display:block;border-bottom:1px solid var(--line);padding:.4rem 0}#gaps td,#holes td{display:block;
text-align:left;border:0;padding:.1rem 0}#holes td:first-child{color:var(--dim)}}
"""


def page(found: Coverage, archive: str) -> str:
    """The whole page; `archive` is the archive's own name. What came from the site is escaped."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Coverage of a newsbot archive</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(_sections(found, archive))
        + "\n</body></html>\n"
    )


def _sections(found: Coverage, archive: str) -> Iterator[str]:
    total = found.total
    when = found.now.astimezone(BEIJING)
    yield f'<h1>Coverage</h1><p class="dim">Archive {_text(archive)}, {when:%Y-%m-%d %H:%M} Beijing time</p>'
    yield _verdict(found)
    numbers = {
        **{name: getattr(total, name) for name in ("articles", "listed", "captured", "published")},
        "refused": sum(total.refused.values()),
        **{name: getattr(total, name) for name in ("gone", "withdrawn", "holes", "edited", "deleted")},
    }
    cells = (f'<div><dt>{name}</dt><dd id="total-{name}">{number}</dd></div>' for name, number in numbers.items())
    yield f'<dl class="facts">{"".join(cells)}</dl>'
    yield "<h2>Completeness</h2>" + _legend(
        {
            "full": "all there",
            "part": "a time of day is unknown",
            "few": "some articles are missing",
            "holes": "many",
            "none": "nothing known",
        }
    )
    yield charts.calendar({day: _kind(found.days[day.isoformat()]) for day in dates(found.days)}, "Completeness")
    yield from _plots(found)
    yield from _missing(found)
    yield from _tables(found)


def _verdict(found: Coverage) -> str:
    if found.whole:
        return '<p class="verdict ok" id="verdict">Nothing is missing.</p>'
    told = f"Missing articles: {found.total.holes}. Stretches of time of which a list was not read: {len(found.gaps)}."
    if found.feed and found.feed.unknown:
        told += f" Stretches of the live feed that were missed: {len(found.feed.unknown)}."
    return f'<p class="verdict bad" id="verdict">{told}</p>'


def _kind(day: Day) -> tuple[str, str]:
    told = f"{day.total.articles} articles"
    if day.total.holes:
        kind = "few" if day.total.holes <= _FEW * day.total.articles else "holes"
        return kind, f"{told}, {day.total.holes} missing" + _minutes(day)
    if day.unknown:
        return "part", told + _minutes(day)
    return ("full" if day.total.articles else "none"), told


def _minutes(day: Day) -> str:
    return f", {duration(day.unknown)} unknown" if day.unknown else ""


def duration(minutes: int) -> str:
    """`40 min`, `3.5 h`, `28 d`."""
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.3g} h" if minutes < 48 * 60 else f"{minutes / 1440:.3g} d"


def _plots(found: Coverage) -> Iterator[str]:
    days = dates(found.days)[-_PLOTTED:]
    of = [found.days[day.isoformat()] for day in days]
    yield _heading("Articles a day", len(days))
    states = ("published", "refused", "gone", "withdrawn", "holes")
    yield _legend({name: name for name in states})
    yield charts.bars(days, {name: [_number(day, name) for day in of] for name in states}, "Articles a day")
    yield _heading("From publication to the first capture", len(days))
    yield _legend({"half": "half of the articles within", "nine-tenths": "nine of ten within"})
    shares = {"half": [day.latency(0.5) for day in of], "nine-tenths": [day.latency(0.9) for day in of]}
    yield charts.lines(days, shares, "From publication to the first capture", duration)
    yield _heading("Refusals, by reason", len(found.days), whole=True)
    refused = by_number(found.total.refused)
    yield _table(("reason", "articles"), refused, "refused") if refused else "<p>None.</p>"
    yield _heading("Edits and deletions", len(days))
    yield _legend({"edited": "edited", "deleted": "deleted"})
    turns = {name: [_number(day, name) for day in of] for name in ("edited", "deleted")}
    yield charts.bars(days, turns, "Edits and deletions")


def _number(day: Day, name: str) -> int:
    number: int = sum(day.total.refused.values()) if name == "refused" else getattr(day.total, name)
    return number


def _heading(text: str, days: int, *, whole: bool = False) -> str:
    limit = "" if whole or days < _PLOTTED else f' <span class="dim">the last {_PLOTTED} days with articles</span>'
    return f"<h2>{text}{limit}</h2>"


def _legend(names: dict[str, str]) -> str:
    square = '<svg width="10" height="10"><rect class="{}" width="10" height="10" rx="2"/></svg>'
    return f'<p class="key">{"".join(f"<span>{square.format(kind)}{told}</span>" for kind, told in names.items())}</p>'


def _missing(found: Coverage) -> Iterator[str]:
    yield "<h2>Unknown times</h2>"
    yield '<p class="dim">No run read the list of this time to its end. A click selects the command.</p>'
    gaps = [(_Text(str(gap)), _Code(gap.command) if gap.command else _Text("nothing")) for gap in found.gaps]
    yield _table(("what", "filled by"), gaps, "gaps") if gaps else "<p>None.</p>"
    if found.feed:
        yield from _feed(found.feed)
    more = found.total.holes - len(found.holes[:_HOLES])
    yield "<h2>Missing articles</h2>" + (f'<p class="dim">The newest; there are {more} more.</p>' if more > 0 else "")
    rows = [
        (hole.day, _Text(hole.title or hole.url), _Text(hole.reason or "not asked yet"), _Code(fill_command(hole)))
        for hole in found.holes[:_HOLES]
    ]
    yield _table(("day", "title", "why", "filled by"), rows, "holes") if rows else "<p>None.</p>"


def _feed(of: FeedCoverage) -> Iterator[str]:
    yield "<h2>Live feed</h2>"
    ids = f"{of.items} items are known, ids {of.first} to {of.last}; {of.deleted} are marked as deleted"
    hidden = sum(one.last - one.first + 1 for one in of.not_shown)
    yield f"<p>{ids}; {hidden} between them were not shown.</p>"
    gaps = "".join(f"<li>{_text(line)}" for line in of.gaps())
    yield f"<ul>{gaps}</ul>" if gaps else "<p>None was missed.</p>"


def _tables(found: Coverage) -> Iterator[str]:
    names = (
        "articles",
        "listed",
        "captured",
        "published",
        "refused",
        "gone",
        "withdrawn",
        "holes",
        "edited",
        "deleted",
    )
    days = sorted(found.days.items(), reverse=True)[:_ROWS]
    yield f"<h2>Days{'' if len(days) < _ROWS else f' (the newest {_ROWS})'}</h2>"
    rows = [
        (day or "no date", *(_number(of, name) for name in names), of.looks, of.revisits, _unknown(of))
        for day, of in days
    ]
    yield _table(("day", *names, "looks", "revisits", "unknown"), rows, "days")
    yield "<h2>Lists</h2>"
    lists = [
        (name, one.windows, one.complete, _minute(one.first), _minute(one.last), len(one.short))
        for name, one in found.lists.items()
    ]
    yield _table(("list", "windows", "complete", "known from", "to", "fewer than its total"), lists, "lists")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def _unknown(day: Day) -> str:
    return duration(day.unknown) if day.unknown else ""


class _Text(str):
    """A cell of words."""

    __slots__ = ()


class _Code(str):
    """A cell with a command."""

    __slots__ = ()


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], name: str = "") -> str:
    first = "".join(f"<th{' class=text' if one in _WORDS else ''}>{one}</th>" for one in head)
    body = "".join(f"<tr>{''.join(_cell(value, head[i]) for i, value in enumerate(row))}</tr>" for row in rows)
    given = f' id="{name}"' if name else ""
    return f'<div class="scroll"><table{given}><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table></div>'


_WORDS = {"what", "title", "why", "filled by"}


def _cell(value: object, head: str) -> str:
    if isinstance(value, _Code):
        return f"<td><code>{_text(value)}</code></td>"
    if isinstance(value, _Text):
        return f'<td class="text"><bdi>{_text(value)}</bdi></td>'
    return f"<td{' class=some' if head in {'holes', 'unknown'} and value else ''}>{_text(str(value))}</td>"


def _text(text: str) -> str:
    return escape(clean_line(text))
