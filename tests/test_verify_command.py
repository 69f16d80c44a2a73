"""`scrapy verify PATH…`: files of any make, by themselves; and input that is none."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsbot.warc import reader
from newsbot.warc.digest import sha256
from newsbot.warc.foreign import Foreign
from newsbot.warc.verify import Verification
from tests.foreign.making import FIXTURES
from tests.forked import ForkedBot, Stem
from tests.torn import ENDS, GOOD, PLAIN
from tests.warcs import PAGE, URL, chunked, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from newsbot.warc.fault import Fault
    from tests.crawling import Ended

#: warcio leaves its own temporary files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile")


@pytest.fixture
def verify(tmp_path: Path, forking: Stem) -> Callable[..., Ended]:
    """The command, without an archive."""
    bot = ForkedBot(tmp_path / "no-archive", stem=forking)
    return lambda *words: bot.run("verify", *map(str, words))


def by_warcio(version: str = "1.1", *, packed: bool = True) -> bytes:
    """A file as warcio writes it, with a revisit that names its original by address and date alone."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=packed, warc_version=version)
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    first = writer.create_warc_record(URL, "response", payload=BytesIO(PAGE), http_headers=head)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "warcio"}))
    writer.write_record(first)
    digest, date = first.rec_headers["WARC-Payload-Digest"], first.rec_headers["WARC-Date"]
    writer.write_record(writer.create_revisit_record(URL, digest, URL, date, head))
    return out.getvalue()


def found(folder: Path, content: bytes, name: str = "a.warc.gz") -> list[Fault]:
    """The faults of a file."""
    file = folder / name
    file.write_bytes(content)
    looking = Verification()
    return [*looking.file(file, name), *looking.finish()]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_file_by_warcio_is_without_faults(tmp_path: Path, version: str, *, packed: bool) -> None:
    assert found(tmp_path, by_warcio(version, packed=packed)) == []


def test_a_foreign_file_in_one_gzip_member_is_without_faults(tmp_path: Path) -> None:
    assert found(tmp_path, gzip.compress(by_warcio(packed=False))) == []


@pytest.mark.parametrize("maker", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_the_files_of_every_tool_are_without_faults(maker: str) -> None:
    looking = Foreign([FIXTURES / maker], lambda *_: None)
    assert list(map(str, looking.faults())) == []
    assert looking.verification.records > 3


def test_a_revisit_by_address_and_date_dangles_without_its_original(tmp_path: Path) -> None:
    info, _, revisit = unfolded(by_warcio())
    [fault] = found(tmp_path, info + revisit, "a.warc")
    assert (fault.kind, fault.offset) == ("missing", len(info))
    assert URL in fault.what


def test_a_digest_over_the_chunks_and_one_over_the_entity_are_both_good(tmp_path: Path) -> None:
    body = chunked(PAGE)
    for payload in (sha256(body), sha256(PAGE)):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert found(tmp_path, record(head + body, payload)) == []
    [fault] = found(tmp_path, record(head + body, sha256(b"")))
    assert (fault.kind, "WARC-Payload-Digest" in fault.what) == ("digest", True)


def record(block: bytes, payload: str) -> bytes:
    """One response record in a plain file."""
    head = (
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-09-29T00:00:00Z\r\n"
        f"WARC-Target-URI: {URL}\r\nContent-Type: application/http;msgtype=response\r\n"
        f"WARC-Payload-Digest: {payload}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


@pytest.mark.parametrize("harm", [b"", b"x"])
def test_the_payload_of_a_block_larger_than_memory_is_compared(
    harm: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_BLOCK", 100)
    body = PAGE * 50
    faults = found(tmp_path, record(b"HTTP/1.1 200 OK\r\n\r\n" + body, sha256(body + harm)))
    assert [one.kind for one in faults] == ["digest"] * len(harm)


def test_an_unknown_algorithm_is_counted_and_no_fault(tmp_path: Path, verify: Callable[..., Ended]) -> None:
    (tmp_path / "a.warc").write_bytes(record(b"HTTP/1.1 200 OK\r\n\r\n", "blake9:00"))
    ended = verify(tmp_path / "a.warc")
    assert (ended.code, ended.out) == (
        0,
        "newsbot verify: 1 files, 1 records, 1 digests that cannot be compared here: all is well\n",
    )


def test_a_wacz_is_read_where_it_lies(tmp_path: Path, verify: Callable[..., Ended]) -> None:
    wacz = tmp_path / "a.wacz"
    with zipfile.ZipFile(wacz, "w") as content:
        content.writestr("archive/good.warc.gz", by_warcio())
        content.writestr("archive/torn.warc.gz", GOOD[:-1])
        content.writestr("pages/pages.jsonl", b"{}")
    ended = verify("--json", wacz)
    fault, total = map(json.loads, ended.out.splitlines())
    assert (ended.code, fault["file"], fault["offset"]) == (8, f"{wacz}/archive/torn.warc.gz", ENDS[-2])
    assert total["files"] == 2


def test_a_wacz_whose_bytes_changed_is_torn(tmp_path: Path, verify: Callable[..., Ended]) -> None:
    wacz = tmp_path / "a.wacz"
    with zipfile.ZipFile(wacz, "w") as content:
        content.writestr("archive/a.warc", PLAIN)
    changed = wacz.read_bytes().replace("新桥".encode(), "旧桥".encode())
    wacz.write_bytes(changed)
    ended = verify(wacz)
    assert ended.code & 8, ended
    assert "CRC" in ended.out or "digest" in ended.out


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path, verify: Callable[..., Ended]) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.warc.gz").write_bytes(GOOD)
    (tmp_path / "deep" / "b.warc").write_bytes(by_warcio(packed=False))
    (tmp_path / "deep" / "c.txt").write_text("no WARC", "utf-8")
    ended = verify(tmp_path / "deep")
    assert (ended.code, ended.out.partition(",")[0]) == (0, "newsbot verify: 2 files"), ended


BAD: dict[str, Callable[[Path], Path]] = {
    "an empty folder": lambda folder: folder,
    "a text file": lambda folder: made(folder / "a.warc.gz", b"a text"),
    "what is not there": lambda folder: folder / "a.warc.gz",
    "a WACZ that is no zip file": lambda folder: made(folder / "a.wacz", b"no zip"),
    "a WACZ without WARC files": lambda folder: zipped(folder / "a.wacz"),
}


def made(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("pages/pages.jsonl", b"{}")
    return path


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_gets_one_line_and_exit_code_1(bad: str, tmp_path: Path, verify: Callable[..., Ended]) -> None:
    (tmp_path / "folder").mkdir()
    path = BAD[bad](tmp_path / "folder")
    ended = verify(path)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended
    assert str(path) in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_gets_one_line(tmp_path: Path, verify: Callable[..., Ended]) -> None:
    path = made(tmp_path / "a.warc.gz", GOOD)
    path.chmod(0)
    ended = verify(path)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended


def test_without_an_archive_there_is_one_line(verify: Callable[..., Ended]) -> None:
    ended = verify()
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended
    assert "there is no archive" in ended.err


def test_an_unknown_option_is_usage(verify: Callable[..., Ended]) -> None:
    assert verify("--quick").code == 2
