"""What articles usually hold, learnt from the runs so far; and whether what is seen now falls behind it.

Every page gets a score for each measure: log2(1 + n) of its characters, paragraphs and images, so that a body cut in
half loses one, whatever its length; 1 or 0 for each field, and for whether it was an article at all. Sums of scores
and of their squares, by layout, are all that is kept: whole numbers, in thousandths, the same in any order.

The baseline follows from the records of the runs (`urn:newsbot:run:…`), so it moves and is rebuilt with the archive.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.article import REASONS, Article
from newsbot.sina.substance import FIELDS, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsbot.article import Look

#: layout → measure → (pages, sum of scores, sum of their squares).
Sums = dict[str, dict[str, tuple[int, int, int]]]

#: Which measures these are; a baseline of others is begun anew.
FORMAT = 1
#: The layout of sums over all pages, those that fit none included: only `read` has them.
ANY = "any"
#: Score of a page that has a field, or is an article.
WHOLE = 1000
#: No page scores more: it would have 2 ** 64 characters.
HIGHEST = 64_000

#: A layout has no baseline before so many of its pages were learnt …
LEARNT = 200
#: … and from here on its floors only rise: three days of everything, so that one day's kind of news pins nothing.
PINNED = 5_000
#: Fewer pages than this say nothing.
ENOUGH = 10
#: How many standard errors a mean may be off by chance, on either side: many measures are looked at many times a day.
SURE = 4
#: Scores, thousandths: no measure is believed to vary less, even if every page so far was the same.
LEAST_SPREAD = 250
#: Scores, thousandths, below the level that do not matter: another mix of news. 450 is a quarter less text.
SLACK = {"text": 450, "paragraphs": 450, "images": 300, "read": 100}
SLACK_OF_FIELDS = 200

#: Refusals that say nothing about pages: nothing was asked.
_NOT_ASKED = frozenset({"robots", "not-allowed"})
_COUNTED = ("text", "paragraphs", "images")
_UNITS = {"text": "characters", "paragraphs": "paragraphs", "images": "images"}


def add(sums: Sums, look: Look) -> None:
    """Count one look at an article; those that show no page of the site's now (a revisit, no answer) count for none."""
    result = look.result
    if look.capture.refers_to:
        return
    if isinstance(result, Article):
        page = measure(result)
        counted = {name: round(WHOLE * math.log2(1 + getattr(page, name))) for name in _COUNTED}
        fields = {name: 0 if name in page.missing else WHOLE for name in FIELDS}
        count(sums, result.layout, {"read": WHOLE, **counted, **fields})
        count(sums, ANY, {"read": WHOLE})
    elif result and REASONS[result.reason] and result.reason not in _NOT_ASKED:
        if result.layout:
            count(sums, result.layout, {"read": 0})
        count(sums, ANY, {"read": 0})


def count(sums: Sums, layout: str, scores: Mapping[str, int]) -> None:
    """Add the scores of one page of this layout."""
    merge(sums, {layout: {name: (1, score, score * score) for name, score in scores.items()}})


def merge(sums: Sums, more: Sums) -> None:
    """Add `more` to `sums`."""
    for layout, measures in more.items():
        mine = sums.setdefault(layout, {})
        for name, (pages, total, squares) in measures.items():
            old = mine.get(name, (0, 0, 0))
            mine[name] = (old[0] + pages, old[1] + total, old[2] + squares)


def sums_from(value: Any) -> Sums:
    """Sums out of a record; ValueError when they are none."""
    try:
        return {
            str(layout): {str(name): _triple(*numbers) for name, numbers in measures.items()}
            for layout, measures in value.items()
        }
    except (AttributeError, TypeError) as error:
        raise ValueError(f"no sums of scores: {error}") from error


def _triple(pages: Any, total: Any, squares: Any) -> tuple[int, int, int]:
    found = _whole(pages, 2**53), _whole(total, 2**53), _whole(squares, 2**106)
    if not found[0] > 0 or found[1] > found[0] * HIGHEST or found[2] > found[0] * HIGHEST**2:
        raise ValueError(f"no pages and sums of scores: {found}")
    return found


def _level(value: Any) -> int:
    if not isinstance(value, int) or abs(value) > HIGHEST:
        raise ValueError(f"no level: {str(value)[:40]!r}")
    return value


def _whole(value: Any, most: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"no number of pages or scores: {str(value)[:40]!r}")
    return value


@dataclass(frozen=True, slots=True)
class Baseline:
    """What has been learnt; a value, `learn` gives the next one."""

    since: str = ""  #: the first run it was learnt from, '' when nothing was
    runs: int = 0
    corpus: str = ""  #: SHA-256, hex, over the one before it and the run that was learnt: it pins all of them
    learnt: Sums = field(default_factory=dict)
    levels: dict[str, dict[str, int]] = field(default_factory=dict)  #: layout → measure → the mean that is sure
    format: int = FORMAT

    def learn(self, run: str, seen: Sums) -> Baseline:
        """The baseline with a healthy run's pages."""
        learnt: Sums = {}
        merge(learnt, self.learnt)
        merge(learnt, seen)
        words = json.dumps([self.corpus, run, seen], sort_keys=True, separators=(",", ":"))
        corpus = hashlib.sha256(words.encode()).hexdigest()
        levels = {
            layout: {name: self._level(layout, name, sums) for name, sums in measures.items()}
            for layout, measures in learnt.items()
        }
        return Baseline(self.since or run, self.runs + 1, corpus, learnt, levels)

    def _level(self, layout: str, name: str, sums: tuple[int, int, int]) -> int:
        level = math.floor(_mean(sums) - SURE * _spread(sums) / math.sqrt(sums[0]))
        return max(level, self.levels[layout][name]) if self._pages(layout, name) >= PINNED else level

    def _pages(self, layout: str, name: str) -> int:
        return self.learnt.get(layout, {}).get(name, (0, 0, 0))[0]

    def floor(self, layout: str, name: str) -> int | None:
        """The mean score that may not be missed, thousandths; None before enough was learnt."""
        if self._pages(layout, name) < LEARNT:
            return None
        return self.levels[layout][name] - SLACK.get(name, SLACK_OF_FIELDS)

    def below(self, own: Sums, recent: Sequence[Sums]) -> list[str]:
        """One line for each floor that a run misses.

        `own` are the run's pages, `recent` the same, then with those of the run before it, of the two before it and so
        on: what a few pages only suggest, more of them make sure. That the run's own must miss the floor too ends the
        alarm as soon as the cause is mended.
        """
        found = []
        for layout, measures in own.items():
            for name, sums in measures.items():
                floor = self.floor(layout, name)
                if floor is None or _mean(sums) >= floor:
                    continue
                spread = _spread(self.learnt[layout][name])  # a few pages do not show their own: ten may all lack it
                tries = (some[layout][name] for some in recent)
                if sure := next((some for some in tries if _surely_below(some, floor, spread)), None):
                    found.append(_line(layout, name, sure, floor))
        return found

    def facts(self) -> dict[str, Any]:
        """The baseline as a record holds it."""
        return asdict(self)

    @classmethod
    def of(cls, facts: Any) -> Baseline:
        """A baseline out of a record; an empty one when that has other measures; ValueError when it is none."""
        try:
            if facts["format"] != FORMAT:
                return cls()
            learnt = sums_from(facts["learnt"])
            levels = {
                layout: {name: _level(facts["levels"][layout][name]) for name in measures}
                for layout, measures in learnt.items()
            }
            return cls(str(facts["since"]), int(facts["runs"]), str(facts["corpus"]), learnt, levels)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no baseline: {error!r}") from error

    def told(self) -> dict[str, Any]:
        """The baseline as a verdict tells it: what was learnt, and the floors in pages' own units."""
        pages = {layout: self._pages(layout, "read") for layout in sorted(self.learnt)}
        floors = {
            layout: {name: _told(name, floor) for name in sorted(of) if (floor := self.floor(layout, name) or 0) > 0}
            for layout, of in sorted(self.learnt.items())
        }
        return {"since": self.since, "runs": self.runs, "corpus": self.corpus, "pages": pages, "floors": floors}


def told(sums: Sums) -> dict[str, Any]:
    """What was seen as a verdict tells it: by layout, pages, shares, and what is typical (the geometric mean)."""
    facts: dict[str, Any] = {}
    for layout, measures in sorted(sums.items()):
        pages, read, _ = measures["read"]
        facts[layout] = {"pages": pages, "refused": round(1 - read / WHOLE / pages, 3)}
        if "text" in measures:
            facts[layout] |= {name: _told(name, _mean(measures[name])) for name in _COUNTED}
            lacking = {name: round(1 - _mean(measures[name]) / WHOLE, 3) for name in FIELDS}
            facts[layout]["missing"] = {name: share for name, share in lacking.items() if share}
    return facts


def _surely_below(sums: tuple[int, int, int], floor: int, spread: float) -> bool:
    return sums[0] >= ENOUGH and _mean(sums) + SURE * spread / math.sqrt(sums[0]) < floor


def _mean(sums: tuple[int, int, int]) -> float:
    return sums[1] / sums[0]


def _spread(sums: tuple[int, int, int]) -> float:
    """The standard deviation of the scores."""
    pages, total, squares = sums
    return math.sqrt(max(squares / pages - (total / pages) ** 2, LEAST_SPREAD**2))


def _told(name: str, score: float) -> float:
    """A score in the page's own units: what is typical, or a share."""
    if name in _COUNTED:
        return round(2 ** (max(score, 0) / WHOLE) - 1, 0 if name == "text" else 1)
    return round(score / WHOLE, 3)


def _line(layout: str, name: str, now: tuple[int, int, int], floor: int) -> str:
    pages = f"{now[0]} pages" if layout == ANY else f"{now[0]} pages of layout {layout}"
    seen, least = _told(name, _mean(now)), _told(name, floor)
    if name in _COUNTED:
        return (
            f"{pages} have {seen:g} {_UNITS[name]} on average, {least:g} at least are usual: is part of the body lost?"
        )
    what = "are articles" if name == "read" else f"have {name}"
    return f"{seen:.0%} of {pages} {what}, {least:.0%} at least are usual: has the layout changed?"
