"""`scrapy replay --diff`: what a changed parser would alter, by field and counted, and nothing written."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from newsbot import post
from newsbot.ledger import Ledger, file_url
from newsbot.sina import layouts, page
from newsbot.views.comparison import Comparison
from newsbot.views.rebuild import rebuild
from tests.crawling import NOW, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from newsbot.difference import Difference

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow

ARTICLES = 8


@pytest.fixture(scope="module")
def crawled(certified: Path, tmp_path_factory: pytest.TempPathFactory, forking: Stem) -> Iterator[ForkedBot]:
    """An archive of eight articles that no test changes."""
    with Server(Site(NOW, ARTICLES, troubles=False), certified) as server:
        bot = ForkedBot(tmp_path_factory.mktemp("diff") / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
        yield bot


def differences(bot: ForkedBot) -> list[Difference]:
    """What a replay in this process would change, with the parser as it is in this process."""
    with closing(Ledger(file_url(bot.root / "ledger.sqlite"))) as ledger:
        before = list(ledger.dump())
        with closing(Comparison(bot.root / "posts")) as comparison:
            rebuild(bot.warcs(), bot.root, ledger, comparison, dry=comparison)
            assert list(ledger.dump()) == before
            return list(comparison.differences())


def told(difference: Difference) -> dict[str, Any]:
    """Field → where it differs."""
    return {change.field: change.places for change in difference.changes}


def change_layout(monkeypatch: pytest.MonkeyPatch, **places: Any) -> None:
    """Another parser: layout D with other places."""
    monkeypatch.setattr(page, "LAYOUTS", (replace(layouts.D, **places),))


def test_the_parser_that_made_the_posts_changes_none(crawled: ForkedBot) -> None:
    assert differences(crawled) == []


def test_a_parser_that_reads_less_of_the_body_changes_body_and_image(
    crawled: ForkedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_layout(monkeypatch, body=("#artibody > p",))
    found = differences(crawled)
    assert {name for one in found for name in told(one)} >= {"body", "image"}
    assert {one.post for one in found} <= set(crawled.posts())


def test_a_parser_that_knows_the_layout_no_more_takes_the_posts_away_and_says_why(
    crawled: ForkedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_layout(monkeypatch, body=("#nothing",))
    found = differences(crawled)
    assert sorted(one.post for one in found) == sorted(crawled.posts())
    assert all(told(one) == {"removed": ((one.post, "refused: no-layout"),)} for one in found)


def test_fields_that_the_post_takes_from_the_list_are_compared_in_the_ledger(
    crawled: ForkedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_layout(monkeypatch, title=("meta:nothing",), published=(), created=())
    found = differences(crawled)
    assert len(found) == ARTICLES
    assert {name for one in found for name in told(one)} == {"page title", "page time"}


def altered(content: bytes, **fields: Any) -> bytes:
    """A post that says something else."""
    return post.render(replace(post.read(content), **fields))


@pytest.fixture
def changed(certified: Path, tmp_path: Path, forking: Stem) -> Iterator[ForkedBot]:
    """An archive of five articles whose posts another parser seems to have made."""
    with Server(Site(NOW, 5, troubles=False), certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
        posts = bot.posts()
        texts, (missing, *_) = sorted(posts)[:3], sorted(posts)[3:]
        files = [bot.root / "posts" / name for name in texts]
        files[0].write_bytes(altered(posts[texts[0]], title="【虚构】别的", image=""))
        files[1].write_bytes(altered(posts[texts[1]], body="<p>多了一段。</p>" + post.read(posts[texts[1]]).body))
        files[2].write_bytes(posts[texts[2]] + b"\n")
        (bot.root / "posts" / missing).unlink()
        yield bot


FIELDS = {"new": 1, "title": 1, "image": 1, "body": 1, "form": 1}


def kept(bot: ForkedBot) -> dict[str, bytes]:
    """Every file of an archive but the locks."""
    return {name: content for name, content in tree(bot.root, "*.*").items() if not name.endswith(".lock")}


def test_differences_are_shown_by_field_counted_and_not_made(changed: ForkedBot) -> None:
    before = kept(changed)
    ended = changed.run("replay", "--diff")
    assert (ended.code, ended.err) == (3, ""), ended
    assert ended.out.endswith(", 4 would change (new 1, title 1, image 1, body 1, form 1)\n")
    assert "\x1b" not in ended.out
    for line in ("  title\n    - 【虚构】别的\n    + 【虚构】", "  body\n    - <p>多了一段。</p>\n", ".md\n  new\n"):
        assert line in ended.out
    assert kept(changed) == before
    assert changed.run("replay").code == 0
    assert changed.run("replay", "--diff").code == 0


def test_json_has_a_line_for_each_difference_and_the_summary_last(changed: ForkedBot) -> None:
    ended = changed.run("replay", "--diff", "--json")
    assert ended.code == 3
    *found, summary = [json.loads(line) for line in ended.out.splitlines()]
    assert (summary["differences"], summary["fields"]) == (4, FIELDS)
    assert {field for one in found for field in one["changes"]} == set(FIELDS)
    assert all(one["article"] and one["post"] in {*changed.posts(), one["post"]} for one in found)
    assert ["<p>多了一段。</p>", ""] in [place for one in found for place in one["changes"].get("body", [])]


def on_a_terminal(bot: ForkedBot, environment: Mapping[str, str]) -> str:
    """What `replay --diff` prints on a terminal."""
    ours, its = pty.openpty()
    try:
        with subprocess.Popen(
            bot.command("replay", "--diff"), cwd=bot.cwd, env={**bot.environment(), **environment}, stdout=its
        ) as process:
            os.close(its)
            parts = []
            while part := _read(ours):
                parts.append(part)
        assert process.returncode == 3
    finally:
        os.close(ours)
    return b"".join(parts).decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux: the other side is closed
        return b""


def test_a_terminal_gets_colours_unless_no_color_is_set(changed: ForkedBot) -> None:
    coloured = on_a_terminal(changed, {"TERM": "xterm", "NO_COLOR": ""})
    assert "\x1b[31m    - 【虚构】别的\x1b[0m" in coloured
    assert "\x1b[32m    + 【虚构】" in coloured
    plain = on_a_terminal(changed, {"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert "    - 【虚构】别的" in plain
