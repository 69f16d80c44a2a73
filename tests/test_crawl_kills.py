"""kill -9 at any moment, started again each time: in the end everything is there, once."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.warc.reader import Record, records
from tests.crawling import NOW, Bot, looks, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.judging import assert_verified

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 20
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.slow


def kill_when(process: subprocess.Popen[str], server: Server, exchanges: int) -> bool:
    """Kill the crawl once the server has answered so often; False when it came to its end before."""
    while len(server.log) < exchanges:
        try:
            process.communicate(timeout=0.005)
        except subprocess.TimeoutExpired:
            continue
        return False
    process.kill()
    process.communicate()
    return True


def acknowledged(root: Path) -> set[str]:
    """The records that the ledger knows of."""
    ledger = root / "ledger.sqlite"
    if not ledger.exists():
        return set()
    connection = sqlite3.connect(ledger)
    try:
        return {row[0] for row in connection.execute("SELECT record_id FROM capture")}
    except sqlite3.OperationalError:  # killed before the tables were made
        return set()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bot, Server, set[str]]]:
    """A crawl that was killed twenty times and then let be; with what the ledger had acknowledged on the way."""
    chance = random.Random(20)
    known: set[str] = set()
    with Server(Site(NOW, 100), tmp_path_factory.mktemp("site")) as server:
        bot = Bot(tmp_path_factory.mktemp("killed") / "archive", server)
        kills = 0
        while kills < KILLS:
            process = bot.start("crawl", "sina_finance")
            if not kill_when(process, server, len(server.log) + chance.randrange(0, 15)):
                break
            kills += 1
            known |= acknowledged(bot.root)
        assert kills == KILLS
        last = bot.crawl()
        assert last.code == 0, last
        yield bot, server, known


def test_every_listed_article_has_its_one_post_or_its_true_refusal(killed: tuple[Bot, Server, set[str]]) -> None:
    bot, server, _ = killed
    expected = {one.key: one.kind for one in server.site.listed()}
    assert {key: "post" if state == "published" else why for key, (state, why) in looks(bot).items()} == expected
    assert len(bot.posts()) == list(expected.values()).count("post")


def test_no_acknowledged_record_is_lost(killed: tuple[Bot, Server, set[str]]) -> None:
    bot, _, known = killed
    kept = {record.id for path in bot.warcs() for record in records(path) if isinstance(record, Record)}
    assert len(known) > 20
    assert known <= kept


def test_no_half_exchange_is_in_any_file(killed: tuple[Bot, Server, set[str]]) -> None:
    bot, server, _ = killed
    answered = {one.response for one in server.log}
    for path in bot.warcs():
        found = [record for record in records(path) if isinstance(record, Record)]
        assert len(found) == len(list(records(path))), path
        whole = {record_id for record in found if record.type == "metadata" for record_id in record.concurrent_to}
        assert {record.id for record in found if record.type in {"request", "response", "revisit"}} == whole
        assert all(record.block in answered for record in found if record.type == "response")


def test_verify_finds_nothing(killed: tuple[Bot, Server, set[str]]) -> None:
    bot, _, _ = killed
    assert_verified(bot)


def test_nothing_is_left_lying_about(killed: tuple[Bot, Server, set[str]]) -> None:
    bot, _, _ = killed
    assert [path for path in bot.root.rglob("*") if path.name.endswith((".open", ".tmp", ".cut"))] == []


@pytest.mark.parametrize("judge", [["gzip", "-t"], [str(BIN / "warcio"), "check"], [str(BIN / "fastwarc"), "check"]])
def test_the_judges_are_content(killed: tuple[Bot, Server, set[str]], judge: list[str]) -> None:
    bot, _, _ = killed
    for path in bot.warcs():
        done = subprocess.run([*judge, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_views_equal_a_rebuild(killed: tuple[Bot, Server, set[str]], tmp_path: Path) -> None:
    bot, _, _ = killed
    copy = Bot(tmp_path / "copy")
    shutil.copytree(bot.root, copy.root)
    shutil.rmtree(copy.root / "posts")
    for view in [*copy.root.glob("ledger.sqlite*"), *copy.root.rglob("*.cdxj")]:
        view.unlink()
    assert copy.run("replay").code == 0
    assert copy.posts() == bot.posts()
    assert copy.cdxj() == bot.cdxj()
    assert copy.dump() == bot.dump()
    assert tree(copy.root, "*.md") == tree(bot.root, "*.md")
