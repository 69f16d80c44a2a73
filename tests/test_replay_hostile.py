"""WARC files from elsewhere: what they name must not lead out of the folder, and what is odd is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.warc.exchange import Exchange
from newsbot.warc.writer import Writer
from tests.crawling import NOW, Bot, tree
from tests.pages import URL, page

if TYPE_CHECKING:
    from pathlib import Path

BODY = page("<p>　　【虚构】正文</p>", url=URL, title="【虚构】标题", created=NOW - timedelta(hours=1))


def warc_with(folder: Path, context: dict[str, Any]) -> Path:
    """A WARC file of newsbot's own making with one article page, asked for as `context` says."""
    writer = Writer(folder, info={}, clock=lambda: NOW)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    writer.append(Exchange(URL, NOW, b"GET / HTTP/1.1\r\n\r\n", head + BODY, context=context))
    writer.close()
    [path] = folder.rglob("*.warc.gz")
    return path


@pytest.mark.parametrize(
    "context",
    [
        {"article": "../../../../../ESCAPED", "url": URL},
        {"article": "/ESCAPED", "url": URL},
        {"article": "." * 3, "url": URL},
        {"article": "x" * 1000, "url": URL},
        {"article": {"a": 1}, "url": URL},
        {"article": "iaaaaaaa0000001", "url": 5},
        {"article": "iaaaaaaa0000001"},
    ],
)
def test_an_article_named_in_no_way_of_ours_is_told_and_passed_over(tmp_path: Path, context: dict[str, Any]) -> None:
    path = warc_with(tmp_path / "from", context)
    ended = Bot(tmp_path / "own").run("replay", str(path), "--out", str(tmp_path / "deep" / "er" / "out"))
    assert ended.code == 3, ended
    assert "is not as newsbot writes it" in ended.err
    assert tree(tmp_path, "*ESCAPED*") == {}


def test_a_sound_one_is_published(tmp_path: Path) -> None:
    path = warc_with(tmp_path / "from", {"article": "aaaaaaa0000001", "url": URL})
    ended = Bot(tmp_path / "own").run("replay", str(path), "--out", str(tmp_path / "out"))
    assert ended.code == 0, ended
    assert len(tree(tmp_path / "out" / "posts", "*.md")) == 1


def test_views_of_given_files_are_not_written_into_an_archive(tmp_path: Path) -> None:
    path = warc_with(tmp_path / "from", {"article": "aaaaaaa0000001", "url": URL})
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "archive.json").write_text('{"id": "x"}', "utf-8")
    ended = Bot(tmp_path / "own").run("replay", str(path), "--out", str(tmp_path / "own"))
    assert ended.code == 1, ended
    assert "is an archive of its own" in ended.err
    assert not (tmp_path / "own" / "ledger.sqlite").exists()
