"""A WACZ of hundreds of megabytes is made with the memory of a small one."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from newsbot.sina.urls import article_key
from tests.crawling import NOW, Bot
from tests.fakesina import pages
from tests.fakesina.site import Site
from tests.test_verify_memory import MEASURE
from tests.warcs import answer, plain, writer

if TYPE_CHECKING:
    from pathlib import Path

#: Writes, replays and packs 400 MB.
pytestmark = pytest.mark.slow

ARTICLES = 300
PICTURE = 22_000  #: bytes of each
_UNITS = 1_000_000 if sys.platform == "darwin" else 1000  #: of ru_maxrss in a MB


def archive(root: Path, pictures: int) -> Bot:
    """An archive of ARTICLES pages with so many pictures each."""
    noise = random.Random(1)
    with_writer = writer(root, durability="none")
    for story in Site(NOW, ARTICLES, troubles=False).in_lists():
        url = story.home or story.url
        page = plain(answer(pages.write(story), "Content-Type: text/html"), url=url)
        page.context = {"article": article_key(url), "url": url}
        with_writer.append(page)
        for number in range(pictures):
            address = f"https://n.sinaimg.cn/invented/{story.docid}/{number}.png"
            picture = plain(answer(noise.randbytes(PICTURE), "Content-Type: image/png"), url=address)
            picture.via, picture.context = url, {"requisite": "image", "url": address}
            with_writer.append(picture)
    with_writer.close()
    bot = Bot(root)
    assert bot.run("replay").code == 0
    return bot


def packed(bot: Bot, out: Path) -> float:
    """Make the WACZ; the most memory that took, MB."""
    words = [sys.executable, "-c", MEASURE, *bot.command("wacz", str(out))]
    done = subprocess.run(words, cwd=bot.cwd, env=bot.environment(), stdout=subprocess.PIPE, check=True)
    return int(done.stdout.splitlines()[-1]) / _UNITS


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    small = packed(archive(tmp_path / "small", 5), tmp_path / "small.wacz")
    large = packed(archive(tmp_path / "large", 60), tmp_path / "large.wacz")
    assert (tmp_path / "large.wacz").stat().st_size > 400_000_000
    assert (tmp_path / "small.wacz").stat().st_size < 40_000_000
    assert large < small + 40  # the temporary database's cache is full by then
    assert large < 200
