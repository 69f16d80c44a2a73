"""newsbot.warc.wacz by itself: the file it makes, and that it makes the file whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import zipfile
import zlib
from collections import deque
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.curation.catalogue import Catalogue
from newsbot.errors import BadInput, Locked, OutputError
from newsbot.warc import index
from newsbot.warc.index import Row
from newsbot.warc.wacz import BLOCK, About, Entry, Member, Page, write
from tests.crawling import tree
from tests.waczs import taken_apart
from tests.warcs import NOW, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

ABOUT = About("【虚构】", "Invented.", "newsbot/test", NOW)
PAGES = [Page("invented0000001", "https://finance.sina.com.cn/", "2026-09-29T00:39:35Z", '【虚构】"a"', "一\n二")]


def silent(done: int) -> None:
    """A progress that shows nothing."""


def whole(path: Path) -> Entry:
    """All members of a file."""
    with closing(Catalogue()) as catalogue:
        deque(catalogue.read(path, path.name), maxlen=0)
        catalogue.complete()
        catalogue.choose(everything=True)
        [entry] = catalogue.entries()
        return replace(entry, members=list(entry.members))


def made(out: Path, entries: Iterable[Entry], about: About = ABOUT) -> Path:
    write(out, entries, PAGES, about, silent)
    return out


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    """A closed file with every shape of exchange."""
    return written(tmp_path / "archive")


def test_every_shape_of_exchange_goes_in_as_it_is(warc: Path, tmp_path: Path) -> None:
    wacz = taken_apart(made(tmp_path / "a.wacz", [whole(warc)]))
    assert wacz.warcs == {warc.name: warc.read_bytes()}
    assert b"".join(wacz.index) == index.beside(warc).read_bytes()
    assert wacz.pages == [
        {
            "id": "invented0000001",
            "url": "https://finance.sina.com.cn/",
            "ts": "2026-09-29T00:39:35Z",
            "title": '【虚构】"a"',
            "text": "一\n二",
        }
    ]
    assert wacz.package["created"] == "2026-09-29T00:39:35Z"


def test_the_same_input_makes_the_same_bytes(warc: Path, tmp_path: Path) -> None:
    first, second = (made(tmp_path / f"{name}.wacz", [whole(warc)]).read_bytes() for name in "ab")
    assert first == second
    later = replace(ABOUT, created=NOW + timedelta(days=1))
    assert made(tmp_path / "c.wacz", [whole(warc)], later).read_bytes() != first


def test_a_member_that_is_left_out_moves_the_places_of_those_behind(warc: Path, tmp_path: Path) -> None:
    entry = whole(warc)
    members = list(entry.members)
    kept = members[: len(members) // 2 : -1]  # and in an order of their own
    fewer = Entry(warc, sum(member.length for member in kept), kept)
    wacz = taken_apart(made(tmp_path / "a.wacz", [fewer]))
    assert len(wacz.index) == len([member for member in kept if member.row])


def test_a_long_index_is_cut_into_blocks_that_can_be_found(tmp_path: Path) -> None:
    urls = [f"https://n.sinaimg.cn/{number:06d}.png" for number in range(BLOCK + 7)]
    packed = [_member(url) for url in urls]
    path = tmp_path / "Größe & Ähnliches.warc.gz"
    path.write_bytes(b"".join(packed))
    at = 0
    members = []
    for url, member in zip(urls, packed, strict=True):
        members.append(Member(at, len(member), Row(url, "2026-09-29T00:39:35.000000Z")))
        at += len(member)
    members.reverse()  # places in the WACZ follow it, the order of the index does not
    wacz = taken_apart(made(tmp_path / "a.wacz", [Entry(path, at, members)]))
    assert len(wacz.index) == len(urls)
    assert wacz.package["resources"][0]["name"] == "gr--e----hnliches.warc.gz"


def _member(url: str) -> bytes:
    deflater = zlib.compressobj(wbits=31)
    return deflater.compress(f"WARC/1.1\r\nWARC-Target-URI: {url}\r\n\r\n".encode()) + deflater.flush()


def test_what_is_too_large_for_a_zip_file_makes_a_zip64_one(
    warc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)  # bytes, in place of 2 GiB
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    out = made(tmp_path / "a.wacz", [whole(warc)])
    assert b"PK\x06\x06" in out.read_bytes()  # the ZIP64 end of the central directory
    assert taken_apart(out).warcs == {warc.name: warc.read_bytes()}


def _full() -> Iterator[Member]:
    yield Member(0, 10)
    raise OSError(errno.ENOSPC, "no room")


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (lambda entry: replace(entry, members=[Member(0, 1 << 40)]), BadInput),
        (lambda entry: replace(entry, path=entry.path.with_name("gone.warc.gz")), BadInput),
        (lambda entry: replace(entry, members=_full()), OutputError),
    ],
)
def test_what_fails_half_way_leaves_the_older_file_and_nothing_else(
    warc: Path, tmp_path: Path, broken: Callable[[Entry], Entry], error: type[Exception]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.wacz").write_bytes(b"older")
    with pytest.raises(error) as raised:
        made(folder / "a.wacz", [whole(warc), broken(whole(warc))])
    assert "\n" not in str(raised.value)
    assert tree(folder, "*") == {"a.wacz": b"older"}


def test_what_a_killed_process_left_is_written_over_and_what_a_living_one_writes_is_not(
    warc: Path, tmp_path: Path
) -> None:
    draft = tmp_path / ".a.wacz.tmp"
    draft.write_bytes(bytes(10_000_000))
    descriptor = os.open(draft, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(Locked):
        made(tmp_path / "a.wacz", [whole(warc)])
    os.close(descriptor)
    assert draft.stat().st_size == 10_000_000
    taken_apart(made(tmp_path / "a.wacz", [whole(warc)]))
    assert not draft.exists()
