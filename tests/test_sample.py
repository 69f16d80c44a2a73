"""archive/sample, the golden archive: what today's parser makes of it is what lies there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from newsbot.warc.reader import Record, records
from tests.crawling import Bot, tree
from tests.sample import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path


def test_the_posts_and_the_index_of_the_sample_follow_from_its_warc_file(tmp_path: Path) -> None:
    copy = Bot(tmp_path / "archive")
    shutil.copytree(SAMPLE, copy.root)
    shutil.rmtree(copy.root / "posts")
    for index in copy.root.rglob("*.cdxj"):
        index.unlink()
    ended = copy.run("replay")
    assert ended.code == 0, ended
    assert copy.posts() == tree(SAMPLE / "posts", "*.md")
    assert copy.cdxj() == tree(SAMPLE / "warc", "*.cdxj")


def test_the_sample_says_that_it_is_invented() -> None:
    posts = tree(SAMPLE / "posts", "*.md")
    assert len(posts) > 20
    assert all("【虚构】" in content.decode() for content in posts.values())
    [path] = (SAMPLE / "warc").rglob("*.warc.gz")
    first = next(iter(records(path)))
    assert isinstance(first, Record)
    assert first.fields["isPartOf"] == "newsbot-demo"
