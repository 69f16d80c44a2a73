"""Reading WARC files of every make, and telling where one is torn."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbot.errors import BadInput, NotAWarc, RecordError
from newsbot.warc import reader
from newsbot.warc.digest import sha256
from newsbot.warc.member import member
from newsbot.warc.reader import Record, Torn, check, fetch, records
from tests.warcs import BROKEN, NOTE, PAGE, URL, WIRE, answer, compose, ends, exchange, plain, unfolded, written

GOOD = compose([exchange(), WIRE["chunked"]])
OLD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2015-03-04T05:06:07Z\r\n"
    b"WARC-Target-URI: <http://finance.sina.com.cn/old>\r\nContent-Type: application/http; msgtype=response\r\n"
    b"WARC-Block-Digest: sha1:VTZSHJPLMFUEJV5WGH4H6RNRBHKTXQ4G\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
)


def _file(folder: Path, content: bytes, name: str = "a.warc.gz") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _whole(path: Path) -> list[Record]:
    found = list(records(path))
    assert not [one for one in found if isinstance(one, Torn)]
    return [one for one in found if isinstance(one, Record)]


def test_records_come_in_order_with_their_place(tmp_path: Path) -> None:
    found = _whole(_file(tmp_path, GOOD))
    assert [one.type for one in found] == ["warcinfo", *["request", "response", "metadata"] * 2, "metadata"]
    assert [one.offset for one in found] == [0, *ends(GOOD)[:-1]]
    assert [one.offset + one.length for one in found] == ends(GOOD)


def test_a_plain_file_gives_the_same_records_by_its_own_offsets(tmp_path: Path) -> None:
    content = b"".join(unfolded(GOOD))
    found = _whole(_file(tmp_path, content, "a.warc"))
    assert [one.block for one in found] == [one.block for one in _whole(_file(tmp_path, GOOD))]
    assert all(content[one.offset : one.offset + 8] == b"WARC/1.1" for one in found)
    assert found[-1].offset + found[-1].length == len(content)


def test_a_file_in_one_gzip_member_gives_the_same_records(tmp_path: Path) -> None:
    path = _file(tmp_path, gzip.compress(b"".join(unfolded(GOOD))))
    found = _whole(path)
    assert [one.block for one in found] == [one.block for one in _whole(_file(tmp_path, GOOD, "b.warc.gz"))]
    assert {one.length for one in found} == {0}
    assert fetch(path, 0, found[3].inner).id == found[3].id


def test_any_record_is_fetched_by_its_offset(tmp_path: Path) -> None:
    path = _file(tmp_path, GOOD)
    for one in _whole(path):
        assert fetch(path, one.offset) == one


@pytest.mark.parametrize("offset", [1, 50, len(GOOD), len(GOOD) + 9])
def test_where_no_record_begins_none_is_fetched(offset: int, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=rf"a\.warc\.gz at offset {offset}: "):
        fetch(_file(tmp_path, GOOD), offset)


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_file_gives_what_is_whole_and_then_says_where_it_is_torn(defect: str, tmp_path: Path) -> None:
    *found, last = records(_file(tmp_path, BROKEN[defect](GOOD)))
    whole = 0 if defect == "torn-first-member" else len(ends(GOOD)) - 1
    assert len(found) == whole
    assert isinstance(last, Torn)
    assert last.offset == [0, *ends(GOOD)][whole]
    assert last.why
    assert "\n" not in last.why


@pytest.mark.parametrize("cut", [*range(1, 12), 100, 200])
def test_a_plain_file_cut_anywhere_is_torn(cut: int, tmp_path: Path) -> None:
    content = b"".join(unfolded(GOOD))
    *found, last = records(_file(tmp_path, content[:-cut], "a.warc"))
    assert isinstance(last, Torn)
    assert len(found) == (8 if cut <= 4 else 7)
    assert content[last.offset :].startswith(b"WARC/1.1\r\nWARC-Type: metadata\r\n")


@given(st.integers(1, len(GOOD) - 1))
@settings(max_examples=150, deadline=None)
def test_a_file_cut_at_any_byte_never_gives_a_record_that_was_not_there(cut: int) -> None:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        found = list(records(_file(Path(folder), GOOD[:cut])))
    complete = sum(end <= cut for end in ends(GOOD))
    assert [isinstance(one, Record) for one in found] == [True] * complete + [False] * (cut not in ends(GOOD))


def test_an_empty_file_is_torn(tmp_path: Path) -> None:
    (torn,) = records(_file(tmp_path, b""))
    assert torn == Torn(str(tmp_path / "a.warc.gz"), 0, "the file is empty")


@pytest.mark.parametrize(
    "content",
    [b"plain text\n", b"<html></html>", bytes(500), gzip.compress(b"no records"), b"\xff\xfe", b"filedesc://a.arc"],
)
def test_a_file_that_is_no_warc_is_refused(content: bytes, tmp_path: Path) -> None:
    path = _file(tmp_path, content)
    for look in (check, lambda path: list(records(path))):
        with pytest.raises(NotAWarc, match=r"a\.warc\.gz is no WARC file: it begins with b['\"]"):
            look(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAWarc, match="is a directory"):
        check(tmp_path)


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"absent\.warc cannot be read: No such file"):
        check(tmp_path / "absent.warc")


def test_a_whole_file_passes_the_check(tmp_path: Path) -> None:
    check(_file(tmp_path, GOOD))


def test_an_old_file_has_dates_in_six_digits_and_targets_without_brackets(tmp_path: Path) -> None:
    block = answer(PAGE, "Content-Type: text/html")
    (one,) = _whole(_file(tmp_path, OLD % (len(block), block), "old.warc"))
    assert (one.date, one.target) == ("2015-03-04T05:06:07.000000Z", "http://finance.sina.com.cn/old")
    assert one.disagreements() == ["WARC-Block-Digest"]
    assert (one.http.status, one.payload) == (200, PAGE)


@pytest.mark.parametrize(
    ("written_date", "date"),
    [
        ("2026-09-29T00:39:35.120045Z", "2026-09-29T00:39:35.120045Z"),
        ("2026-09-29T00:39:35.1Z", "2026-09-29T00:39:35.100000Z"),
        ("2026-09-29T00:39:35.123456789Z", "2026-09-29T00:39:35.123456Z"),
        ("yesterday", "yesterday"),
    ],
)
def test_dates_of_any_precision_are_read_to_six_digits(written_date: str, date: str) -> None:
    assert Record({"warc-date": written_date}, b"", "", 0).date == date


def test_a_header_with_bare_line_feeds_and_folded_values_is_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path, b"WARC/1.0\nWARC-Type: resource\nWARC-Target-URI: a:\n b\nContent-Length: 2\n\nhi\n\n", "a.warc"
    )
    one = next(records(path))
    assert isinstance(one, Record)
    assert (one.type, one.target, one.block) == ("resource", "a: b", b"hi")


@pytest.mark.parametrize(
    "length", [b"", b"Content-Length: -1\r\n", b"Content-Length: many\r\n", b"Content-Length: " + b"9" * 5000 + b"\r\n"]
)
def test_a_record_without_a_length_is_damage(length: bytes, tmp_path: Path) -> None:
    (torn,) = records(_file(tmp_path, member(b"WARC/1.1\r\nWARC-Type: resource\r\n" + length + b"\r\nhi\r\n\r\n")))
    assert isinstance(torn, Torn)
    assert "Content-Length" in torn.why


def test_a_member_that_ends_before_its_record_does_is_damage(tmp_path: Path) -> None:
    *_, torn = records(_file(tmp_path, GOOD + member(b"WARC/1.1\r\nContent-Length: 9\r\n\r\nhi\r\n\r\n")))
    assert torn == Torn(str(tmp_path / "a.warc.gz"), len(GOOD), "the record says 9 bytes, but 6 are there")


def test_a_payload_is_what_was_meant(tmp_path: Path) -> None:
    found = {one.target + one.type: one for one in _whole(_file(tmp_path, GOOD))}
    assert found[URL + "response"].payload == PAGE
    assert found[NOTE[0] + "metadata"].payload == found[NOTE[0] + "metadata"].block


def test_a_body_that_another_tool_stored_decoded_under_the_old_head_is_read(tmp_path: Path) -> None:
    block = answer(PAGE, "Content-Type: text/html", "Transfer-Encoding: chunked", "Content-Encoding: gzip")
    (one,) = _whole(_file(tmp_path, OLD % (len(block), block), "old.warc"))
    assert one.payload == PAGE


def test_a_changed_byte_shows_in_the_digests(tmp_path: Path) -> None:
    plain_text = b"".join(unfolded(compose([plain(answer(PAGE, "Content-Type: text/html"))])))
    wrong = _whole(_file(tmp_path, plain_text.replace("新桥".encode(), "旧桥".encode()), "a.warc"))
    assert [one.disagreements() for one in wrong if one.type == "response"] == [
        ["WARC-Block-Digest", "WARC-Payload-Digest"]
    ]


def test_a_record_larger_than_the_limit_is_checked_but_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_BLOCK", 100_000)
    block = bytes(30_000_000)
    head = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Block-Digest: %s\r\nContent-Length: 30000000\r\n\r\n"
    right, wrong = head % sha256(block).encode(), head % sha256(b"").encode()
    path = _file(tmp_path, member(right + block + b"\r\n\r\n") + member(wrong + block + b"\r\n\r\n") + GOOD)
    del block
    tracemalloc.start()
    found = list(records(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    assert len(found) == 10
    large = [one for one in found[:2] if isinstance(one, Record)]
    assert [(len(one.block), one.size) for one in large] == [(100_000, 30_000_000)] * 2
    assert [one.disagreements() for one in large] == [[], ["WARC-Block-Digest"]]


def test_reading_may_begin_at_any_record(tmp_path: Path) -> None:
    path = written(tmp_path, [exchange(), exchange()])
    found = _whole(path)
    assert list(records(path, start=found[4].offset)) == found[4:]


def test_a_reader_that_stops_early_closes_its_file(tmp_path: Path) -> None:
    reading = records(_file(tmp_path, GOOD))
    next(reading)
    reading.close()  # a file left open would be a ResourceWarning, which is an error here
