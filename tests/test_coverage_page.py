"""The page of `scrapy coverage --html` in Chromium: no request, no complaint, and the numbers of --json."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW, PROJECT
from tests.fakesina.server import Server
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import BotOf


#: Chromium.
pytestmark = pytest.mark.slow

TITLE = "【虚构】<script>alert(1)</script>\"'&amp;<img src=https://example.org/x.png>"


def test_the_page_is_whole_asks_for_nothing_and_says_what_json_says(
    judges: Path, tmp_path: Path, bot_of: BotOf
) -> None:
    site = Site(NOW, 40)
    story = site.add(site.invent("plain", title=TITLE, lids=(2519,)))
    site.fail("500", story.docid, None)
    with Server(site, tmp_path / "site") as server:
        bot = bot_of(server)
        bot.crawl()
        site.advance(timedelta(hours=30))  # so that the lists are late
        out = tmp_path / "coverage.html"
        ended = bot.run("coverage", "--json", "--html", str(out))
    assert ended.code == 3, ended
    facts = json.loads(ended.out)
    plan = {"chromium": str(judges / "chromium"), "modules": str(judges / "node"), "open": out.as_uri()}
    plan["shots"] = str(tmp_path)
    driver = PROJECT / "tests" / "judges" / "look.mjs"
    done = subprocess.run(["node", driver], input=json.dumps(plan), capture_output=True, text=True, check=True)
    looked = json.loads(done.stdout)
    assert set(looked["asked"]) == {out.as_uri()}
    assert looked["complaints"] == []
    views = looked["views"]
    assert [name for name, view in views.items() if view["wide"]] == []
    assert views["phone dark"]["colour"] != views["phone light"]["colour"]
    total = facts["total"] | {"refused": sum(facts["total"]["refused"].values())}
    for view in views.values():
        assert (view["filled"], view["cut"]) == (0, [])
        assert view["totals"] == total
        assert [row[0] for row in view["days"]] == sorted(facts["days"], reverse=True)
        for name, *numbers in view["days"]:
            day = facts["days"][name]
            assert list(map(int, numbers[:3])) == [day["articles"], day["listed"], day["captured"]]
            assert list(map(int, numbers[6:10])) == [day[one] for one in ("withdrawn", "holes", "edited", "deleted")]
        assert view["commands"] == [one["command"] for one in (*facts["gaps"], *facts["holes"])]
