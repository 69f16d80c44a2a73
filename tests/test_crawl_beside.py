"""Two runs of different kinds side by side on one archive: neither does the other's work again."""

from __future__ import annotations

import signal
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.text import stamp
from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_sound, live
from tests.test_crawl_endings import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forked import BotOf


pytestmark = pytest.mark.slow

BACKFILL = ("crawl", "sina_finance", "-a", "channels=finance", "-a", "since=12h")
TAKING_IN = "taking in"


def test_files_that_a_living_back_fill_has_closed_are_its_own_and_a_killed_ones_are_taken_in(
    certified: Path, bot_of: BotOf
) -> None:
    site = Site(NOW, 12, troubles=False)
    slow = site.in_lists()[-1]
    site.fail("stall", slow.docid, None)
    with Server(site, certified) as server:
        bot = bot_of(server)
        backfill = bot.start(*BACKFILL, settings={"WARC_MAX_BYTES": 10_000})
        until(lambda: len(bot.posts()) == 11, backfill)
        with closing(live(bot)) as ledger:
            closed = {path.relative_to(bot.root).as_posix() for path in bot.warcs()}
            assert len(closed) > 2
            assert closed < ledger.being_written(site.now())
        beside = bot.crawl("-a", "channels=finance", settings={"DOWNLOAD_TIMEOUT": 1, "RETRY_TIMES": 0})
        assert TAKING_IN not in beside.err
        backfill.send_signal(signal.SIGKILL)
        backfill.communicate()
        site.mend()
        site.advance(timedelta(minutes=20))
        after = bot.crawl("-a", "channels=finance")
        assert after.err.count(TAKING_IN) == len(closed) + 1, after
        with closing(live(bot)) as ledger:
            assert ledger.being_written(site.now()) == set(), stamp(site.now())
        assert len(bot.posts()) == 12
        assert bot.crawl(*BACKFILL[2:]).code == 0
        assert_sound(bot)
