"""The records that exchanges become: golden bytes, digests, members, and what the field's own tools say of them."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.warc import message
from newsbot.warc.digest import agrees, sha256
from newsbot.warc.member import member
from newsbot.warc.reader import Record, records
from tests.warcs import FIXTURES, GOLDEN, NOTE, PAGE, WIRE, answer, chunked, compose, exchange, golden, plain, written

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("name", GOLDEN)
def test_records_are_byte_for_byte_the_golden_ones(name: str) -> None:
    assert golden(name) == (FIXTURES / "golden" / f"{name}.warc").read_bytes()


@given(st.binary(max_size=5000), st.one_of(st.just(b""), st.binary(max_size=300), st.just(bytes(200_000))))
def test_a_member_unfolds_to_what_went_in(text: bytes, stored: bytes) -> None:
    assert gzip.decompress(member(text, stored)) == text + stored


def test_a_stored_body_of_exactly_one_block_is_a_whole_member() -> None:
    for size in (65534, 65535, 65536, 131070):
        assert gzip.decompress(member(b"head", bytes(size))) == b"head" + bytes(size)


def test_a_body_that_came_compressed_is_not_deflated_again(tmp_path: Path) -> None:
    noise = hashlib.shake_256(b"1").digest(25_000)
    (_, _, response, _, _) = _read(
        written(tmp_path, [plain(answer(b"\x1f\x8b" + noise, "Content-Encoding: gzip", "Content-Type: text/html"))])
    )
    assert response.length - len(noise) < 600
    assert noise in Path(response.file).read_bytes()


def _read(path: Path) -> list[Record]:
    found = list(records(path))
    assert all(isinstance(record, Record) for record in found)
    return [record for record in found if isinstance(record, Record)]


@pytest.mark.parametrize("name", WIRE)
def test_blocks_are_the_wires_bytes_and_come_back_from_the_file(name: str, tmp_path: Path) -> None:
    given_exchange = WIRE[name]
    found = {record.type: record for record in _read(written(tmp_path, [given_exchange]))[1:-1]}
    assert found["request"].block == given_exchange.request if given_exchange.request else "request" not in found
    if message.status(given_exchange.response or b""):
        assert found["response"].block == given_exchange.response
        assert found["response"].truncated == given_exchange.truncated
    else:
        assert "response" not in found
    assert found["metadata"].context == given_exchange.context
    assert not [record.type for record in found.values() if record.disagreements()]


def test_all_records_of_an_exchange_have_its_date_and_name_each_other(tmp_path: Path) -> None:
    warcinfo, request, response, metadata, note = _read(written(tmp_path, [exchange()]))
    assert {record.date for record in (request, response, metadata)} == {"2026-09-29T00:39:35.120045Z"}
    assert request.concurrent_to == ()
    assert response.concurrent_to == (request.id,)
    assert metadata.concurrent_to == (request.id, response.id)
    named = {record.headers["warc-warcinfo-id"] for record in (request, response, metadata, note)}
    assert named == {f"<{warcinfo.id}>"}
    assert len({record.id for record in (warcinfo, request, response, metadata, note)}) == 5


def test_the_metadata_says_what_the_wire_does_not(tmp_path: Path) -> None:
    odd = plain(None, error="lost\r\nWARC-Type: response\n", interim=b"HTTP/1.1 103 \xe9\r\n\r\n", surplus=3)
    metadata = _read(written(tmp_path, [odd]))[2]
    assert metadata.fields == {
        "fetchTimeMs": "41",
        "interim": '"HTTP/1.1 103 \\u00e9\\r\\n\\r\\n"',
        "surplus": "3",
        "error": "lost WARC-Type: response",
    }


def test_an_answer_that_is_no_http_is_kept_in_the_metadata(tmp_path: Path) -> None:
    _, request, metadata, _ = _read(written(tmp_path, [WIRE["no-http"]]))
    assert (request.type, metadata.type) == ("request", "metadata")
    assert metadata.fields["unparsed"] == '"SSH-2.0-\\u00ff\\u0000\\r\\n"'


def test_a_tls_chain_is_written_once_in_a_file_and_named_by_every_exchange(tmp_path: Path) -> None:
    path = written(tmp_path, [exchange(), exchange(), exchange(chain=(b"another",))])
    fields = [
        record.fields for record in _read(path) if record.type == "metadata" and not record.target.startswith("urn")
    ]
    assert ["tlsCertificate" in one for one in fields] == [True, False, True]
    assert (
        fields[0]["tlsChain"]
        == fields[1]["tlsChain"]
        == f"{sha256(b'leaf certificate')} {sha256(b'issuing certificate')}"
    )


def test_a_note_is_canonical_json(tmp_path: Path) -> None:
    note = _read(written(tmp_path, []))[-1]
    assert (note.type, note.target, note.content_type) == ("metadata", NOTE[0], "application/json")
    assert note.block.decode() == '{"complete":true,"list":"china","name":"【虚构】窗口"}'
    assert note.facts == NOTE[1]


def test_chunked_answers_have_a_payload_digest_only_when_asked(tmp_path: Path) -> None:
    one = plain(answer(chunked(PAGE), "Transfer-Encoding: chunked"))
    without = _read(written(tmp_path, [one]))[2]
    with_it = _read(written(tmp_path, [one], payload_digest="entity"))[2]
    assert "warc-payload-digest" not in without.headers
    assert with_it.headers["warc-payload-digest"] == sha256(PAGE)
    assert with_it.disagreements() == []


def test_digests_of_other_tools_are_checked_too() -> None:
    for label in (
        "sha1:" + hashlib.sha1(b"abc").hexdigest(),  # noqa: S324 - what other tools write
        "SHA-1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5",
        "md5:900150983cd24fb0d6963f7d28e17f72",
        "sha256:" + hashlib.sha256(b"abc").hexdigest().upper(),
    ):
        assert agrees(label, [b"a", b"bc"]) is True
        assert agrees(label, [b"abd"]) is False
    assert agrees("blake9:00", [b""]) is None
    assert agrees("sha1:not base32!", [b""]) is False


def _said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{done.returncode}{done.stdout}"


def test_every_judge_is_content_with_every_shape_of_the_wire(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert _said("gzip", "-t", path) == "0"
    assert _said(BIN / "warcio", "check", path) == "0"
    assert _said(BIN / "fastwarc", "check", "-p", path).startswith("0")


def test_warcio_reads_the_same_records_as_we_do(tmp_path: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415

    path = written(tmp_path)
    with path.open("rb") as stream:
        reading = ArchiveIterator(stream, no_record_parse=True)
        theirs = []
        for record in reading:
            block = record.raw_stream.read()
            place = reading.get_record_offset(), reading.get_record_length()
            theirs.append((record.rec_type, record.rec_headers.get_header("WARC-Record-ID"), block, place))
    ours = [(one.type, f"<{one.id}>", one.block, (one.offset, one.length)) for one in _read(path)]
    assert ours == theirs


def test_the_same_exchanges_make_the_same_bytes() -> None:
    assert compose(WIRE.values()) == compose(WIRE.values())
