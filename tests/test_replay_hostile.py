"""WARC files from elsewhere: what they name must not lead out of the folder, and what is odd is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.warc.exchange import Exchange
from newsbot.warc.member import member
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


WINDOW = {"list": "finance", "low": "2026-09-28T00:00:00+00:00", "high": "2026-09-29T00:00:00+00:00", "complete": True}
REFUSAL = {"article": "aaaaaaa0000001", "url": URL, "reason": "robots", "evidence": "x"}
NESTED = b"[" * 200_000
COLUMN = json.dumps({"items": [{"url": URL, "title": "x", "time": ""}], "robots": []}).encode()
#: Target → block of a fact's record that is not as newsbot writes it.
FACTS: dict[str, tuple[str, bytes]] = {
    "an evidence that is no text": ("urn:newsbot:refusal:a", json.dumps(REFUSAL | {"evidence": {"a": 1}}).encode()),
    "a reason that is none": ("urn:newsbot:refusal:a", json.dumps(REFUSAL | {"reason": ["robots"]}).encode()),
    "a list that is no text": ("urn:newsbot:window:a:b", json.dumps(WINDOW | {"full": 1, "list": ["a"]}).encode()),
    "no list": ("urn:newsbot:window:a:b", json.dumps({**WINDOW, "full": True, "list": None}).encode()),
    "a time without a zone": ("urn:newsbot:window:a:b", json.dumps(WINDOW | {"full": 1, "low": "2026-09-28"}).encode()),
    "no end": ("urn:newsbot:run:a", NESTED),
    "no object": ("urn:newsbot:run:a", b"[1]"),
    "no run": ("urn:newsbot:run:a", b"{}"),
    "no text": ("urn:newsbot:withdrawal:a", b"\xff"),
    "a column without end": ("urn:newsbot:column:market-review", NESTED),
    "a column that there is not": ("urn:newsbot:column:../../x", COLUMN),
    "a list that is no column": ("urn:newsbot:column:finance", COLUMN),
    "a column's time that is none": ("urn:newsbot:column:market-review", COLUMN.replace(b'""', b'"soon"')),
    "flashes without end": ("urn:newsbot:7x24:1-2", NESTED),
    "no flashes": ("urn:newsbot:7x24:1-2", b'{"items": 5}'),
    "a context without end": (URL, b"newsbot: " + NESTED + b"\r\n"),
}


@pytest.mark.parametrize("what", FACTS)
def test_a_fact_that_is_none_is_told_and_the_page_behind_it_is_read(tmp_path: Path, what: str) -> None:
    path = warc_with(tmp_path / "from", {"article": "aaaaaaa0000001", "url": URL})
    target, block = FACTS[what]
    kind = "application/warc-fields" if target == URL else "application/json"
    form = "resource" if target.startswith(("urn:newsbot:column", "urn:newsbot:7x24")) else "metadata"
    head = f"WARC/1.1\r\nWARC-Type: {form}\r\nWARC-Record-ID: <urn:uuid:odd>\r\nWARC-Date: 2026-09-29T00:00:00Z\r\n"
    head += f"WARC-Target-URI: {target}\r\nContent-Type: {kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    path.write_bytes(member(head.encode() + block + b"\r\n\r\n") + path.read_bytes())
    ended = Bot(tmp_path / "own").run("replay", str(path), "--out", str(tmp_path / "out"))
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert "is not as newsbot writes it" in ended.err
    assert len(tree(tmp_path / "out" / "posts", "*.md")) == 1


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
