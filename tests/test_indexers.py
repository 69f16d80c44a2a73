"""newsbot's CDXJ beside those of three other indexers, and what the field's checkers say, over files of every kind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.warc import index
from newsbot.warc.original import IDENTICAL, NOT_MODIFIED
from tests.crawling import NOW, PROJECT
from tests.exhibits import exhibit_archive
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judges import compared_by_fastwarc
from tests.judging import whole_records
from tests.wirecases import CASES
from tests.wirerun import Crawl, request, wait_for_all
from tests.wireserver import HOST, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Other people's tools, in a virtual environment of their own.
pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
#: Folders with more files to judge, separated by `:`; .ci/run names the demo's.
MORE = os.environ.get("NEWSBOT_WARCS", "")
KINDS = ("a whole crawl", "the sample", "the wire matrix", *(["NEWSBOT_WARCS"] if MORE else []))
Place = tuple[str, ...]


@pytest.fixture(scope="module", params=KINDS)
def files(
    request: pytest.FixtureRequest, certified: Path, forking: Stem, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """WARC files of one kind, each with newsbot's index beside it."""
    folder = tmp_path_factory.mktemp("judged")
    made: dict[str, Callable[[], list[Path]]] = {
        "a whole crawl": lambda: crawled(folder, certified, forking),
        "the sample": lambda: sorted((PROJECT / "archive" / "sample").rglob("*.warc.gz")),
        "the wire matrix": lambda: wired(folder),
        "NEWSBOT_WARCS": lambda: [path for root in MORE.split(":") for path in sorted(Path(root).rglob("*.warc.gz"))],
    }
    found = made[request.param]()
    assert found
    return found


def crawled(folder: Path, certified: Path, forking: Stem) -> list[Path]:
    """Two days' work on the whole cast: images, style sheets, redirects, revisits of both kinds, a withdrawal."""
    with Server(Site(NOW, 66), certified) as server:
        bot = ForkedBot(folder / "archive", server, stem=forking, settings={"REQUISITES": "page"})
        exhibit_archive(bot, server.site)
    assert {profile for path in bot.warcs() for profile in revisits(path).values()} == {IDENTICAL, NOT_MODIFIED}
    return bot.warcs()


def wired(folder: Path) -> list[Path]:
    """Every odd way of tests/wirecases.py to answer, over http and https."""
    asked = [
        request(f"{scheme}://{HOST}/{name}/{scheme}-alone", case)
        for scheme in ("http", "https")
        for name, case in CASES.items()
    ]
    with WireServer(folder) as server:
        return wait_for_all({"wire": Crawl(folder, server, {"alone": asked})})["wire"].warcs()


def revisits(path: Path) -> dict[str, str]:
    """Record id → profile of a file's revisits."""
    return {one.id: one.headers["warc-profile"] for one in whole_records(path) if one.type == "revisit"}


def lines(path: Path) -> list[bytes]:
    return index.beside(path).read_bytes().splitlines()


def places(found: Iterable[str]) -> Counter[Place]:
    """urlkey, timestamp, offset, length and file name of each line."""
    rows = (line.split(" ", 2) for line in found if not line.startswith(" CDX"))
    facts = ((key, moment, json.loads(body)) for key, moment, body in rows)
    return Counter((key, moment, str(row["offset"]), str(row["length"]), row["filename"]) for key, moment, row in facts)


def by_cdxj_indexer(judges: Path, path: Path) -> list[str]:
    """Its lines."""
    return told(judges / "venv" / "bin" / "cdxj-indexer", path)


def by_pywb(judges: Path, path: Path) -> list[str]:
    """Its lines."""
    return told(judges / "venv" / "bin" / "cdx-indexer", "-j", path)


def by_npm_warcio(judges: Path, path: Path) -> list[str]:
    """Its lines, but for two habits: it adds a method that is not GET to a key, and keeps case in keys without host."""
    found = []
    for line in told(judges / "node" / "node_modules" / ".bin" / "warcio", "cdx-index", path):
        key, rest = line.split(" ", 1)
        key = re.sub(r"[?&]__wb_method=.*", "", key)
        found.append(f"{key.lower() if key.startswith('urn:') else key} {rest}")
    return found


def told(*command: str | Path) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("judge", [by_cdxj_indexer, by_pywb, by_npm_warcio])
def test_an_indexer_finds_the_same_records_in_the_same_places(
    judge: Callable[[Path, Path], list[str]], judges: Path, files: list[Path]
) -> None:
    for path in files:
        assert places(judge(judges, path)) == places(line.decode() for line in lines(path))


@pytest.mark.parametrize("judge", [["gzip", "-t"], [BIN / "warcio", "check"], [BIN / "fastwarc", "check"]])
def test_a_checker_is_content(judge: list[str | Path], files: list[Path]) -> None:
    for path in files:
        told(*judge, path)


def test_fastwarc_bears_every_digest_out(files: list[Path]) -> None:
    for path in files:
        assert compared_by_fastwarc(path)
