"""Facts of a run → verdict: one line, one JSON object, one exit code (design.md, "Exit codes")."""

from __future__ import annotations

import resource
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

OK, FAILED, USAGE, HOLES, UNHEALTHY, UNWRITABLE = range(6)

#: Pages that stopped parsing: at least this many were read in the run …
ENOUGH_PAGES = 5
#: … and more than this share of them fitted no layout or had no body.
UNPARSED_SHARE = 0.5
#: So many articles refused, and more than that share of all, are the site's doing rather than theirs.
MANY_REFUSED = 20


@dataclass(slots=True)
class Facts:
    """What a run counted; all numbers are of this run alone unless they say otherwise."""

    run: str = ""
    kind: str = "schedule"  #: schedule, backfill or urls
    log: str = ""  #: where Scrapy's log of the run is
    began: str = ""  #: ISO 8601, UTC
    ended: str = ""
    seconds: float = 0.0
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)  #: list name → facts of its last window
    windows: int = 0
    incomplete: list[str] = field(default_factory=list)  #: one line a window that was not read to its end
    listed: int = 0  #: different articles the lists showed
    new: int = 0  #: of these, never listed before
    exchanges: int = 0  #: kept in WARC files: lists, robots.txt, redirects and failures too
    revisits: int = 0  #: exchanges of which only the head was kept: the payload was in the archive, or a 304 said so
    captured: int = 0  #: article pages among them, whole and read
    published: int = 0  #: posts written for the first time
    revised: int = 0  #: posts written anew
    same: int = 0
    second_looks: int = 0  #: articles that were looked at again, as REVISIT_AFTER says
    deleted: int = 0  #: captured articles found gone for the second time
    returned: int = 0  #: such ones that are back
    refused: dict[str, int] = field(default_factory=dict)  #: by reason, lasting ones
    holes: dict[str, str] = field(default_factory=dict)  #: URL → why it is open
    holes_left: int = 0  #: in the whole ledger
    requisites: dict[str, Any] = field(default_factory=dict)  #: images and style sheets: kept, refused, failed, left
    substance: dict[str, Any] = field(default_factory=dict)  #: layout → what its pages hold (baseline.told)
    baseline: dict[str, Any] = field(default_factory=dict)  #: what they are compared with (Baseline.told)
    below: list[str] = field(default_factory=list)  #: one line for each of its floors that was missed
    bans: list[str] = field(default_factory=list)  #: hosts that said no
    slow: list[str] = field(default_factory=list)  #: hosts that were slow or unwell, one line each
    extra: dict[str, int] = field(default_factory=dict)  #: list → items the list of all finance did not show
    recovered: list[str] = field(default_factory=list)  #: what an earlier run left behind, one line each
    damaged: list[str] = field(default_factory=list)  #: places in WARC files that could not be read, one line each
    outdated: list[str] = field(default_factory=list)  #: posts that show what an earlier parser made, one line each
    errors: list[str] = field(default_factory=list)  #: what went wrong in the program itself
    stopped: str = ""  #: what ended the run early: a signal, CLOSESPIDER_…
    unwritable: str = ""  #: the archive could not be written: why
    skipped: int = 0  #: list items without URL or docid
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run went."""

    exit_code: int
    word: str
    line: str
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Verdict:
    """The verdict on a run; when several hold, the highest exit code wins."""
    found = [*_unwritable(facts), *_unhealthy(facts), *_holes(facts), *_failed(facts)]
    code = max((code for code, _ in found), default=OK)
    words = {OK: "ok", FAILED: "failed", HOLES: "holes", UNHEALTHY: "unhealthy", UNWRITABLE: "archive not writable"}
    reasons = tuple(reason for _, reason in sorted(found, key=lambda pair: -pair[0]))
    return Verdict(code, words[code], _line(facts, words[code], reasons), reasons)


def report(facts: Facts, verdict: Verdict) -> dict[str, Any]:
    """What `runs/<timestamp>.json` holds."""
    told = {"exit_code": verdict.exit_code, "verdict": verdict.word, "line": verdict.line}
    return {**asdict(facts), **told, "reasons": list(verdict.reasons)}


def peak_mb() -> float:
    """Peak memory of this process, MB. macOS counts in bytes, Linux in KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def _unwritable(facts: Facts) -> list[tuple[int, str]]:
    return [(UNWRITABLE, facts.unwritable)] if facts.unwritable else []


def _unhealthy(facts: Facts) -> list[tuple[int, str]]:
    found = [(UNHEALTHY, f"{host} said no; it rests") for host in facts.bans]
    if facts.windows and len(facts.incomplete) == facts.windows and not facts.listed and not facts.stopped:
        found.append((UNHEALTHY, f"no list could be read: {facts.incomplete[0]}"))
    elif facts.windows and facts.kind == "schedule" and not facts.listed and not facts.stopped:
        found.append((UNHEALTHY, "every list was empty; look at the list API in a browser"))
    if broken := facts.refused.get("parser-error"):
        found.append((UNHEALTHY, f"{broken} pages made the parser fail; {facts.log or 'the log'} has the errors"))
    if facts.outdated:
        found.append(
            (UNHEALTHY, f"{len(facts.outdated)} posts stay as an earlier parser made them: {facts.outdated[0]}")
        )
    refused = sum(facts.refused.values())
    if refused >= MANY_REFUSED and refused > UNPARSED_SHARE * (facts.captured + refused):
        found.append((UNHEALTHY, f"{refused} of {facts.captured + refused} articles were refused: look at one of them"))
    unparsed = facts.refused.get("no-layout", 0) + facts.refused.get("no-body", 0)
    if unparsed >= ENOUGH_PAGES and unparsed > UNPARSED_SHARE * (facts.captured + unparsed):
        found.append(
            (UNHEALTHY, f"{unparsed} of {facts.captured + unparsed} pages did not parse: has the layout changed?")
        )
    return found + [(UNHEALTHY, line) for line in facts.below]


def _holes(facts: Facts) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    if facts.stopped:  # first: the others follow from it
        found.append((HOLES, "; ".join([f"stopped: {facts.stopped}", *facts.slow[:1]])))
    found += [(HOLES, f"list not read to its end: {line}") for line in facts.incomplete]
    found += [(HOLES, f"could not be read: {line}") for line in facts.damaged]
    if facts.holes_left:
        url, why = next(iter(facts.holes.items()), ("", ""))
        found.append((HOLES, f"{facts.holes_left} listed articles are open" + (f", {url}: {why}" if url else "")))
    if found and facts.slow and not facts.stopped:
        found.append((HOLES, f"slow or unwell: {facts.slow[0]}"))
    return found


def _failed(facts: Facts) -> list[tuple[int, str]]:
    return [(FAILED, error) for error in facts.errors]


def _line(facts: Facts, word: str, reasons: tuple[str, ...]) -> str:
    """One line for a terminal or a mail."""
    refused = sum(facts.refused.values())
    by_reason = ", ".join(f"{reason} {number}" for reason, number in sorted(facts.refused.items()))
    parts = [
        f"{facts.listed} listed ({facts.new} new)",
        f"{facts.captured} captured",
        f"{facts.published} published" + (f" and {facts.revised} revised" if facts.revised else ""),
        f"{refused} refused" + (f" ({by_reason})" if refused else ""),
        f"{facts.holes_left} holes",
    ]
    if facts.extra:
        parts.append("cross-check: " + ", ".join(f"{name} +{number}" for name, number in sorted(facts.extra.items())))
    line = f"newsbot {word}: {', '.join(parts)} in {facts.seconds:.0f} s"
    if reasons:
        line += f" — {reasons[0]}" + (f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else "")
    return " ".join(line.split())  # an error's own words may have line ends
