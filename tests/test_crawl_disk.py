"""An archive that cannot be written: exit code 5, no half exchange, and a next run that finishes the job."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.crawling import NOW, tree
from tests.fakesina.site import Site
from tests.judging import assert_exchanges_are_whole, assert_sound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forked import ForkedBot

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

CRAWL = ("crawl", "sina_finance")
ONE_LIST = ("-a", "channels=finance")


@pytest.fixture
def site() -> Site:
    return Site(NOW, 12, troubles=False)


@contextmanager
def disk(folder: Path, kilobytes: int = 1500) -> Iterator[bool]:
    """A file system of that size mounted there, if this user may do that; else False."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "newsbot-test", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("room", [8, 180, 300, 420], ids="{} kB".format)
def test_a_full_disk_ends_a_crawl_at_a_whole_exchange_and_the_next_run_finishes_the_job(
    bot: ForkedBot, tmp_path: Path, room: int
) -> None:
    bot.root = tmp_path / "disk" / "archive"
    command = bot.command(*CRAWL, *ONE_LIST)[3:]
    with disk(tmp_path / "disk") as small:
        if small:
            free = os.statvfs(bot.root.parent)
            (bot.root.parent / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - room * 1000))
            ended = bot.execute(*command)
        else:  # no file system of our own: no file may grow beyond that
            ended = bot.execute(*command, file_size=room * 250)
        assert (ended.code, ended.err.count("\n")) == (5, 1), ended
        for path in bot.root.rglob("*.open"):
            assert_exchanges_are_whole(path)
        (bot.root.parent / "ballast").unlink(missing_ok=True)
        assert bot.crawl(*ONE_LIST).code == 0
        assert len(bot.posts()) == 12
        assert_sound(bot)


def test_an_archive_that_cannot_be_written_is_left_alone(bot: ForkedBot, tmp_path: Path) -> None:
    bot.root = tmp_path / "disk" / "archive"
    with disk(tmp_path / "disk") as ours:
        assert bot.crawl(*ONE_LIST).code == 0
        before = tree(bot.root, "*.*")
        if ours:
            subprocess.run(["mount", "-o", "remount,ro", str(bot.root.parent)], check=True)
        else:
            if not os.geteuid():
                pytest.skip("root may write everywhere, and mount nothing here")
            bot.root.chmod(0o555)
        try:
            for words in (CRAWL, ("replay",)):
                ended = bot.run(*words)
                assert (ended.code, ended.err.count("\n")) == (5, 1), ended
                assert "archive" in ended.err
        finally:
            if ours:
                subprocess.run(["mount", "-o", "remount,rw", str(bot.root.parent)], check=True)
            bot.root.chmod(0o755)
        assert tree(bot.root, "*.*") == before
        assert bot.crawl(*ONE_LIST).code == 0
        assert_sound(bot)


def test_a_feed_that_cannot_be_written_is_named_and_costs_the_archive_nothing(bot: ForkedBot, tmp_path: Path) -> None:
    ended = bot.crawl(*ONE_LIST, "-O", "/dev/full:jsonlines")
    assert (ended.code, "/dev/full" in ended.err, "No space left" in ended.err) == (1, True, True), ended
    assert ended.out.startswith("newsbot ok: 12 listed")
    assert len(bot.posts()) == 12
    assert_sound(bot)
    bot.root = tmp_path / "other"
    feed = tmp_path / "new" / "feed.jsonl"
    assert bot.crawl(*ONE_LIST, "-O", str(feed)).code == 0
    assert feed.read_bytes().count(b"\n") == 12
