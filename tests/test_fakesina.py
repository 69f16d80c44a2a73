"""The fake Sina tells what sina.md section 6 outlines, and runs alone. Nothing of newsbot is used here."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakesina import LoggedExchange, Server, Site, read_log
from tests.fakesina.articles import CAST, EVERY
from tests.fakesina.client import Client, named

NOW = datetime(2026, 9, 28, 16, 39, 35, tzinfo=UTC)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def site() -> Site:
    return Site(NOW)


def test_every_variant_is_in_the_cast_and_nearly_all_become_posts(server: Server) -> None:
    listed = server.site.listed()
    assert len(listed) == len({one.key for one in listed}) == len({one.url for one in listed}) == 66
    assert {one.variant for one in listed} == set(EVERY) - {"empty"}
    assert Counter(one.kind for one in listed) == {"post": 64, "gone": 2}


def test_every_title_says_that_it_is_invented(server: Server) -> None:
    assert all(one.title.removeprefix("“").startswith("【虚构】") for one in server.site.listed())


def test_every_article_is_of_the_last_twenty_hours_or_a_little_more(server: Server) -> None:
    created = [story.created for story in server.site.in_lists()]
    assert NOW - timedelta(hours=22) < min(created)
    assert max(created) < NOW
    assert max(story.intime for story in server.site.in_lists()) < NOW


def test_the_same_seed_tells_the_same_and_another_seed_something_else() -> None:
    assert Site(NOW).in_lists() == Site(NOW).in_lists()
    assert not {one.key for one in Site(NOW).listed()} & {one.key for one in Site(NOW, seed=2).listed()}


def test_every_page_answers_as_its_kind_says(server: Server, client: Client) -> None:
    for one in server.site.listed():
        status, headers, body = client.get(one.url)
        story = server.site.story(one.key)
        if story.home:
            assert (status, headers["Location"]) == (302, story.home)
            status, headers, body = client.get(story.home)
        if one.variant == "busy":
            assert status == 503
            status, headers, body = client.get(one.url)
        assert status == (404 if one.variant == "hard-404" else 200)
        assert headers["Content-Type"] == "text/html"
        text = body.decode(story.encoding)
        assert ("页面没有找到" in text) == (one.kind == "gone")
        assert one.kind == "gone" or '<h1 class="main-title">' in text


@pytest.mark.parametrize("variant", [part.variant for part in CAST])
def test_a_page_has_the_outline_of_layout_d(server: Server, client: Client, variant: str) -> None:
    story = named(server.site, variant)
    text = client.get((story.home or story.url).replace("http:", "https:"))[2].decode(story.encoding)
    assert text.startswith("\n<!DOCTYPE html><!-- [ published at ")
    box = "article" if "news.sina" in story.url else "artibody"
    marks = ["<title>", 'name="weibo: article:create_at"', 'class="main-title"', 'class="date"', f'id="{box}"']
    places = [text.index(mark) for mark in [*marks, "<!-- 原始正文end -->", 'class="seo_data_list"', "SINA_TEXT_PAGE"]]
    assert places == sorted(places)
    assert ('"weibo: article:update_at"' in text) == (variant == "edited")
    assert ('data-sudaclick="content_keywords_p"' in text) == (variant != "no-keywords")


def test_a_page_that_says_gb2312_holds_characters_that_gb2312_has_not(server: Server, client: Client) -> None:
    body = client.get(named(server.site, "gb2312").url)[2]
    assert b"charset=gb2312" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("gb2312")
    assert "镕" in body.decode("gb18030")


def test_two_articles_have_one_title(server: Server) -> None:
    assert len({one.title for one in server.site.listed() if one.variant == "twin"}) == 1


@pytest.mark.parametrize("kilobytes", [60, 93, 120])
def test_pages_can_be_as_large_as_real_ones_and_shrink_as_well(kilobytes: int) -> None:
    site = Site(NOW, 40, size_kb=kilobytes, troubles=False)
    site.warm()
    raw = [int(wire.etag.split("-")[1].split('"')[0], 16) for _, wire in site._wires.values()]
    packed = [len(wire.body) for _, wire in site._wires.values()]
    assert abs(sum(raw) / len(raw) - kilobytes * 1000) < kilobytes * 100
    assert 0.22 < sum(packed) / sum(raw) < 0.30  # sina.md section 5: 26 %


def run_alone(directory: Path, *words: str) -> tuple[dict[str, Any], list[LoggedExchange]]:
    """Start the site as a process, ask it one thing, end it; gives site.json and the log."""
    ready = directory / "ready"
    command = [sys.executable, "-m", "tests.fakesina", "--directory", str(directory), "--ready", str(ready), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline(), process.stdout.readline()]
        facts: dict[str, Any] = json.loads((directory / "site.json").read_text("utf-8"))
        assert facts["pid"] == process.pid
        assert lines[0].startswith("crawl it: scrapy crawl sina_finance -s CONNECT_TO=")
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(facts["look"]).port or 0, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    return facts, read_log(directory / "log")


def test_alone_it_says_how_to_crawl_it_and_ends_at_sigterm(tmp_path: Path) -> None:
    words = ("--articles", "40", "--state", str(tmp_path / "state"), "--log", str(tmp_path / "log"))
    facts, log = run_alone(tmp_path, *words, "--now", NOW.isoformat())
    assert len(facts["listed"]) == 40
    assert Path(facts["ca_file"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert json.loads((tmp_path / "connect_to.json").read_text("utf-8")) == facts["connect_to"]
    assert log[0].request.startswith(b"GET / HTTP/1.1\r\n")
    again, _ = run_alone(tmp_path, *words)  # the state file remembers, so --now is not needed
    assert again["listed"] == facts["listed"]
    assert datetime.fromisoformat(again["now"]) > datetime.fromisoformat(facts["now"])
