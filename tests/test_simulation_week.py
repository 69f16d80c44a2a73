"""A week of Sina Finance in virtual time: a run every 20 minutes, and everything goes wrong that can.

Then the world stands still for nine days, in which the last second looks come: in the end the archive holds the truth.
`NEWSBOT_SEEDS=100` runs so many worlds.
"""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.archive import Archive
from newsbot.crawl.options import Options
from newsbot.crawl.run import Run
from newsbot.errors import NewsbotError
from newsbot.heap import keep_warm
from tests.crawling import NOW, Bot
from tests.judging import assert_nothing_left_behind, assert_replay_equals_live
from tests.simulation.breaks import Killed, Points, listening, little_room
from tests.simulation.driver import DELAY, Driver, Hands
from tests.simulation.truth import Ran, Truth
from tests.simulation.world import DAY, HOUR, MINUTE, World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WEEK, EVERY = timedelta(days=7), 20 * MINUTE
DAILY = 250  #: articles; 2,000 in all
LOOKS = (30 * MINUTE, 3 * HOUR, DAY, WEEK)
OPTIONS = Options(durability="none", requisites="none", revisit_after=LOOKS, info={"isPartOf": "newsbot-simulation"})


class Week:
    """One world and its archive."""

    def __init__(self, folder: Path, seed: int) -> None:
        keep_warm()  # a seventh of the time
        self.hands = Hands(NOW)
        self.world = World(NOW, WEEK, seed, daily=DAILY, clock=lambda: self.hands.now)
        self.bot = Bot(folder / "archive", now=NOW)
        self.archive = Archive(self.bot.root, self.bot.root / "posts", "")
        self.random = random.Random(seed + 1)
        self.runs: list[Ran] = []

    def run(self, *, fatal: int = 0, room: int = 0, full: bool = False) -> None:
        """A scheduled run: killed at its write of that number, with so many bytes of room in a file, or with none."""
        began, points = self.hands.now, Points(self.bot.root, fatal)
        points.full = full
        driver = Driver(Run(self.archive, self.hands, OPTIONS), self.world, self.hands, points)
        how: int | str
        try:
            with listening(points), little_room(room or -1):
                ended = asyncio.run(driver.run())
            how = ended.exit_code
            assert isinstance(ended, NewsbotError) == (not driver.begun), ended
        except Killed:
            driver.bury()
            how = "killed"
        self.runs.append(Ran(began, self.hands.now, how))

    def runs_until(self, end: timedelta) -> None:
        """Every 20 minutes, or when the last has ended; but some are killed, or have no room."""
        due = NOW
        while due < NOW + end:
            if self.random.random() < 0.004:
                due += self.random.randrange(1, 18) * EVERY  # nobody ran it
            self.hands.wait(due - self.hands.now)
            chance = self.random.random()
            if chance < 0.08:
                self.run(fatal=int(10 ** self.random.uniform(0, 2.7)))
            elif chance < 0.10:
                self.run(room=self.random.randrange(1, 400) * 1000)
            elif chance < 0.11:
                self.run(full=True)
            else:
                self.run()
            while due <= self.hands.now:
                due += EVERY

    def rest_of_time(self) -> None:
        """Nothing happens any more."""
        for _ in range(28):
            self.hands.wait(8 * HOUR)
            self.run()


SEEDS = range(int(os.environ.get("NEWSBOT_SEED", "1")), 1000)[: int(os.environ.get("NEWSBOT_SEEDS", "3"))]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_week_ends_with_the_truth(tmp_path: Path, seed: int) -> None:
    week = Week(tmp_path, seed)
    week.runs_until(WEEK)
    week.rest_of_time()
    Truth(week.bot, week.world, week.runs, DELAY).judge()
    assert_nothing_left_behind(week.bot)
    assert_replay_equals_live(week.bot)
