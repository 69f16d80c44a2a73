"""Archives of other tools, in every packing: read, replayed, and told where they are broken."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.errors import BadInput, NotAWarc
from newsbot.warc.enclosed import Enclosed, located
from newsbot.warc.reader import Record, Torn, check, fetch, raw
from newsbot.warc.resume import readable
from tests.crawling import tree
from tests.foreign.making import FIXTURES
from tests.forked import ForkedBot
from tests.judging import standing, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.forked import BotOf

pytestmark = pytest.mark.slow

FOLDERS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
#: Fixtures that also hold the answer for a page that is missing.
WITH_MISSING = {"wget-dedup", "wget-plain", "wget-one-gzip-member", "pywb-record", "warcprox-dedup"}
WACZ = FIXTURES / "browsertrix-like-wacz" / "a.wacz"
DEFLATED = FIXTURES / "wacz-deflated-without-index" / "a.wacz"
PLAIN = FIXTURES / "wget-plain" / "a.warc"
GZIPPED = FIXTURES / "wget-dedup" / "a.warc.gz"


def files(name: str) -> list[Path]:
    """The files of a fixture."""
    return sorted(path for path in (FIXTURES / name).iterdir() if path.is_file())


@pytest.fixture
def bot(bot_of: BotOf) -> ForkedBot:
    return bot_of()


def replayed(bot: ForkedBot, *paths: Path) -> dict[str, bytes]:
    """The posts that these files give by themselves."""
    out = bot.root.parent / "out"
    ended = bot.run("replay", *map(str, paths), "--out", str(out))
    assert (ended.code, ended.err) == (0, ""), ended
    return tree(out / "posts", "*.md")


def secure(posts: dict[str, bytes]) -> dict[str, bytes]:
    """Posts whose links are https, as if the pages had been asked for so (two of the tools went by plain http)."""
    return {name: content.replace(b"http://", b"https://") for name, content in posts.items()}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_tools_files_give_the_same_posts(name: str, bot: ForkedBot) -> None:
    posts = secure(replayed(bot, PLAIN))
    assert len(posts) == 2
    found = secure(replayed(bot, *files(name)))
    assert found.items() <= posts.items()
    assert len(found) == (1 if name.startswith("heritrix") else 2)
    out = ForkedBot(bot.root.parent / "out", stem=bot.stem)
    states = sorted(state for state, _ in standing(out).values())
    assert states == ["gone"] * (name in WITH_MISSING) + ["published"] * len(found)


@pytest.mark.parametrize("name", FOLDERS)
def test_every_record_is_read_whole_and_byte_for_byte(name: str) -> None:
    for path in files(name):
        found = list(readable(path))
        assert all(isinstance(one, Record) for one in found)
        records = [one for one in found if isinstance(one, Record)]
        whole = b"".join(b"".join(raw(one)) + b"\r\n\r\n" for one in records)
        assert whole == unpacked(path)
        for one in records:
            assert fetch(located(Path(one.file)), one.offset, one.inner) == one


def unpacked(path: Path) -> bytes:
    """The records of a file in their order, by other means than newsbot's."""
    if path.suffix == ".wacz":
        with zipfile.ZipFile(path) as zipped:
            parts = [zipped.read(name) for name in sorted(zipped.namelist()) if name.startswith("archive/")]
    else:
        parts = [path.read_bytes()]
    return b"".join(gzip.decompress(part) if part[:2] == b"\x1f\x8b" else part for part in parts)


def test_revisits_of_every_kind_find_their_original(bot: ForkedBot) -> None:
    kinds = {}
    for name in FOLDERS:
        replayed(bot, *files(name))
        out = ForkedBot(bot.root.parent / "out", stem=bot.stem)
        captures = [row for row in table(out, "capture") if row["refers_to"]]
        by_id = {row["record_id"]: row for row in table(out, "capture")}
        for row in captures:
            assert by_id[row["refers_to"]]["digest"] == row["digest"]
        kinds[name] = len(captures)
    assert kinds["wget-dedup"] == 3  # by WARC-Refers-To
    assert kinds["warcio-warc-1.0"] == kinds["warcio-warc-1.1"] == 2  # by address and date
    assert kinds["browsertrix-like-wacz"] == 1
    assert kinds["heritrix-like-digest-revisit"] == 1  # by payload digest alone
    assert kinds["warcprox-dedup"] == 3


def test_a_revisit_whose_original_no_file_holds_is_told(bot: ForkedBot) -> None:
    ended = bot.run("replay", str(FIXTURES / "wget-dedup" / "b.warc.gz"), "--out", str(bot.root.parent / "out"))
    assert ended.code == 3, ended
    assert ended.err.count("which no file holds; restore that file; passed over\n") == 3


def test_a_file_in_a_wacz_is_named_as_if_the_wacz_were_a_folder() -> None:
    named = {one.file for one in readable(WACZ)}
    assert named == {f"{WACZ}/archive/rec-0.warc.gz", f"{WACZ}/archive/rec-1.warc.gz"}
    assert located(WACZ / "archive" / "rec-0.warc.gz") == Enclosed(WACZ, "archive/rec-0.warc.gz")


def test_damage_in_a_wacz_is_told_by_offset_and_what_can_be_read_is(tmp_path: Path) -> None:
    path = tmp_path / "hurt.wacz"
    content = bytearray(WACZ.read_bytes())
    at = content.index(b"\x1f\x8b", 2000)  # in the second member of the first file
    content[at + 40 : at + 60] = bytes(20)
    path.write_bytes(content)
    found = list(readable(path))
    (torn,) = [one for one in found if isinstance(one, Torn)]
    assert torn.file == f"{path}/archive/rec-0.warc.gz"
    assert torn.offset > 0
    assert len(found) == len(list(readable(WACZ)))


def test_a_deflated_wacz_that_breaks_off_inside_is_told(tmp_path: Path) -> None:
    path = tmp_path / "hurt.wacz"
    content = bytearray(DEFLATED.read_bytes())
    content[9000:9050] = bytes(50)
    path.write_bytes(content)
    *records, torn = readable(path)
    assert records
    assert isinstance(torn, Torn)
    assert "the zip file is damaged" in torn.why


BAD: dict[str, tuple[Callable[[Path], object], type[BadInput], str]] = {
    "a folder": (lambda path: path.mkdir(), NotAWarc, "is a directory, not a WARC file; name the files in it"),
    "nothing": (lambda _: None, BadInput, "cannot be read: No such file"),
    "text": (lambda path: path.write_text("hello there"), NotAWarc, "is no WARC file: it begins with b'hello'"),
    "zstd": (lambda path: path.write_bytes(b"\x28\xb5\x2f\xfd1234"), NotAWarc, "unpack it with `zstd -d`"),
    "zstd with a dictionary": (lambda path: path.write_bytes(b"\x5d\x2a\x4d\x181234"), NotAWarc, "zstdwarccat"),
    "a cut wacz": (lambda path: path.write_bytes(WACZ.read_bytes()[:-90]), NotAWarc, "was it copied to its end?"),
    "an empty zip": (lambda path: zipfile.ZipFile(path, "w").close(), NotAWarc, "holds no WARC file in archive/"),
    "a zip without WARC files": (lambda path: _zip(path, "pages/pages.jsonl"), NotAWarc, "holds no WARC file"),
}


def _zip(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(name, b"{}")


@pytest.mark.parametrize("command", ["replay", "import", "index"])
@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_clear_line_and_leaves_nothing(what: str, command: str, bot: ForkedBot) -> None:
    make, kind, said = BAD[what]
    path = bot.root.parent / "given"
    make(path)
    with pytest.raises(kind, match=said.replace("?", r"\?").replace("(", r"\(")):
        check(path)
    before = sorted(bot.root.parent.rglob("*"))
    ended = bot.run(command, str(path), *(["--out", str(bot.root.parent / "out")] if command == "replay" else []))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    if not (command == "index" and what == "a folder"):
        assert said in ended.err or command == "index"
    assert sorted(bot.root.parent.rglob("*")) == before


@pytest.mark.parametrize("cut", ["torn.warc.gz", "torn.warc"])
def test_a_cut_file_is_replayed_as_far_as_it_goes(cut: str, bot: ForkedBot) -> None:
    source = GZIPPED if cut.endswith(".gz") else PLAIN
    path = bot.root.parent / cut
    path.write_bytes(source.read_bytes()[:-20])
    ended = bot.run("replay", str(path), "--out", str(bot.root.parent / "out"), "--json")
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert json.loads(ended.out)["posts"] == 2


def test_what_follows_damage_is_read_too(bot: ForkedBot) -> None:
    path = bot.root.parent / "hurt.warc.gz"
    shutil.copy(GZIPPED, path)
    first = next(one for one in readable(path) if isinstance(one, Record) and one.type == "response")
    content = bytearray(path.read_bytes())
    content[first.offset + 100 : first.offset + 200] = bytes(100)
    path.write_bytes(content)
    ended = bot.run("replay", str(path), "--out", str(bot.root.parent / "out"), "--json")
    assert (ended.code, ended.err.count("\n")) == (3, 1), ended
    assert f"at offset {first.offset}" in ended.err
    assert json.loads(ended.out)["posts"] == 1


def test_without_room_for_the_views_it_says_so(bot: ForkedBot) -> None:
    words = bot.command("replay", str(WACZ), "--out", str(bot.root.parent / "out"))[3:]
    ended = bot.execute(*words, file_size=4000)
    assert (ended.code, ended.err.count("\n")) == (5, 1), ended
