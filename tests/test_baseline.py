"""The baseline: what is learnt from healthy runs, what pins it, and when a run is surely below it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.baseline import ANY, LEARNT, PINNED, Baseline, Sums, add, count, merge, sums_from, told

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://finance.sina.com.cn/china/2021-09-29/doc-iaaaaaaa0000001.shtml"
ARTICLE = Article("k", URL, "t", "<p>" + "文" * 255 + "</p>", "", "D", "", source="s")


def look(result: Article | Refusal, **capture: Any) -> Look:
    return Look("k", Capture("<urn:uuid:x>", "2026-09-29T00:00:00.000000Z", URL, 200, **capture), result)


def of(*scores: int, name: str = "text", layout: str = "D") -> Sums:
    """Pages with these scores."""
    sums: Sums = {}
    for score in scores:
        count(sums, layout, {name: score})
    return sums


def seen(*looks: Look) -> Sums:
    sums: Sums = {}
    for one in looks:
        add(sums, one)
    return sums


def lines(baseline: Baseline, sums: Sums) -> list[str]:
    return baseline.below(sums, [sums])


def test_a_page_is_scored_by_the_logarithm_of_what_it_holds_and_by_the_fields_it_has() -> None:
    sums = seen(look(ARTICLE))
    assert sums["D"]["text"] == (1, 8000, 64_000_000)
    assert sums["D"]["paragraphs"] == (1, 1000, 1_000_000)
    assert sums["D"]["images"] == (1, 0, 0)
    assert sums["D"]["source"] == sums["D"]["read"] == sums[ANY]["read"] == (1, 1000, 1_000_000)
    assert sums["D"]["keywords"] == (1, 0, 0)


@pytest.mark.parametrize(
    ("refusal", "pages"),
    [
        (Refusal("no-body", layout="D"), {"D", ANY}),
        (Refusal("no-layout"), {ANY}),
        (Refusal("gone"), {ANY}),
        (Refusal("robots"), set()),
        (Refusal("not-allowed"), set()),
        (Refusal("no-answer"), set()),
        (Refusal("ban"), set()),
    ],
    ids=lambda value: value.reason if isinstance(value, Refusal) else "",
)
def test_a_refused_page_counts_for_its_layout_and_one_that_was_not_seen_for_none(
    refusal: Refusal, pages: set[str]
) -> None:
    assert seen(look(refusal)) == {layout: {"read": (1, 0, 0)} for layout in pages}


def test_a_revisit_counts_for_nothing() -> None:
    assert seen(look(ARTICLE, refers_to="<urn:uuid:y>")) == {}


def test_what_was_seen_is_told_in_pages_units() -> None:
    sums = seen(look(ARTICLE), look(ARTICLE), look(Refusal("no-body", layout="D")), look(Refusal("gone")))
    facts = told(sums)
    assert facts[ANY] == {"pages": 4, "refused": 0.5}
    assert {name: facts["D"][name] for name in ("pages", "refused", "text", "paragraphs", "images")} == {
        "pages": 3,
        "refused": 0.333,
        "text": 255,
        "paragraphs": 1,
        "images": 0,
    }
    assert facts["D"]["missing"]["keywords"] == 1
    assert "title" not in facts["D"]["missing"]


def test_the_order_of_pages_and_of_runs_in_a_sum_is_no_matter() -> None:
    scores = [random.Random(1).randrange(12_000) for _ in range(50)]
    left, right = of(*scores[:20]), of(*reversed(scores[20:]))
    merge(left, right)
    assert left == of(*scores)


def test_before_enough_was_learnt_nothing_is_below() -> None:
    baseline = Baseline().learn("a", of(*[9000] * (LEARNT - 1)))
    assert baseline.floor("D", "text") is None
    assert lines(baseline, of(*[0] * 50)) == []
    assert lines(baseline.learn("b", of(9000)), of(*[0] * 50))
    assert lines(baseline.learn("b", of(9000)), of(*[0] * 50, layout="C")) == []


def test_floors_only_rise_once_enough_is_pinned() -> None:
    baseline = Baseline().learn("a", of(*[9000] * PINNED))
    before = baseline.floor("D", "text")
    shorter = baseline
    for run in "bcdef":
        shorter = shorter.learn(run, of(*[5000] * PINNED))
        assert shorter.floor("D", "text") == before
    assert shorter.runs == 6
    longer = baseline.learn("b", of(*[10_000] * PINNED)).floor("D", "text")
    assert longer is not None
    assert before is not None
    assert longer > before + 400


def test_before_that_they_follow_what_is_learnt() -> None:
    high = Baseline().learn("a", of(*[9000] * LEARNT))
    low = high.learn("b", of(*[5000] * LEARNT))
    assert (low.floor("D", "text") or 0) < (high.floor("D", "text") or 0) - 1000


def test_the_corpus_is_pinned_by_a_hash_over_all_that_was_learnt() -> None:
    first = Baseline().learn("a", of(9000))
    assert first.corpus == Baseline().learn("a", of(9000)).corpus
    others = [Baseline().learn("b", of(9000)), Baseline().learn("a", of(9001)), first.learn("a", of(9000))]
    assert len({first.corpus, *(other.corpus for other in others)}) == 4
    assert all(len(other.corpus) == 64 for other in others)


def test_that_a_runs_own_pages_are_well_again_ends_the_alarm() -> None:
    baseline = Baseline().learn("a", of(*[9000, 8000] * LEARNT))
    bad, good = of(*[7000] * 50), of(*[8500] * 10)
    both: Sums = {}
    merge(both, bad)
    merge(both, good)
    assert baseline.below(bad, [bad])
    assert baseline.below(good, [good, both]) == []


def test_a_few_pages_are_made_sure_by_those_before_them() -> None:
    baseline = Baseline().learn("a", of(*[10_500, 7500] * PINNED))
    few = of(*[9500, 6500] * 5)
    many = of(*[9500, 6500] * 100)
    assert baseline.below(few, [few]) == []
    (line,) = baseline.below(few, [few, many])
    assert line.startswith("200 pages of layout D have 255 characters on average, ")


@pytest.mark.parametrize(
    ("name", "layout", "words"),
    [
        ("images", "D", "50 pages of layout D have 0 images on average, 398.5 at least are usual: is part of"),
        ("source", "D", "0% of 50 pages of layout D have source, "),
        ("read", "D", "0% of 50 pages of layout D are articles, "),
        ("read", ANY, "0% of 50 pages are articles, "),
    ],
)
def test_a_line_says_what_is_missed_where_and_what_was_usual(name: str, layout: str, words: str) -> None:
    usual = 9000 if name == "images" else 1000
    baseline = Baseline().learn("a", of(*[usual] * 300, name=name, layout=layout))
    (line,) = lines(baseline, of(*[0] * 50, name=name, layout=layout))
    assert line.startswith(words), line
    assert line.endswith("?")


def test_records_give_back_what_was_written() -> None:
    baseline = Baseline().learn("a", seen(look(ARTICLE), look(Refusal("gone")))).learn("b", of(1, 2, 3))
    assert Baseline.of(json.loads(json.dumps(baseline.facts()))) == baseline
    assert sums_from(json.loads(json.dumps(baseline.learnt))) == baseline.learnt


def test_a_baseline_of_other_measures_is_begun_anew() -> None:
    assert Baseline.of(Baseline().learn("a", of(1)).facts() | {"format": 0}) == Baseline()


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "not a mapping": lambda _: ["x"],
    "no format": lambda facts: {name: value for name, value in facts.items() if name != "format"},
    "no levels": lambda facts: facts | {"levels": {}},
    "levels that are none": lambda facts: facts | {"levels": {"D": {"text": "x"}}},
    "levels beyond all": lambda facts: facts | {"levels": {"D": {"text": 10**400}}},
    "sums beyond all": lambda facts: facts | {"learnt": {"D": {"text": [1, 10**400, 10**800]}}},
    "more pages than can be": lambda facts: facts | {"learnt": {"D": {"text": [10**400, 1, 1]}}},
    "sums that are none": lambda facts: facts | {"learnt": {"D": {"text": [1, 2]}}},
    "no pages": lambda facts: facts | {"learnt": {"D": {"text": [0, 0, 0]}}},
    "half a page": lambda facts: facts | {"learnt": {"D": {"text": [1.5, 2, 4]}}},
    "less than nothing": lambda facts: facts | {"learnt": {"D": {"text": [1, -2, 4]}}},
}


@pytest.mark.parametrize("how", WRONG)
def test_facts_that_are_no_baseline_are_refused(how: str) -> None:
    with pytest.raises(ValueError, match="no baseline"):
        Baseline.of(WRONG[how](Baseline().learn("a", of(1)).facts()))


# --- as often as the site is read ---


class Days:
    """Runs of an invented site whose pages vary as real ones do: a spread of 1.45 in log2 of the characters (the real
    posts that newsbot was written against), and runs whose mean is off by a quarter of an octave."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.baseline = Baseline()
        self.runs: list[Sums] = []

    def run(self, cut: float = 0) -> list[str]:
        """One more run with some twenty pages, cut by so many halves; what is below."""
        mix = self.random.gauss(0, 0.25)
        own: Sums = {}
        for _ in range(self.random.randint(1, 40)):
            text = max(0, round(1000 * self.random.gauss(9 + mix - cut, 1.45)))
            paragraphs = max(0, round(1000 * self.random.gauss(3 + mix - cut, 1.1)))
            images = self.random.choice([0, 0, 0, 1000, 1000, 2500])
            keywords = self.random.choice([0, 1000])
            scores = {"text": text, "paragraphs": paragraphs, "images": images, "keywords": keywords, "title": 1000}
            count(own, "D", scores)
        recent = [own]
        for earlier in reversed(self.runs[-20:]):
            sums: Sums = {}
            merge(sums, earlier)
            merge(sums, recent[-1])
            recent.append(sums)
        below = self.baseline.below(own, recent)
        if not below:
            self.baseline = self.baseline.learn(f"{len(self.runs):06d}", own)
        self.runs.append(own)
        return below


@pytest.mark.parametrize("seed", range(3))
def test_a_month_of_ordinary_days_is_silent_and_a_body_cut_in_half_is_noticed_within_hours(seed: int) -> None:
    days = Days(seed)
    alarms = [below for below in (days.run() for _ in range(30 * 72)) if below]
    assert alarms == []
    told_at = next(number for number in range(1, 20) if days.run(cut=1))
    assert told_at <= 12  # of 72 a day
