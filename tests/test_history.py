"""`scrapy history URL`: the captures of one article, its versions by sentence, deletions and returns."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.article import Article, Capture
from newsbot.difference import places
from newsbot.reports.history import lines, steps
from tests import ledgers

if TYPE_CHECKING:
    from newsbot.ledger import Ledger
    from tests.fakesina.site import Site
    from tests.fakesina.stories import Story
    from tests.forked import ForkedBot

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

OLD = "【虚构】第一句。他说：“第二句？”第三句！\n还有一段……最后一句；"


@pytest.mark.parametrize(
    ("new", "differ"),
    [
        (OLD, []),
        (OLD.replace("第二句", "另一句"), [("他说：“第二句？”", "他说：“另一句？”")]),
        (OLD.replace("第三句！", ""), [("他说：“第二句？”第三句！\n", "他说：“第二句？”\n")]),
        (OLD + "补充一句。", [("", "补充一句。")]),
    ],
)
def test_chinese_text_is_compared_by_sentence(new: str, differ: list[tuple[str, str]]) -> None:
    assert [*places(OLD, new)] == differ


def page_of(text: str, title: str) -> Article:
    return Article("a", "https://finance.sina.com.cn/x.shtml", title, f"<p>{text}</p>", "", "plain", "utf-8")


def test_versions_are_told_apart_from_looks_that_show_nothing_new(ledger: Ledger) -> None:
    before, after = "甲。乙。", "甲。丙。"
    says = {1: ("一", before), 2: ("一", before), 3: ("一", after), 5: ("二", after), 6: ("一", before)}
    pages: dict[str, Article] = {}
    for number in range(1, 7):
        seen = ledgers.capture(number, at=ledgers.NOW + timedelta(hours=number))
        look = ledgers.look("a", seen, "" if number in says else "gone")
        if number in says:
            title, text = says[number]
            pages[seen.record_id] = page_of(text, title)
            digest = text.encode().hex()
            look = type(look)("a", seen, "article", "", "", title, ledgers.NOW, digest=digest, text_digest=digest)
        ledger.note_looks([look])

    def read(capture: Capture) -> Article:
        return pages[capture.record_id]

    row = ledger.article("a")
    assert row is not None
    found = steps(ledger, row, read)
    assert [(step.version, step.turn) for step in found] == [
        (1, "new"),
        (1, ""),
        (2, "edited"),
        (0, "gone"),
        (3, "returned"),
        (1, "edited"),
    ]
    assert [{change.field: change.places for change in step.changes} for step in found if step.changes] == [
        {"text": (("乙。", "丙。"),)},
        {"title": (("一", "二"),)},
        {"title": (("二", "一"),), "text": (("丙。", "乙。"),)},
    ]
    row = ledger.article("a")
    assert row
    told = [*lines(row, found, {}, lambda text, style: f"<{style}>{text}")]
    assert "<old>      − 乙。" in told
    assert "<new>      + 丙。" in told
    assert told[-1] == "newsbot history: 6 captures, 3 versions"


# --- whole crawls ---


@pytest.fixture
def story(bot: ForkedBot, site: Site) -> Story:
    """An article that was captured, found the same, edited and deleted."""
    story = site.add(site.invent("plain", lids=(2519,)))
    for change in (lambda: None, lambda: None, lambda: site.edit(story.docid), lambda: site.remove(story.docid)):
        change()
        assert bot.crawl("-a", "urls=-", stdin=story.url).code in {0, 3}
        site.advance(timedelta(hours=3))
    return story


def test_the_command_tells_captures_places_and_edits(bot: ForkedBot, story: Story) -> None:
    ended = bot.run("history", story.url)
    assert (ended.code, ended.err) == (0, "")
    assert "version 1  new" in ended.out
    assert "revisit  version 1" in ended.out
    assert "version 2  edited" in ended.out
    assert "gone" in ended.out
    assert "newsbot history: 4 captures, 2 versions\n" in ended.out
    assert "\x1b" not in ended.out
    assert f"    {bot.warcs()[0].relative_to(bot.root)} at " in ended.out
    captures = json.loads(bot.run("history", story.url, "--json").out)["captures"]
    assert [one["version"] for one in captures] == [1, 1, 2, 0]
    assert bool(captures[1]["revisit_of"])
    assert captures[2]["changes"]["text"]


def test_every_form_of_the_address_finds_it(bot: ForkedBot, story: Story) -> None:
    forms = [
        story.url.replace("https:", "http:"),
        f"https://finance.sina.cn/2026-09-29/detail-i{story.docid}.d.html",
        f"https://doc.sina.cn/?id=comos:{story.docid}",
        story.docid,
        f"comos:{story.docid}",
        f"{story.url}?cre=tianyi&from=wap#top",
    ]
    told = {bot.run("history", form).out for form in [story.url, *forms]}
    assert len(told) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "give the URL of one article"),
        (("https://finance.sina.com.cn/a", "b"), 2, "unknown argument"),
        (("https://finance.sina.com.cn/a",), 1, "the archive knows no such article"),
        (("nonsense",), 1, "the archive knows no such article"),
        (("--diff",), 2, "unknown option --diff"),
    ],
)
def test_bad_input_is_one_line(bot: ForkedBot, story: Story, words: tuple[str, ...], code: int, said: str) -> None:
    assert story
    ended = bot.run("history", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert said in ended.err
