"""What other tools say of a WACZ: `wacz validate`, cdxj-indexer, and the checkers of its WARC files."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.crawling import NOW, PROJECT
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.waczs import taken_apart

#: Other people's tools, in a virtual environment of their own.
pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
CHOICES = {"all": (), "channel": ("--channels", "china"), "time": ("--since", "8h", "--until", "2h")}


@pytest.fixture(scope="module")
def tools() -> Path:
    """Where the judges' commands are."""
    told = subprocess.run([PROJECT / "tests" / "judges.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return Path(told.strip()) / "venv" / "bin"


@pytest.fixture(scope="module", params=CHOICES)
def wacz(
    request: pytest.FixtureRequest, certified: Path, forking: Stem, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A WACZ of two runs with redirects, revisits of both kinds, pictures and a withdrawn article."""
    folder = tmp_path_factory.mktemp(request.param)
    with Server(Site(NOW, 40), certified) as server:
        bot = ForkedBot(folder / "archive", server, stem=forking, settings={"REQUISITES": "page"})
        assert bot.crawl().code == 0
        stories = server.site.in_lists()
        server.site.conditional = False
        assert bot.crawl("-a", "urls=-", stdin="\n".join(story.url for story in stories[:20])).code == 0
        server.site.conditional = True
        assert bot.crawl("-a", "urls=-", stdin="\n".join(story.url for story in stories[20:])).code == 0
        assert bot.run("withdraw", stories[-1].url, "--reason", "虚构").code == 0
    assert bot.run("wacz", str(folder / "a.wacz"), *CHOICES[request.param]).code == 0
    return folder / "a.wacz"


def test_wacz_validate_accepts_it(wacz: Path, tools: Path) -> None:
    done = subprocess.run([tools / "wacz", "validate", "-f", wacz], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Validation succeeded, the passed WACZ is valid")
    assert taken_apart(wacz).pages  # it accepts one without pages


def test_wacz_validate_finds_a_changed_byte(wacz: Path, tools: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wacz) as whole, zipfile.ZipFile(tmp_path / "changed.wacz", "w") as changed:
        for info in whole.infolist():
            content = whole.read(info)
            changed.writestr(info, content.replace(b'"ts"', b'"TS"') if "pages" in info.filename else content)
    done = subprocess.run(
        [tools / "wacz", "validate", "-f", tmp_path / "changed.wacz"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout


def test_its_index_is_that_of_cdxj_indexer(wacz: Path, tools: Path, tmp_path: Path) -> None:
    found = taken_apart(wacz)
    with zipfile.ZipFile(wacz) as archive:
        archive.extractall(tmp_path)
    files = sorted((tmp_path / "archive").iterdir())
    theirs = subprocess.run([tools / "cdxj-indexer", "-s", *files], capture_output=True, text=True, check=True).stdout
    assert sorted(map(place, theirs.splitlines())) == sorted(place(line.decode()) for line in found.index)


def place(line: str) -> tuple[str, ...]:
    """All of a CDXJ line but the digest, which cdxj-indexer makes with SHA-1 where the record has none."""
    key, moment, body = line.split(" ", 2)
    facts = json.loads(body)
    names = ("url", "mime", "status", "length", "offset", "filename")
    return (key, moment, *(facts.get(name, "") for name in names))


@pytest.mark.parametrize("judge", [["gzip", "-t"], [BIN / "warcio", "check"], [BIN / "fastwarc", "check"]])
def test_the_checkers_are_content_with_its_warc_files(wacz: Path, judge: list[str | Path], tmp_path: Path) -> None:
    for name, content in taken_apart(wacz).warcs.items():
        (tmp_path / name).write_bytes(content)
        subprocess.run([*judge, tmp_path / name], check=True, capture_output=True)


def test_pywb_takes_it_and_finds_every_page_in_it(wacz: Path, tools: Path, tmp_path: Path) -> None:
    for words in (("init", "sina"), ("add", "sina", wacz, "--unpack-wacz")):
        subprocess.run([tools / "wb-manager", *words], cwd=tmp_path, check=True, capture_output=True)
    lines = (tmp_path / "collections" / "sina" / "indexes" / "index.cdxj").read_text("utf-8").splitlines()
    found = taken_apart(wacz)
    assert len(lines) == len(found.index)
    captured = {place(line)[1:3] for line in lines}
    for page in found.pages:
        assert ("".join(filter(str.isdigit, page["ts"])), page["url"]) in captured
