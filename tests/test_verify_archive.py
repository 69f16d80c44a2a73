"""`scrapy verify` over a whole archive: WARC files, CDXJ, ledger and posts against each other, also beside a crawl."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from newsbot.archive import Archive
from newsbot.curation.audit import Audit
from newsbot.warc.reader import records
from newsbot.warc.writer import Writer
from tests.crawling import NOW, Bot, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.foreign.making import FIXTURES
from tests.forked import ForkedBot, Stem
from tests.warcs import WIRE, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsbot.warc.fault import Fault

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(certified: Path) -> Iterator[Server]:
    with Server(Site(NOW, 8, troubles=False), certified) as server:
        yield server


@pytest.fixture(scope="module")
def made(server: Server, tmp_path_factory: pytest.TempPathFactory, forking: Stem) -> Path:
    """An archive of three runs; the later two kept an article each as a revisit, of both kinds."""
    bot = ForkedBot(tmp_path_factory.mktemp("made") / "archive", server, stem=forking)
    assert bot.crawl("-a", "channels=finance").code == 0
    first, second = [one for one in server.site.in_lists() if one.seed % 3 == 0][:2]  # these are sent in chunks
    assert bot.crawl("-a", "urls=-", stdin=first.url).code == 0
    server.site.conditional = False
    assert bot.crawl("-a", "urls=-", stdin=second.url).code == 0
    return bot.root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be harmed."""
    return shutil.copytree(made, tmp_path / "archive")


def audit(root: Path) -> list[Fault]:
    """What is wrong with an archive."""
    return list(Audit(Archive(root, root / "posts", ""), lambda *_: None).faults())


def brief(root: Path) -> list[tuple[str, str]]:
    """The same, by kind and file."""
    return [(one.kind, one.file) for one in audit(root)]


def warcs(root: Path) -> list[Path]:
    return sorted(root.rglob("*.warc.gz"))


def name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def of_type(path: Path, kind: str) -> int:
    """Where the first record of a type begins."""
    return next(one.offset for one in records(path) if getattr(one, "type", "") == kind)


def test_an_archive_at_rest_has_no_faults_and_is_not_written_to(made: Path, forking: Stem) -> None:
    before = tree(made, "*.*")
    ended = ForkedBot(made, stem=forking).run("verify")
    assert (ended.code, ended.err) == (0, ""), ended
    assert ended.out.count("\n") == 1
    assert ended.out.startswith("newsbot verify: 3 files, ")
    assert ended.out.endswith(" 8 posts: all is well\n")
    assert tree(made, "*.*") == before


def test_each_finding_is_one_line_and_the_kinds_add_up(root: Path, forking: Stem) -> None:
    first = warcs(root)[0]
    first.write_bytes(first.read_bytes()[:-3])
    post = next((root / "posts").rglob("*.md"))
    post.unlink()
    ended = ForkedBot(root, stem=forking).run("verify")
    assert (ended.code, ended.err) == (8 + 32, ""), ended
    assert f"torn: {name(root, first)} at offset " in ended.out
    assert f"missing: {name(root / 'posts', post)}: the post is not there; " in ended.out
    as_json = ForkedBot(root, stem=forking).run("verify", "--json")
    *found, total = map(json.loads, as_json.out.splitlines())
    assert as_json.code == total["exit_code"] == 40
    assert total["faults"] == len(found) == ended.out.count("\n") - 1
    assert all(set(one) == {"file", "kind", "offset", "todo", "what"} for one in found)


def posts(root: Path) -> list[Path]:
    return sorted((root / "posts").rglob("*.md"))


def indexes(root: Path) -> list[Path]:
    return sorted(root.rglob("*.cdxj"))


def ledger(root: Path) -> Path:
    for beside in root.glob("ledger.sqlite-*"):
        beside.unlink()
    return root / "ledger.sqlite"


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:-size])


def overwrite(path: Path) -> None:
    path.write_bytes(b"x" * 9000)


def change(path: Path, old: str, new: str) -> None:
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")


def copy(path: Path, to: str) -> None:
    shutil.copy(path, path.with_name(to))


def text(path: Path) -> None:
    path.write_text("no WARC", "utf-8")
    path.with_name(f"{path.name}.cdxj").write_bytes(b"")


def left_open(root: Path) -> None:
    """A file as a kill leaves it, at a complete exchange."""
    path = next(root.rglob("*.warc.gz")).with_name("newsbot-20260929003935120-00000-here.warc.gz")
    writer = Writer(root, info={}, clock=lambda: NOW)
    file = root / writer.append(exchange()).file
    writer.sync()
    shutil.copy(f"{file}.open", f"{path}.open")
    writer.close()
    file.unlink()
    file.with_name(f"{file.name}.cdxj").unlink()


HARMS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a post is gone": (lambda root: posts(root)[0].unlink(), "missing", "not there"),
    "a post is cut": (lambda root: cut(posts(root)[0], 30), "missing", "no post"),
    "a post is empty": (lambda root: posts(root)[0].write_bytes(b""), "missing", "no post"),
    "a post's text is another": (lambda root: change(posts(root)[0], "</p>", "!</p>"), "missing", "its text is not"),
    "a post's title is another": (lambda root: change(posts(root)[0], "【虚构】", "【改过】"), "missing", "title, ch"),
    "a post is nobody's": (lambda root: copy(posts(root)[0], "another.md"), "missing", "knows no such post"),
    "an index is gone": (lambda root: indexes(root)[0].unlink(), "missing", "the index is not there"),
    "an index is of nothing": (lambda root: copy(indexes(root)[0], "gone.warc.gz.cdxj"), "missing", "is not there"),
    "an index is cut": (lambda root: cut(indexes(root)[0], 30), "missing", "no CDXJ line begins here"),
    "a text with a WARC's name": (lambda root: text(root / "warc/a.warc"), "torn", "is no WARC file"),
    "a killed run's file": (left_open, "torn", "a killed run left this file open"),
    "the ledger is gone": (lambda root: ledger(root).unlink(), "missing", "the ledger is not there"),
    "the ledger is no database": (lambda root: overwrite(ledger(root)), "torn", "cannot be used"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_one_harm_gives_one_finding(harm: str, root: Path) -> None:
    doing, kind, what = HARMS[harm]
    doing(root)
    [fault] = audit(root)
    assert fault.kind == kind
    assert what in fault.what
    assert fault.todo
    assert "\n" not in str(fault)


def test_a_lost_file_is_told_with_all_that_leans_on_it(root: Path) -> None:
    first = warcs(root)[0]
    first.unlink()
    found = audit(root)
    assert {one.code for one in found} == {32}
    whats = " | ".join(f"{one.file}: {one.what}" for one in found)
    assert f"{name(root, first)}: the file is not there; the ledger names it" in whats
    assert f"{name(root, first)}.cdxj: it is the index of {first.name}, which is not there" in whats
    assert "which is in none of these files" in whats  # the second file's revisit


def test_a_file_that_cannot_be_read_at_all_is_not_told_record_by_record(root: Path) -> None:
    first = warcs(root)[0]
    overwrite(first)
    whats = [one.what for one in audit(root) if one.file == name(root, first)]
    assert len(whats) == 2
    assert "is no WARC file" in whats[0]
    assert "the ledger took it in with" in whats[1]


def test_what_the_ledger_knows_and_no_file_holds_is_told_record_by_record(root: Path) -> None:
    with closing(sqlite3.connect(root / "ledger.sqlite")) as database:
        record, file, at = database.execute("SELECT record_id, file, offset FROM capture LIMIT 1").fetchone()
        database.execute("UPDATE capture SET offset = offset + 1 WHERE record_id = ?", (record,))
        database.commit()
    [fault] = audit(root)
    assert (fault.kind, fault.file, fault.offset) == ("missing", file, at + 1)
    assert record in fault.what


def test_a_changed_byte_is_told_where_its_record_begins(root: Path) -> None:
    path = warcs(root)[0]
    content = path.read_bytes()
    at = of_type(path, "response")
    end = next(one.offset for one in records(path) if one.offset > at)
    harmed = bytearray(content)
    harmed[end - 30] ^= 1
    path.write_bytes(bytes(harmed))
    assert ("torn", name(root, path)) in brief(root)  # gzip's own checksum notices first
    assert audit(root)[0].offset == at


def test_a_file_that_is_being_written_is_no_fault_whatever_it_ends_with(root: Path) -> None:
    writer = Writer(root, info={}, clock=lambda: NOW)
    one = writer.append(exchange())
    path = root / f"{one.file}.open"
    assert brief(root) == []
    with path.open("ab") as stream:
        stream.write(b"\x1f\x8b\x08half a member")
        stream.flush()
        assert brief(root) == []
    writer.close()
    assert ("torn", one.file) in brief(root)


def test_verify_beside_a_crawl_that_writes_all_the_time_finds_nothing(certified: Path, tmp_path: Path) -> None:
    with Server(Site(NOW, 60, troubles=False), certified) as server:
        bot = Bot(tmp_path / "archive", server)
        crawl = bot.start("crawl", "sina_finance", "-a", "channels=finance", settings={"WARC_MAX_BYTES": 100_000})
        looked = 0
        while crawl.poll() is None:
            if (bot.root / "archive.json").exists() and (bot.root / "ledger.sqlite").exists() and bot.warcs():
                assert audit(bot.root) == []
                looked += 1
        out, err = crawl.communicate()
        assert crawl.returncode == 0, out + err
    assert looked > 1
    assert audit(bot.root) == []


def test_evidence_of_others_is_bound_by_no_order_of_ours(root: Path, forking: Stem) -> None:
    bot = ForkedBot(root, stem=forking)
    for name in ("wget-dedup", "pywb-record", "warcprox-dedup"):
        assert bot.run("import", str(FIXTURES / name / "a.warc.gz")).code == 0
    assert len(list((root / "warc" / "imported").rglob("*.warc.gz"))) == 3
    assert list(map(str, audit(root))) == []


def test_every_shape_of_the_wire_is_without_faults(tmp_path: Path, forking: Stem) -> None:
    writer = Writer(tmp_path, info={}, clock=lambda: NOW)
    for one in WIRE.values():
        writer.append(one)
    writer.close()
    ended = ForkedBot(tmp_path, stem=forking).run("verify", str(tmp_path))
    assert (ended.code, ended.err) == (0, ""), ended
