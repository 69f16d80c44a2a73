"""What Scrapy and Twisted promise nobody: when one of the names that the tee rests on changes, the crawl stops."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from newsbot import settings as newsbot_settings
from newsbot.handlers.ciphers import registered
from tests.crawling import NOW, PROJECT
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.faults import GONE, UNUSED
from tests.forked import ForkedBot, stem
from tests.judging import targets
from tests.wirerun import Crawl, request, stored
from tests.wireserver import WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forked import Stem

ADVICE = "Scrapy or Twisted has changed, install the versions of requirements.txt"


@pytest.fixture(scope="module")
def forking() -> Iterator[Stem]:
    with stem() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(Site(NOW, 3), tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def bot(server: Server, forking: Stem, tmp_path: Path) -> ForkedBot:
    return ForkedBot(tmp_path / "archive", server, stem=forking)


def faulty(fault: str, at: str) -> dict[str, str]:
    """Settings that put a fault of tests/faults.py in place before anything else begins."""
    return {"EXTENSIONS": json.dumps({**newsbot_settings.EXTENSIONS, f"tests.faults.{fault}": -1}), "FAULT_AT": at}


@pytest.mark.parametrize("name", GONE)
def test_a_name_that_is_gone_ends_the_crawl_before_its_first_request(name: str, bot: ForkedBot, server: Server) -> None:
    asked = len(server.log)
    ended = bot.crawl("-a", "channels=finance", settings=faulty("NameGone", name))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert f"'{name.rpartition('.')[2]}'" in ended.err
    assert ADVICE in ended.err
    assert bot.warcs() == []
    assert len(server.log) == asked


@pytest.mark.parametrize("name", UNUSED)
def test_a_method_that_is_no_longer_called_ends_the_crawl_at_its_first_answer(
    name: str, bot: ForkedBot, server: Server
) -> None:
    asked = len(server.log)
    ended = bot.crawl("-a", "channels=finance", settings=faulty("NameUnused", name))
    assert (ended.code, ended.err.count("\n")) == (4, 1), ended
    errors = bot.verdicts()[0]["errors"]
    assert errors
    assert all(ADVICE in error for error in errors)
    assert targets(bot, "response") == []
    assert len(server.log) - asked <= 2  # of robots.txt, whose failure Scrapy takes for leave, and of the list


@pytest.mark.parametrize(
    "name",
    [
        "scrapy.core.downloader.handlers.http11._LenientHTTP11ClientFactory",
        "scrapy.core.downloader.handlers.http11._LenientHTTP11ClientProtocol",
    ],
)
def test_a_class_that_is_gone_leaves_no_crawl_to_begin(name: str, tmp_path: Path) -> None:
    module, _, lost = name.rpartition(".")
    program = f"import {module} as home; del home.{lost}; from scrapy.cmdline import execute; execute()"
    words = ["crawl", "sina_finance", "-s", f"ARCHIVE_DIR={tmp_path / 'archive'}"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert lost in last
    assert last.endswith(ADVICE)
    assert not (tmp_path / "archive").exists()


def test_cipher_suites_bear_their_registered_names() -> None:
    said = subprocess.run(["openssl", "ciphers", "-stdname", "DEFAULT"], capture_output=True, text=True, check=True)
    names = {line.split()[2]: line.split()[0] for line in said.stdout.splitlines()}
    assert len(names) > 25
    for name, expected in names.items():
        assert registered(name) == ("" if re.search(r"PSK|SRP", name) else expected), name


def test_an_exchange_over_tls_1_2_has_the_registered_name_of_its_cipher_suite(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    with WireServer(tmp_path / "site") as server:
        plan = {"alone": [request("https://older.test/ok/older")]}
        crawl = Crawl(tmp_path, server, plan, TLS_CA_FILE=str(server.older_ca)).wait()
    exchange = [record for record in stored(crawl.warcs()) if record.type in {"request", "response"}]
    assert [record.values("WARC-Protocol") for record in exchange] == [["http/1.1", "tls/1.2"]] * 2
    [suite] = {suite for record in exchange for suite in record.values("WARC-Cipher-Suite")}
    assert suite == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
