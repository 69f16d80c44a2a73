"""Hexo 8 as the judge: it builds a site of three hundred posts, and what a reader gets is right and harmless."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from turbohtml import Document, Element, parse

from newsbot import post
from tests import hexo, hexo_posts
from tests.crawling import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_BLANKS = re.compile(r"[\x00-\x20]+")
#: What acts when a browser follows or loads it; as written here after blanks are gone.
_ACTING = re.compile(r"(?:javascript|vbscript):|data:(?!image/)", re.IGNORECASE)


@dataclass(frozen=True)
class Built:
    """A site that Hexo has built."""

    root: Path
    output: str
    posts: dict[str, str]  #: article key → path below source/_posts

    @property
    def pages(self) -> list[Document]:
        """The page of every post."""
        return [parse(path.read_text("utf-8")) for path in sorted(self.root.glob("public/2026/*/*/*/index.html"))]

    def read(self, path: str) -> post.Post:
        """What a post says."""
        return post.read((self.root / "source" / "_posts" / path).read_bytes())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("hexo") / "site"
    posts = hexo_posts.publish(hexo.site(folder))
    return Built(folder, hexo.generate(folder), posts)


def text(element: Element | None) -> str:
    """An element's text as a browser shows it."""
    assert element is not None
    return " ".join(element.text.split())


def acting(article: Element) -> list[str]:
    """What would run in the browser of somebody who reads the article."""
    found = []
    for element in article.select("*"):
        if element.tag == "script":
            found.append("script")
        for name in element.attrs:
            value = _BLANKS.sub("", element.attr(name) or "")
            if name.startswith("on") or name == "srcdoc" or _ACTING.match(value):
                found.append(f"{element.tag} {name}={value[:60]}")
    return found


def test_three_hundred_posts_are_built_without_an_error_or_a_warning(built: Built) -> None:
    assert len(built.posts) == len(set(built.posts.values())) == hexo_posts.COUNT
    assert re.findall(r"^(?:.*\b(?:ERROR|FATAL|WARN)\b.*|.*Error: .*)$", built.output, re.MULTILINE) == []
    assert len(built.pages) == hexo_posts.COUNT


def test_every_page_shows_the_title_of_its_post(built: Built) -> None:
    wanted = Counter(" ".join(built.read(path).title.split()) for path in built.posts.values())
    assert Counter(text(page.select_one("h1.article-title")) for page in built.pages) == wanted


def test_a_title_stands_over_its_own_body(built: Built) -> None:
    shown = {
        text(mark): text(page.select_one("h1.article-title"))
        for page in built.pages
        if (mark := page.select_one(".article-entry p.of"))
    }
    hostile = hexo_posts.invented()
    assert shown == {one.key: " ".join(built.read(built.posts[one.key]).title.split()) for one in hostile}


def test_nothing_in_an_article_runs_in_its_readers_browser(built: Built) -> None:
    found = {}
    for page in built.pages:
        article = page.select_one(".article-entry")
        assert article is not None
        if acts := acting(article):
            found[text(page.select_one("h1.article-title"))] = acts
    assert found == {}


def test_what_is_looked_for_is_found_where_it_is() -> None:
    for live in ("<script>x</script>", "<img onerror=x>", "<a href=' java\nscript:x'>", "<iframe srcdoc=x>"):
        assert len(acting(parse(f"<div>{live}</div>"))) == 1  # type: ignore[arg-type]  # a document is searched alike


def test_the_categories_of_the_posts_have_pages(built: Built) -> None:
    channels = {built.read(path).channel for path in built.posts.values()}
    assert {
        path.name for path in (built.root / "public/categories/金融/新浪财经").iterdir() if path.is_dir()
    } >= channels


def test_hexo_is_set_up_as_the_readme_says() -> None:
    config = (hexo.PINNED / "_config.yml").read_text("utf-8")
    [line] = re.findall(r"^permalink: .*$", config, re.MULTILINE)
    assert f"`{line}`" in (PROJECT / "README.md").read_text("utf-8")
