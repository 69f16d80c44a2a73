"""CDXJ: the same lines as the field's indexers make, whoever writes them."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.errors import ArchiveError, BadInput, NotAWarc, RecordError
from newsbot.warc import index
from newsbot.warc.digest import sha256
from newsbot.warc.index import Sorter
from newsbot.warc.surt import surt
from tests.warcs import BROKEN, FIXTURES, NOTE, PAGE, URL, WIRE, compose, unfolded, written

INDEXED = FIXTURES / "indexed"
PLACE = ("url", "status", "offset", "length", "filename")


def _rows(cdxj: bytes) -> list[tuple[str, str, dict[str, Any]]]:
    rows = []
    for line in cdxj.splitlines():
        key, timestamp, body = line.decode().split(" ", 2)
        rows.append((key, timestamp, json.loads(body)))
    return rows


def _places(cdxj: bytes) -> list[tuple[str, ...]]:
    return sorted((key, when, *(row.get(name, "-") for name in PLACE)) for key, when, row in _rows(cdxj))


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """A copy of the file that the judges indexed."""
    return Path(shutil.copy(INDEXED / "every-shape.warc.gz", tmp_path))


@pytest.mark.parametrize("judge", ["cdxj-indexer", "pywb"])
def test_keys_times_and_places_are_those_of_the_fields_indexers(judge: str, indexed: Path) -> None:
    ours = index.write(indexed).read_bytes()
    assert _places(ours) == _places((INDEXED / f"{judge}.cdxj").read_bytes())


def test_lines_are_cdxj_indexers_byte_for_byte_where_the_record_has_a_payload_digest(indexed: Path) -> None:
    ours = index.write(indexed).read_bytes().splitlines()
    theirs = [line for line in (INDEXED / "cdxj-indexer.cdxj").read_bytes().splitlines() if b"sha256:" in line]
    assert len(theirs) > 12
    assert set(theirs) <= set(ours)


@pytest.mark.parametrize("payload_digest", ["auto", "entity"])
def test_a_rebuilt_index_is_byte_for_byte_the_one_left_at_close(payload_digest: str, tmp_path: Path) -> None:
    path = written(tmp_path, payload_digest=payload_digest)
    left = index.beside(path).read_bytes()
    index.beside(path).unlink()
    assert index.write(path).read_bytes() == left


def test_lines_are_sorted_by_their_bytes(tmp_path: Path) -> None:
    lines = index.beside(written(tmp_path)).read_bytes().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len([one for one in WIRE if one not in ("no-answer", "not-sent", "no-http")]) + 1


def test_a_chunked_answer_is_listed_with_the_digest_of_its_entity(tmp_path: Path) -> None:
    (_, _, row), _ = _rows(index.beside(written(tmp_path, [WIRE["chunked"]])).read_bytes())
    assert row["digest"] == sha256(PAGE)


def test_a_plain_file_is_indexed_by_the_bytes_of_its_records(tmp_path: Path) -> None:
    path = tmp_path / "plain.warc"
    path.write_bytes(b"".join(unfolded(compose([WIRE["chunked"]]))))
    (_, _, row), _ = _rows(index.write(path).read_bytes())
    start, length = int(row["offset"]), int(row["length"])
    record = path.read_bytes()[start : start + length]
    assert record.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
    assert record.endswith(b"0\r\n\r\n\r\n\r\n")


def test_look_up_finds_all_captures_of_an_address_in_the_order_of_time(tmp_path: Path) -> None:
    cdxj = index.beside(written(tmp_path))
    rows = list(index.lookup(cdxj, URL.replace("https://", "http://www.")))
    assert len(rows) > 15
    assert {row["url"] for row in rows} == {URL}
    assert {row["timestamp"] for row in rows} == {"20260929003935"}
    assert [row["mime"] for row in index.lookup(cdxj, NOTE[0])] == ["application/json"]
    assert list(index.lookup(cdxj, "https://finance.sina.com.cn/absent")) == []


@pytest.mark.parametrize("defect", BROKEN)
def test_a_torn_file_is_indexed_up_to_the_tear_which_is_told(defect: str, tmp_path: Path) -> None:
    path = tmp_path / f"{defect}.warc.gz"
    whole = tmp_path / "whole" / path.name
    whole.parent.mkdir()
    whole.write_bytes(compose([WIRE["chunked"]]))
    path.write_bytes(BROKEN[defect](whole.read_bytes()))
    with pytest.raises(RecordError, match=f"{defect}.warc.gz at offset .*; indexed up to there") as told:
        index.write(path)
    lines = index.write(whole).read_bytes().splitlines()
    before = [line for line in lines if int(json.loads(line.split(b" ", 2)[2])["offset"]) < told.value.offset]
    assert index.beside(path).read_bytes().splitlines() == (before if told.value.offset else [])


def test_a_file_in_one_gzip_member_gets_no_index_but_advice(tmp_path: Path) -> None:
    import gzip  # noqa: PLC0415

    path = tmp_path / "single.warc.gz"
    path.write_bytes(gzip.compress(b"".join(unfolded(compose([WIRE["chunked"]])))))
    with pytest.raises(BadInput, match=r"share one gzip member; `warcio recompress`"):
        index.write(path)


def test_what_is_no_warc_gets_no_index(tmp_path: Path) -> None:
    with pytest.raises(NotAWarc):
        index.write(tmp_path)


def test_an_index_that_cannot_be_written_is_an_archive_error(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(compose([WIRE["chunked"]]))
    index.beside(path).mkdir()
    with pytest.raises(ArchiveError, match=r"a\.warc\.gz\.cdxj could not be written: Is a directory"):
        index.write(path)


@pytest.mark.parametrize("pair", (FIXTURES / "surt.tsv").read_text("utf-8").splitlines())
def test_keys_are_those_of_the_surt_package(pair: str) -> None:
    url, key = pair.split("\t")
    assert surt(url) == key


@pytest.mark.parametrize(
    "url", ["", "http:", "//", "http://[::1", "http://" + "9" * 5000, "http://a:" + "9" * 99, "\ud83d"]
)
def test_no_address_is_too_odd_for_a_key(url: str) -> None:
    assert surt(url).isprintable()


@given(st.text(alphabet="%2541/a", max_size=40))
def test_a_path_is_unescaped_until_nothing_changes(path: str) -> None:
    plain = path.encode()
    while (once := unquote_to_bytes(plain)) != plain:
        plain = once
    escaped = "".join(chr(byte) if chr(byte) in "0123456789a/" else f"%{byte:02X}" for byte in plain)
    assert surt(f"http://a.cn/{path}") == surt(f"http://a.cn/{escaped}")


@pytest.mark.parametrize("deep", ["%" + "25" * 300_000, "%" * 300_000 + "3" * 300_000 + "2"])
def test_an_escape_within_escapes_takes_time_that_grows_with_its_length(deep: str) -> None:
    assert surt(f"http://a.cn/{deep}").startswith("cn,a)/")  # the square of it would take hours


def test_an_index_is_sorted_also_where_its_lines_are_many() -> None:
    with closing(Sorter()) as sorter:
        lines = [b"%d\n" % (number * 7919 % 20_011) for number in range(20_011)]
        for line in lines + lines[:5]:
            sorter.add(line)
        assert list(sorter) == sorted(lines)
