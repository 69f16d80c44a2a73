"""`scrapy coverage`: every article counted once, holes and gaps named, on both databases."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.ledger import WindowRow
from newsbot.reports.coverage import Coverage, survey
from newsbot.reports.gaps import read
from newsbot.reports.page import page
from newsbot.reports.text import lines
from newsbot.text import BEIJING
from tests import ledgers
from tests.crawling import NOW, PROJECT
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.ledger import Ledger
    from newsbot.ledger.coverage import Standings

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

HOSTILE = "</title><script>alert(1)</script>\u202e\"'\n& `x`"


def note_window(ledger: Ledger, number: int, low: float, high: float, *, complete: bool = True, why: str = "") -> None:
    """A window of the list of all finance, in hours after NOW."""
    facts = {
        "list": "finance",
        "low": (ledgers.NOW + timedelta(hours=low)).isoformat(),
        "high": (ledgers.NOW + timedelta(hours=high)).isoformat(),
        "complete": complete,
        "full": True,
        "why": why,
    }
    ledger.note_window(ledgers.capture(number).key(), facts)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Two days of articles that stand in every way."""
    ages = {"a": 0, "b": 60, "c": 120, "d": 180, "e": 86400, "f": 86400}
    entries = [ledgers.entry(key, place, age=age, title=HOSTILE) for place, (key, age) in enumerate(ages.items())]
    ledger.note_entries(ledgers.capture(1), entries)
    late = ledgers.NOW + timedelta(minutes=25)
    looks = [ledgers.look(key, ledgers.capture(number, at=late)) for number, key in enumerate("ab", 10)]
    looks.append(ledgers.look("c", ledgers.capture(20, at=late), "no-layout"))
    looks.append(ledgers.look("d", ledgers.capture(21, at=late), "gone"))
    looks.append(ledgers.look("e", ledgers.capture(22, at=late), "server-error"))
    edited = ledgers.look("a", ledgers.capture(30, at=late + timedelta(hours=1)))
    same = ledgers.look(
        "b", replace(ledgers.capture(31, at=late + timedelta(hours=4)), refers_to=looks[1].capture.record_id)
    )
    ledger.note_looks([*looks, replace(edited, text_digest="e" * 64), same])
    states = {"a": "published", "b": "published", "c": "refused", "d": "gone", "e": "failed"}
    reasons = {"c": "no-layout", "d": "gone", "e": "server-error"}
    for key, state in states.items():
        post = f"{key}.md" if state == "published" else ""
        gone = "2026-09-29T15:00:00.000000Z" if key == "b" else ""
        ledger.settle(key, state=state, reason=reasons.get(key, ""), post=post, name=post, tombstone=gone)
    note_window(ledger, 40, -24, -6)
    note_window(ledger, 41, -6, -4, complete=False, why="no-answer:\ntimed out")
    note_window(ledger, 42, -3.5, 0)
    return ledger


def test_a_crawl_may_go_on_meanwhile(filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = filled.standings()

    def standings() -> list[Standings]:
        """What a crawl notes between two of the questions."""
        filled.note_entries(ledgers.capture(50), [ledgers.entry("g", age=9 * 86400)])
        looks = [ledgers.look("g", ledgers.capture(number)) for number in (51, 52)]
        filled.note_looks([looks[0], replace(looks[1], text_digest="e" * 64)])
        return counted

    monkeypatch.setattr(filled, "standings", standings)
    assert survey(filled, ledgers.NOW).total.articles == 6


def test_every_article_is_counted_once_on_its_day(filled: Ledger) -> None:
    found = survey(filled, ledgers.NOW)
    assert list(found.days) == ["2026-09-28", "2026-09-29", "2026-09-30"]
    total = found.total
    assert (total.articles, total.listed, total.captured, total.published) == (6, 6, 2, 2)
    assert (total.refused, total.gone, total.deleted, total.edited, total.holes) == ({"no-layout": 1}, 1, 1, 1, 2)
    assert total.articles == total.published + 1 + total.gone + total.withdrawn + total.holes
    assert found.days["2026-09-28"].total.holes == 2
    today = found.days["2026-09-29"]
    assert today.channels["china"].facts() == today.total.facts()
    assert (today.looks, today.revisits, today.latency(0.5)) == (6, 0, 30)
    tomorrow = found.days["2026-09-30"]  # 00:25 in Beijing
    assert (tomorrow.looks, tomorrow.revisits, tomorrow.total.articles) == (1, 1, 0)
    assert {hole.key: hole.reason for hole in found.holes} == {"e": "server-error", "f": ""}


def test_a_day_is_beijings(ledger: Ledger) -> None:
    before = datetime(2026, 9, 29, 15, 59, 59, tzinfo=UTC)
    moments = [before, before + timedelta(seconds=1)]
    entries = [replace(ledgers.entry(f"k{i}", i), intime=at, ctime=at) for i, at in enumerate(moments)]
    ledger.note_entries(ledgers.capture(1), entries)
    found = survey(ledger, ledgers.NOW)
    assert {day: of.total.articles for day, of in found.days.items()} == {
        moment.astimezone(BEIJING).date().isoformat(): 1 for moment in moments
    }


def test_what_no_run_read_to_its_end_is_named_with_the_command_that_fills_it(filled: Ledger) -> None:
    (gap,) = survey(filled, ledgers.NOW).gaps
    assert str(gap) == "finance: nothing is known of 2026-09-29 14:00–16:30 (no-answer: timed out)"
    assert gap.command == (
        "scrapy crawl sina_finance -a channels=finance -a since=2026-09-29T14:00 -a until=2026-09-29T16:30"
    )
    assert survey(filled, ledgers.NOW).days["2026-09-29"].unknown == 150
    note_window(filled, 50, -6.5, -3)
    assert survey(filled, ledgers.NOW).gaps == []


def test_a_list_that_is_late_has_a_gap_up_to_now(filled: Ledger) -> None:
    assert len(survey(filled, ledgers.NOW + timedelta(hours=2)).gaps) == 1
    (_, late) = survey(filled, ledgers.NOW + timedelta(hours=3)).gaps
    assert (late.low, late.high) == (ledgers.NOW, ledgers.NOW + timedelta(hours=3))


def test_a_back_fill_alone_is_never_late_and_tells_what_its_total_misses() -> None:
    low, high = ledgers.NOW - timedelta(days=9), ledgers.NOW - timedelta(days=8)
    facts = {"low": low.isoformat(), "high": high.isoformat(), "back_fill": True, "mode": "days", "why": "ended"}
    short = WindowRow("k", facts | {"complete": False, "seen": 40, "skipped": 2, "total": 50})
    reading, gaps = read("finance", [short], ledgers.NOW)
    assert [(gap.low, gap.high) for gap in gaps] == [(low, high)]
    assert [(one["seen"], one["total"]) for one in reading.short] == [(42, 50)]
    reading, gaps = read("finance", [short, WindowRow("l", facts | {"complete": True})], ledgers.NOW)
    assert (gaps, reading.short) == ([], [])


def test_days_and_channels_can_be_chosen(filled: Ledger) -> None:
    midnight = datetime(2026, 9, 29, tzinfo=BEIJING)
    assert list(survey(filled, ledgers.NOW, since=midnight).days) == ["2026-09-29", "2026-09-30"]
    before = survey(filled, ledgers.NOW, until=midnight)
    assert (list(before.days), before.gaps, len(before.holes)) == (["2026-09-28"], [], 2)
    assert survey(filled, ledgers.NOW, only=["stock"]).total.articles == 0


def test_a_hostile_title_is_only_text(filled: Ledger) -> None:
    written = page(survey(filled, ledgers.NOW), HOSTILE)
    assert "<script" not in written
    assert "&lt;script&gt;alert(1)" in written
    told = [*lines(survey(filled, ledgers.NOW), lambda text, _: text)]
    assert not [line for line in told if "\n" in line]
    assert told[-1] == "newsbot coverage: 6 articles, 2 holes, 1 gaps"


def test_an_empty_archive_misses_nothing() -> None:
    found = Coverage(ledgers.NOW)
    assert found.whole
    assert "Nothing is missing" in page(found, "x")
    assert [*lines(found, lambda text, _: text)][-1] == "newsbot coverage: 0 articles, nothing is missing"


# --- the command ---


@pytest.fixture(scope="module")
def crawled(certified: Path, forking: Stem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedBot]:
    with Server(Site(NOW, 40), certified) as server:
        bot = ForkedBot(tmp_path_factory.mktemp("crawled") / "archive", server, stem=forking)
        assert bot.crawl().code == 0
        yield bot


def test_the_command_agrees_with_the_ledger_and_a_rebuild_changes_nothing(crawled: ForkedBot) -> None:
    ended = crawled.run("coverage", "--json")
    assert (ended.code, ended.err) == (0, ""), ended
    facts = json.loads(ended.out)
    assert facts["total"]["published"] == len(crawled.posts())
    assert sum(day["articles"] for day in facts["days"].values()) == facts["total"]["articles"]
    assert crawled.run("replay").code == 0
    assert json.loads(crawled.run("coverage", "--json").out) | {"now": facts["now"]} == facts


def test_the_command_tells_a_day_in_a_line_and_writes_the_page_whole(crawled: ForkedBot, tmp_path: Path) -> None:
    out = tmp_path / "页.html"
    ended = crawled.run("coverage", "--html", str(out))
    assert (ended.code, ended.err) == (0, "")
    assert "2026-09-29" in ended.out
    assert ended.out.endswith("nothing is missing\n")
    assert out.read_text("utf-8").endswith("</html>\n")
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--html", "/nowhere/x/coverage.html"), 1, "cannot write /nowhere/x/coverage.html: No such file"),
        (("--since", "soon"), 1, "is no date"),
        (("--since", "2026-09-30", "--until", "2026-09-29"), 1, "is not before"),
        (("--channels", "chinaa"), 1, "did you mean china"),
        (("china",), 2, "unknown argument"),
        (("--plot",), 2, "unknown option --plot"),
    ],
)
def test_bad_input_is_one_line(crawled: ForkedBot, words: tuple[str, ...], code: int, said: str) -> None:
    ended = crawled.run("coverage", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1), ended
    assert said in ended.err


def test_a_hole_ends_with_3_and_its_command_fills_it(certified: Path, forking: Stem, tmp_path: Path) -> None:
    site = Site(NOW, 0, troubles=False)
    story = site.add(site.invent("plain", lids=(2519,)))
    site.fail("500", story.docid, None)
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        bot.crawl()
        ended = bot.run("coverage")
        assert (ended.code, "server-error" in ended.out) == (3, True)
        (hole,) = json.loads(bot.run("coverage", "--json").out)["holes"]
        assert hole["command"] == f"echo {story.url} | scrapy crawl sina_finance -a urls=-"
        site.mend()
        bot.crawl("-a", "urls=-", stdin=story.url)
        assert json.loads(bot.run("coverage", "--json").out)["holes"] == []


def test_a_gap_between_two_runs_ends_with_3_and_its_command_fills_it(
    certified: Path, forking: Stem, tmp_path: Path
) -> None:
    site = Site(NOW, 200, troubles=False)
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
        site.advance(timedelta(hours=3))
        ended = bot.run("coverage", "--json")
        (gap,) = json.loads(ended.out)["gaps"]
        assert (ended.code, gap["list"]) == (3, "finance")
        assert gap["low"] < gap["high"]
        words = shlex.split(gap["command"])
        assert words[:3] == ["scrapy", "crawl", "sina_finance"]
        bot.crawl(*words[3:])
        assert json.loads(bot.run("coverage", "--json").out)["gaps"] == []


def test_a_large_ledger_is_started_on_and_counted_in_little_memory(tmp_path: Path) -> None:
    # By way of a shell: the most memory of a process counts that of the one it was forked off, and this is a large one.
    words = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-m", "tests.millions", str(tmp_path), "50000"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    assert (facts["articles"], facts["holes"], facts["gaps"]) == (50000, 500, 2)
    assert facts["again"] == 16
    assert facts["mb"] < 200
