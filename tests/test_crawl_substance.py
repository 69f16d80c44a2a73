"""Pages that still parse and hold less: each way of breaking the layout is noticed, and an ordinary evening is not."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.baseline import Baseline, sums_from
from tests.crawling import NOW
from tests.fakesina import pages
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import assert_replay_equals_live, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.crawling import Ended

pytestmark = pytest.mark.slow

#: Articles of the run that teaches, and of the run after it.
TAUGHT, TESTED = 320, 60
ONE_LIST = ("-a", "channels=finance")
NO_REQUISITES = {"REQUISITES": "none"}


def half_the_body(page: str) -> str:
    """The second half of the article's text is gone; its fields, adverts and editor are all there."""
    begin = page.index('data-sudaclick="blk_content">') + len('data-sudaclick="blk_content">')
    end = page.index("<!-- news_keyword_pub")
    whole = re.findall(r"<p>.*?</p>|<div class=\"img_wrapper\">.*?</div>", page[begin:end], re.DOTALL)
    return page[:begin] + "\n".join(whole[: (len(whole) + 1) // 2]) + page[end:]


def only_a_lead(page: str) -> str:
    """The rest is loaded by a script when the reader clicks."""
    begin, end = page.index("</p>", page.index("blk_content")), page.index("<!-- news_keyword_pub")
    return page[:begin] + '</p><div class="unfold">展开全文</div>' + page[end:]


def without_pictures(page: str) -> str:
    """Pictures come from a script."""
    return re.sub(r"<img src=[^>]*><span", "<i class=lazy></i><span", page)


def without_times(page: str) -> str:
    """The times have other names."""
    return page.replace("article:create_at", "created").replace("article:published_time", "p").replace('"date"', '"d"')


def without_titles(page: str) -> str:
    """The headline has another class, and the page no og:title."""
    return page.replace("main-title", "headline").replace('property="og:title"', 'property="og:headline"')


def without_source_and_editor(page: str) -> str:
    """The names under headline and article went with their elements."""
    page = re.sub(r'<(a|span)[^>]*class="source ent-source">.*?</\1>', "", page)
    page = re.sub(r'<meta name="mediaid".*\n', "", page)
    return re.sub(r'<meta property="article:author".*\n', "", page).replace("责任编辑：", "")


def another_element(page: str) -> str:
    """The article's element has another name."""
    return page.replace('id="artibody"', 'id="story"').replace('id="article"', 'id="story"')


def empty_element(page: str) -> str:
    """The article's element is there, and empty until a script fills it."""
    begin = page.index('data-sudaclick="blk_content">') + len('data-sudaclick="blk_content">')
    return page[:begin] + page[page.index("</div><!-- 原始正文end -->") :]


#: How the layout breaks → what the verdict must say.
BREAKS: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "half the body": (half_the_body, ("characters on average", "paragraphs on average")),
    "only a lead": (only_a_lead, ("characters on average", "paragraphs on average")),
    "no pictures": (without_pictures, ("images on average",)),
    "no times": (without_times, ("have time",)),
    "no titles": (without_titles, ("have title",)),
    "no source and editor": (without_source_and_editor, ("have source", "have editor")),
    "another element": (another_element, ("are articles",)),
    "an empty element": (empty_element, ("layout D are articles",)),
}


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, certified: Path, forking: Stem) -> Path:
    """An archive that has seen one ordinary day."""
    root = tmp_path_factory.mktemp("taught") / "archive"
    with Server(Site(NOW, TAUGHT), certified) as server:
        ended = ForkedBot(root, server, NO_REQUISITES, stem=forking).crawl(*ONE_LIST)
        assert ended.code == 0, ended
    return root


@pytest.fixture
def server(certified: Path) -> Iterator[Server]:
    """The same site an hour later."""
    site = Site(NOW, TAUGHT)
    site.advance(timedelta(hours=1))
    with Server(site, certified) as server:
        yield server


@pytest.fixture
def bot(taught: Path, server: Server, tmp_path: Path, forking: Stem) -> ForkedBot:
    """A copy of that archive: an archive can be moved, and its baseline moves with it."""
    shutil.copytree(taught, tmp_path / "archive")
    return ForkedBot(tmp_path / "archive", server, NO_REQUISITES, stem=forking)


def appear(site: Site, number: int, change: Callable[[str], str] = str) -> None:
    """New ordinary articles, their pages changed like this."""
    changed = 0
    for age in range(number):
        story = site.invent(age=timedelta(seconds=20 * age))
        text = pages.write(story).decode()
        changed += change(text) != text
        site.add(replace(story, page=change(text).encode()))
    assert (changed > number / 2) == (change is not str)


def evening(bot: ForkedBot, number: int, change: Callable[[str], str] = str) -> tuple[Ended, dict[str, Any]]:
    """One more run with so many new articles."""
    assert bot.server is not None
    bot.server.site.advance(timedelta(minutes=20))
    appear(bot.server.site, number, change)
    ended = bot.crawl(*ONE_LIST)
    return ended, bot.verdicts()[-1]


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_layout_is_unhealthy_and_the_verdict_says_what_is_lost(bot: ForkedBot, how: str) -> None:
    change, words = BREAKS[how]
    ended, verdict = evening(bot, TESTED, change)
    assert ended.code == 4, ended
    assert len(verdict["below"]) >= len(words)
    for word in words:
        assert [line for line in verdict["below"] if word in line], verdict["below"]
    assert set(verdict["below"]) <= set(verdict["reasons"])


def test_an_ordinary_evening_is_healthy_and_teaches(bot: ForkedBot) -> None:
    before = bot.verdicts()[-1]
    ended, verdict = evening(bot, TESTED)
    assert ended.code == 0, ended
    assert verdict["below"] == []
    assert before["baseline"]["pages"] == {}
    assert verdict["baseline"]["pages"]["D"] == before["substance"]["D"]["pages"] >= 300
    assert verdict["substance"]["D"]["pages"] == TESTED
    assert verdict["substance"]["D"]["text"] > verdict["baseline"]["floors"]["D"]["text"] > 500
    assert evening(bot, 12)[1]["baseline"]["pages"]["D"] == before["substance"]["D"]["pages"] + TESTED


def test_a_few_pages_say_nothing_and_a_few_more_runs_say_it(bot: ForkedBot) -> None:
    codes = [evening(bot, 4, only_a_lead)[0].code for _ in range(6)]
    assert codes[0] == 0
    assert codes[-1] == 4
    assert codes == sorted(codes)
    assert evening(bot, 30)[0].code == 0  # mended: the pages before it are not held against the run


def test_an_unhealthy_run_teaches_nothing(bot: ForkedBot) -> None:
    first = evening(bot, TESTED, half_the_body)[1]["baseline"]
    second = evening(bot, TESTED, half_the_body)
    assert second[0].code == 4
    assert second[1]["baseline"] == first


def test_the_baseline_follows_from_the_records_alone(bot: ForkedBot) -> None:
    evening(bot, TESTED)
    evening(bot, TESTED, only_a_lead)
    verdict = evening(bot, 10)[1]
    assert_replay_equals_live(bot)
    rows = table(bot, "run")
    told = {(row["run"], row["name"]): json.loads(row["value"]) for row in rows}
    baseline = Baseline()
    for run in sorted({run for run, name in told if name == "substance finance"}):
        if run == verdict["run"]:
            assert verdict["baseline"] == baseline.told()
        if told[run, "exit_code"] in (0, 3):
            baseline = baseline.learn(run, sums_from(told[run, "substance finance"]))
            assert Baseline.of(told[run, "baseline finance"]) == baseline
    assert baseline.runs == 3


def test_when_the_site_has_changed_for_good_the_baseline_is_begun_anew(bot: ForkedBot) -> None:
    ended, verdict = evening(bot, TESTED, without_pictures)
    assert ended.code == 4
    bot.settings = bot.settings | {"BASELINE_SINCE": "2026-09-29T21:31"}
    ended, verdict = evening(bot, TESTED, without_pictures)
    assert ended.code == 0, ended
    assert verdict["baseline"]["runs"] == 0


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01"])
def test_a_baseline_since_that_is_no_date_is_refused(bot: ForkedBot, given: str) -> None:
    bot.settings = bot.settings | {"BASELINE_SINCE": given}
    ended = bot.crawl(*ONE_LIST)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "BASELINE_SINCE" in ended.err


def test_addresses_given_by_hand_are_told_and_not_compared(bot: ForkedBot) -> None:
    assert bot.server is not None
    appear(bot.server.site, 20, half_the_body)
    wanted = [story.url for story in bot.server.site.in_lists() if story.page is not None]
    ended = bot.crawl("-a", "urls=-", stdin="\n".join(wanted))
    assert ended.code == 0, ended
    verdict = bot.verdicts()[-1]
    assert verdict["substance"]["D"]["pages"] == 20
    assert verdict["baseline"] == {}
