"""A day of Sina Finance by real processes over real sockets: a run every two hours, kill -9, bans, and a full disk.

Then the world stands still for ten days, in which the last second looks come: in the end the archive holds the truth.
"""

from __future__ import annotations

import os
import random
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW
from tests.fakesina.server import Server
from tests.forked import ForkedBot, Stem
from tests.judging import assert_sound
from tests.simulation.truth import Ran, Truth
from tests.simulation.world import DAY, HOUR, LISTS, MINUTE, PAGES, World
from tests.test_crawl_disk import disk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SEED = 1
DAILY = 110  #: articles; 220 in all
CRAWL = ("crawl", "sina_finance")
DELAY = 0.06
POLITE = {
    "CONCURRENT_REQUESTS": 8,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": DELAY,
    "REVISIT_AFTER": "1800,10800,86400,604800",
    "RETRY_TIMES": 1,
}
KILLED = -9


class Day:
    """One world, its server and its archive on a disk of its own."""

    def __init__(self, world: World, bot: ForkedBot, *, small: bool) -> None:
        self.world = world
        self.bot = bot
        self.small = small  #: it is really a disk
        self.random = random.Random(SEED)
        self.runs: list[Ran] = []

    def run(self, how: str = "well") -> None:
        """A scheduled run; `how`: well, killed by its files, killed on the wire, or on a full disk."""
        began = self.world.now()
        code: int = getattr(self, f"_{how}")()
        self.runs.append(Ran(began, self.world.now(), "killed" if code == KILLED else code))

    def _well(self) -> int:
        ended = self.bot.crawl()
        assert ended.code in {0, 3, 4}, ended
        return ended.code

    def _killed_at_a_file(self) -> int:
        command = self.bot.command(*CRAWL)[3:]
        return self.bot.execute(*command, kill_at=(self.random.randrange(5, 60), str(self.bot.root))).code

    def _killed_on_the_wire(self) -> int:
        process = self.bot.start(*CRAWL)
        last = len(self.world.log) + self.random.randrange(2, 40)
        while len(self.world.log) < last and process.poll() is None:
            try:
                process.communicate(timeout=0.005)
            except subprocess.TimeoutExpired:
                continue
        process.kill()
        process.communicate()
        return process.returncode

    def _full(self) -> int:
        command, ballast = self.bot.command(*CRAWL)[3:], self.bot.root.parent / "ballast"
        if self.small:
            free = os.statvfs(self.bot.root.parent)
            ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - self.random.randrange(80, 200) * 1000))
            ended = self.bot.execute(*command)
        else:  # no file system of our own: no file may grow beyond that
            ended = self.bot.execute(*command, file_size=self.random.randrange(20, 60) * 1000)
        ballast.unlink(missing_ok=True)
        assert (ended.code, ended.err.count("\n")) == (5, 1), ended
        return ended.code


def test_a_day_of_real_processes_ends_with_the_truth(tmp_path: Path, certified: Path, forking: Stem) -> None:
    world = World(NOW, DAY, SEED, daily=DAILY, crawl_delay=1)
    with disk(tmp_path / "disk", 64_000) as small, Server(world, certified, log=False) as server:
        bot = ForkedBot(tmp_path / "disk" / "archive", server, settings=POLITE, stem=forking)
        day = Day(world, bot, small=small)
        for number in range(12):
            if number in {3, 8}:
                world.ban_after(len(world.log) + 25, PAGES, 20 * MINUTE)
            elif number == 5:
                world.ban_after(len(world.log) + 8, LISTS, 20 * MINUTE)
            for how in {1: ("killed_on_the_wire",), 4: ("killed_at_a_file",) * 2, 6: ("full",), 9: ("full",)}.get(
                number, ()
            ) + (() if number in {6, 10} else ("well",)):
                day.run(how)
            if number == 10:
                day.run("killed_on_the_wire")
            world.advance(2 * HOUR)
        for hours in (5, 20, 20, 40, *[20] * 8):
            world.advance(timedelta(hours=hours))
            day.run()
        Truth(bot, world, day.runs, DELAY, jitter=0.5, blur=60, on_the_way=1).judge()
        assert_sound(bot)
