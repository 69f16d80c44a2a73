"""What hostile articles become: posts that read back equal, in their folder, under names that any file system takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from newsbot import post
from newsbot.sina.body import could_act
from tests import hexo_posts
from tests.crawling import tree

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = hexo_posts.invented()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The posts' folder, and article key → path of its post."""
    folder = tmp_path_factory.mktemp("hostile") / "source" / "_posts"
    folder.parent.mkdir()
    return folder, hexo_posts.publish(folder)


def test_every_article_has_a_post_of_its_own_and_nothing_lies_elsewhere(published: tuple[Path, dict[str, str]]) -> None:
    folder, posts = published
    assert len(posts) == hexo_posts.COUNT
    assert set(tree(folder, "*.md")) == set(posts.values())
    beside = {path.name for path in folder.parents[1].iterdir()} | {path.name for path in folder.parent.iterdir()}
    assert beside == {"source", "_posts", "ledger.sqlite"}


def test_names_are_such_as_file_systems_and_hexo_take(published: tuple[Path, dict[str, str]]) -> None:
    names = [path.rpartition("/")[2] for path in published[1].values()]
    assert max(len(name.encode()) for name in names) <= 255
    assert not [name for name in names if name.startswith(("_", ".")) or "\0" in name]
    assert len(
        {(path.rpartition("/")[0], post.fold(path.rpartition("/")[2])) for path in published[1].values()}
    ) == len(names)


@pytest.mark.parametrize("made", HOSTILE, ids=lambda made: made.key)
def test_a_post_reads_back_equal_and_its_front_matter_is_yaml(
    published: tuple[Path, dict[str, str]], made: hexo_posts.Made
) -> None:
    content = (published[0] / published[1][made.key]).read_bytes()
    read = post.read(content)
    assert read.title == post.title_text(made.title)
    fields = yaml.safe_load(content.decode().split("\n---\n")[1])
    assert (fields["title"], fields["categories"][2]) == (read.title, read.channel)


@pytest.mark.parametrize("made", HOSTILE, ids=lambda made: made.key)
def test_what_could_act_is_written_so_that_markdown_finds_nothing_in_it(
    published: tuple[Path, dict[str, str]], made: hexo_posts.Made
) -> None:
    body = post.read((published[0] / published[1][made.key]).read_bytes()).body
    assert not (could_act(body) and set("`[]~") & set(body))
