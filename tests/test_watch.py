"""A run's eye on its pages: which earlier runs it is compared with, and what it leaves for the later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from newsbot.article import Article, Capture, Look
from newsbot.baseline import LEARNT, Baseline
from newsbot.errors import LedgerError
from newsbot.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsbot.ledger import Ledger

URL = "https://finance.sina.com.cn/china/2021-09-29/doc-iaaaaaaa0000001.shtml"
MANY = LEARNT + 50


def held(
    ledger: Ledger, run: str, characters: int, pages: int = MANY, *, only: Sequence[str] = (), **how: Any
) -> list[str]:
    """A run whose pages have so many characters; what is below. It leaves its facts in the ledger."""
    watch = Watch(run, how.get("kind", "schedule"), how.get("since", ""))
    page = Article("k", URL, "t", "<p>" + "文" * characters + "</p>", "", "D", "")
    for _ in range(pages):
        watch.see(Look("k", Capture("<urn:uuid:x>", "2026-09-29T00:00:00.000000Z", URL, 200), page))
    _, _, below = watch.compare(ledger, only)
    ledger.note_run(run, {"run": run, **watch.facts(healthy=not below)})
    return below


def test_a_run_is_compared_with_those_before_it(ledger: Ledger) -> None:
    assert held(ledger, "1", 1000) == []
    (line,) = held(ledger, "2", 300)
    assert line.startswith(f"{MANY} pages of layout D have 300 characters on average")
    assert held(ledger, "3", 1000) == []
    assert [run for run, _ in ledger.told("baseline", "4", 9)] == ["3", "1"]
    assert [run for run, _ in ledger.told("substance", "4", 9)] == ["3", "2", "1"]


def test_only_with_those_of_the_same_lists(ledger: Ledger) -> None:
    held(ledger, "1", 1000)
    assert held(ledger, "2", 300, only=["forex"]) == []
    assert held(ledger, "3", 300, only=["forex", "adr"]) == []
    assert held(ledger, "4", 100, only=["adr", "forex"])
    assert held(ledger, "5", 100, only=["forex"])
    assert held(ledger, "6", 1000) == []


@pytest.mark.parametrize("kind", ["backfill", "urls"])
def test_other_kinds_of_run_are_not_compared_and_teach_nothing(ledger: Ledger, kind: str) -> None:
    held(ledger, "1", 1000)
    assert held(ledger, "2", 10, kind=kind) == []
    assert [run for run, _ in ledger.told("substance", "9", 9)] == ["1"]


def test_a_run_without_new_pages_leaves_nothing_and_hides_nothing(ledger: Ledger) -> None:
    held(ledger, "1", 1000)
    assert held(ledger, "2", 0, pages=0) == []
    assert ledger.told("substance", "9", 9) == ledger.told("substance", "2", 9)
    assert held(ledger, "3", 300)


def test_what_was_taught_before_baseline_since_is_forgotten(ledger: Ledger) -> None:
    held(ledger, "1", 1000)
    held(ledger, "2", 1000)
    assert held(ledger, "4", 300, since="3") == []
    (baseline,) = [Baseline.of(facts) for _, facts in ledger.told("baseline", "9", 1)]
    assert (baseline.since, baseline.runs) == ("4", 1)
    assert held(ledger, "5", 300, since="3") == []
    assert held(ledger, "6", 100, since="3")


def test_facts_that_cannot_be_read_are_told_with_the_way_out(ledger: Ledger) -> None:
    ledger.note_run("1", {"run": "1", "baseline": "invented"})
    with pytest.raises(LedgerError, match="BASELINE_SINCE"):
        held(ledger, "3", 1000)
    assert held(ledger, "4", 1000, since="2") == []
