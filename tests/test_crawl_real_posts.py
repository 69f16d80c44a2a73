"""The real posts beside the project, put back as pages of the fake site, come out of a crawl byte for byte."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsbot import post
from tests.crawling import NOW, Bot
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.pages import page_of
from tests.test_real_posts import DAMAGED, NAMES, POSTS, pytestmark

__all__ = ["pytestmark"]  # skipped where the posts are not, as there


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bot, dict[str, str]]:
    """A crawl of their pages; file name here → path of the post it became."""
    site = Site(NOW, 0, troubles=False)
    keys: dict[str, str] = {}
    for number, name in enumerate(NAMES):
        content = (POSTS / name).read_bytes()
        was = post.read(content)
        docid = f"iaaaaaa{number:07d}"
        url = f"https://finance.sina.com.cn/china/gncj/2026-09-29/doc-i{docid}.shtml"
        created = NOW - timedelta(minutes=10 + number)
        page = page_of(content, url=url, title=was.title, created=created)
        site.serve_page(url, page, title=was.title, created=created, docid=docid, intime=was.date)
        keys[name] = docid
    with Server(site, tmp_path_factory.mktemp("site")) as server:
        bot = Bot(tmp_path_factory.mktemp("real") / "archive", server)
        ended = bot.crawl()
        assert ended.code == 0, ended
    return bot, keys


@pytest.mark.parametrize("name", [name for name in NAMES if name != DAMAGED])
def test_a_real_post_comes_out_of_a_crawl_byte_for_byte(crawled: tuple[Bot, dict[str, str]], name: str) -> None:
    bot, _ = crawled
    assert (POSTS / name).read_bytes() in bot.posts().values()


def test_the_damaged_one_differs_in_one_line(crawled: tuple[Bot, dict[str, str]]) -> None:
    bot, _ = crawled
    content = (POSTS / DAMAGED).read_bytes()
    title = content.split(b"\n")[2]
    [made] = [found for found in bot.posts().values() if found.split(b"\n")[2] == title]
    lines = zip(made.split(b"\n"), content.split(b"\n"), strict=True)
    assert sum(ours != original for ours, original in lines) == 1


def test_each_has_the_file_name_that_its_title_gives(crawled: tuple[Bot, dict[str, str]]) -> None:
    bot, keys = crawled
    names = [post.file_name(post.read((POSTS / name).read_bytes()).title, keys[name]) for name in NAMES]
    made = {path.removeprefix("金融/新浪财经/新浪财经－国內/") for path in bot.posts()}
    assert len(made) == len(NAMES)
    assert set(names) <= made
    # Two of them are one article that was listed twice, under one title: the later captured has its key appended.
    assert len(made - set(names)) == len(names) - len(set(names)) == 1
