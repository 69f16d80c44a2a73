"""The real posts beside the project are fixed points: page of the post -> Article -> post gives the same bytes.

Their text is not ours and is never committed: they lie in `../shared/posts` beside the project. Where that folder is
missing the tests are skipped, and say so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot import post
from newsbot.article import Article
from newsbot.sina import page
from tests.pages import page_of

POSTS = Path(__file__).resolve().parents[2] / "shared" / "posts"
NAMES = sorted(path.name for path in POSTS.glob("*.md"))
NUMBER = 22
#: The one whose original was wrong: its `alt` had lost the escaping of its quotes (post-format.md, "Fixed point").
DAMAGED = "11.md"
URL = "https://finance.sina.com.cn/china/gncj/2021-09-29/doc-iaaaaaaa0000001.shtml"

pytestmark = pytest.mark.skipif(not NAMES, reason=f"the real posts are not here: {POSTS.parent.name}/{POSTS.name}")


def again(content: bytes) -> bytes:
    """The post of the page that the post was made of."""
    was = post.read(content)
    article = page.read(page_of(content, url=URL, title="【虚构】标题", created=was.date - timedelta(minutes=1)), URL)
    assert isinstance(article, Article), article
    return post.render(replace(was, image=article.headimg, body=article.body))


def test_all_of_the_real_posts_are_there() -> None:
    assert len(NAMES) == NUMBER


@pytest.mark.parametrize("name", NAMES)
def test_reading_and_rendering_a_real_post_gives_its_bytes(name: str) -> None:
    content = (POSTS / name).read_bytes()
    assert post.render(post.read(content)) == content


@pytest.mark.parametrize("name", [name for name in NAMES if name != DAMAGED])
def test_a_real_post_is_a_fixed_point(name: str) -> None:
    content = (POSTS / name).read_bytes()
    assert again(content) == content


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_real_post_is_not_the_post(name: str) -> None:
    """Guards `page_of`: the rules under test had something to do."""
    content = (POSTS / name).read_bytes()
    made = page_of(content, url=URL, title="【虚构】标题", created=post.read(content).date)
    assert b"referrerpolicy" not in made
    assert b"<script>if (window.sample" in made
    assert b'src="//n.sinaimg.cn/' in made


@pytest.mark.skipif(DAMAGED not in NAMES, reason=f"{DAMAGED} is not here")
def test_the_damaged_post_differs_in_the_damaged_alt_alone() -> None:
    content = (POSTS / DAMAGED).read_bytes()
    was, now = content.decode().split("\n"), again(content).decode().split("\n")
    [(old, new)] = [(old, new) for old, new in zip(was, now, strict=True) if old != new]
    head, _, rest = old.partition('<img id="2"')
    # alt="A"B"C D:E": what follows the second quote was read as attributes: `B"C` and `D:E"`, each without a value.
    tag, _, tail = rest.partition(">")
    assert tag.count('"') % 2 == 0
    before, alt, damage = tag.partition(' alt="')
    value, _, attributes = damage.removesuffix(' referrerpolicy="no-referrer"').partition('"')
    first, second = attributes.split(" ")
    expected = f'{before}{alt}{value}" {first} {second} referrerpolicy="no-referrer"'
    assert new == f'{head}<img id="2"{expected}>{tail}'


@pytest.mark.parametrize("line", (POSTS / "index.tsv").read_text("utf-8").splitlines()[1:] if NAMES else [])
def test_the_name_of_a_real_post_is_made_from_its_title(line: str) -> None:
    name, original = line.split("\t")[:2]
    title = post.read((POSTS / name).read_bytes()).title
    assert post.file_name(title, "iaaaaaaa0000001") == original


def test_a_title_as_listed_gives_the_real_title() -> None:
    """TITLE's rules leave what is already a TITLE as it is."""
    for name in NAMES:
        title = post.read((POSTS / name).read_bytes()).title
        assert post.title_text(title) == title
