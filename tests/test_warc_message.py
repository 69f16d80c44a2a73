"""HTTP messages as bytes: heads, chunks, content codings."""

from __future__ import annotations

import gzip
import importlib
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.warc import message
from tests.warcs import PAGE, answer, chunked


def test_head_and_body_are_always_the_input() -> None:
    raw = b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody\r\n\r\nmore"
    parts = message.split(raw)
    assert parts.head + parts.body == raw
    assert (parts.status, parts.reason, parts.body) == (200, "OK", b"body\r\n\r\nmore")


def test_a_head_in_bare_line_feeds_ends_at_its_empty_line() -> None:
    assert message.split(b"HTTP/1.0 200 OK\nA: 1\n\nbody").body == b"body"


def test_names_keep_their_case_and_repeats_and_are_found_by_lower_case() -> None:
    parts = message.split(b"HTTP/1.1 200 OK\r\ncOnTeNt-TyPe: a\r\nX: 1\r\nX: 2\r\n\r\n")
    assert parts.headers == [(b"cOnTeNt-TyPe", b"a"), (b"X", b"1"), (b"X", b"2")]
    assert parts.value("content-type") == "a"
    assert parts.get(b"x") == b"1"
    assert parts.value("absent") == ""


def test_folded_lines_are_joined_and_lines_without_a_colon_passed_over() -> None:
    assert message.split(b"HTTP/1.1 200 OK\r\nA: 1\r\n\t2\r\nno colon\r\n\r\n").headers == [(b"A", b"1 2")]


def test_a_head_of_folded_lines_is_read_in_time_that_grows_with_their_number() -> None:
    folded = b"HTTP/1.1 200 OK\r\nA: 1\r\n" + b" 2\r\n" * 1_000_000 + b"\r\n"  # the square of it would take minutes
    assert message.split(folded).headers == [(b"A", b"1" + b" 2" * 1_000_000)]


def test_a_cut_head_is_no_whole_one_and_has_no_body() -> None:
    parts = message.split(b"HTTP/1.1 200 OK\r\nContent-Ty")
    assert (parts.whole, parts.body, parts.status) == (False, b"", 200)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 404),
        (b"HTTP/1.1\r\n\r\n", 0),
        (b"SSH-2.0", 0),
        (b"", 0),
        (b"HTTP/2 200", 200),
    ],
)
def test_the_status_is_read_from_the_first_line_or_is_zero(raw: bytes, status: int) -> None:
    assert message.status(raw) == message.split(raw).status == status


def test_a_request_has_no_status_and_keeps_its_body() -> None:
    parts = message.split(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nq=1")
    assert (parts.status, parts.start_line, parts.body) == (0, b"POST / HTTP/1.1", b"q=1")


@given(st.binary(max_size=400), st.integers(1, 50))
def test_what_was_put_into_chunks_comes_out(body: bytes, size: int) -> None:
    assert message.dechunk(chunked(body, size, trailer=b"A: 1\r\n")) == (body, True)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_cut_chunks_give_the_beginning_and_say_so(body: bytes, data: st.DataObject) -> None:
    framed = chunked(body, 16)
    cut = data.draw(st.integers(0, len(framed) - 1))
    got, whole = message.dechunk(framed[:cut])
    assert body.startswith(got)
    assert not whole


@pytest.mark.parametrize("body", [b"zz\r\nabc\r\n", b"\r\n", b"3\r\nabcdef\r\n", b"-1\r\n\r\n", b"0x3\r\nabc\r\n"])
def test_chunks_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="chunk"):
        message.dechunk(body)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "103 Early Hints"])
def test_some_answers_have_no_entity_whatever_follows(status: str) -> None:
    assert message.entity(answer(b"x", "Content-Length: 1", status=status)) == b""


def test_the_answer_to_head_has_no_entity() -> None:
    assert message.entity(answer(b"", "Content-Length: 9"), "HEAD") == b""


def test_only_a_last_coding_of_chunked_frames_the_body() -> None:
    assert message.entity(answer(chunked(PAGE), "Transfer-Encoding: gzip, Chunked")) == PAGE
    assert message.entity(answer(PAGE, "Transfer-Encoding: identity")) == PAGE


def _raw_deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(content) + deflater.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(PAGE)),
        (b"x-gzip", gzip.compress(PAGE)),
        (b"GZIP", gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:])),
        (b"gzip", gzip.compress(PAGE) + b"\0\0padding"),
        (b"deflate", zlib.compress(PAGE)),
        (b"deflate", _raw_deflate(PAGE)),
        (b"identity", PAGE),
        (b"", PAGE),
        (b"deflate, gzip", gzip.compress(zlib.compress(PAGE))),
        (b"gzip", PAGE),
    ],
)
def test_content_codings_come_off(coding: bytes, body: bytes) -> None:
    assert message.decoded(body, [(b"Content-Encoding", coding)]) == PAGE


def test_nothing_decodes_to_nothing() -> None:
    assert message.decoded(b"", [(b"Content-Encoding", b"gzip")]) == b""


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(PAGE)[:-9]),
        (b"gzip", gzip.compress(PAGE)[:-8] + b"\0\0\0\0\0\0\0\0"),
        (b"gzip", b"\x1f\x8b\x08\x00broken"),
        (b"deflate", b"\xff\xff"),
        (b"br", b"\xff\xff\xff"),
        (b"br", importlib.import_module("brotli").compress(PAGE)[:-4]),
        (b"exi", b"x"),
    ],
)
def test_broken_cut_or_unknown_codings_are_refused(coding: bytes, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"compressed|brotli|not known"):
        message.decoded(body, [(b"Content-Encoding", coding)])


_BROTLI = importlib.import_module("brotli")


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(bytes(10_000_000))),
        (b"gzip", gzip.compress(bytes(60_000)) * 2),
        (b"deflate", zlib.compress(bytes(10_000_000))),
        (b"deflate", _raw_deflate(bytes(10_000_000))),
        (b"br", _BROTLI.compress(bytes(10_000_000))),
        (b"br, gzip", gzip.compress(_BROTLI.compress(bytes(10_000_000)))),
    ],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(
    coding: bytes, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "DECODED_LIMIT", 100_000)
    with pytest.raises(message.TooLarge, match="larger than 100000 bytes when decoded"):
        message.decoded(body, [(b"Content-Encoding", coding)])


def test_as_much_as_the_limit_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "DECODED_LIMIT", 100_000)
    for coding, compress in ((b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"br", _BROTLI.compress)):
        assert message.decoded(compress(bytes(100_000)), [(b"Content-Encoding", coding)]) == bytes(100_000)


def test_what_is_packed_too_often_or_into_too_many_members_is_refused() -> None:
    body = PAGE
    for number in range(1, 8):
        body = gzip.compress(body)
        headers = [(b"Content-Encoding", b"gzip")] * number
        if number <= message.CODINGS_LIMIT:
            assert message.decoded(body, headers) == PAGE
        else:
            with pytest.raises(ValueError, match=f"{number} content codings"):
                message.decoded(body, headers)
    with pytest.raises(ValueError, match="more than 250000 gzip members"):
        message.decoded(gzip.compress(b"", mtime=0) * 1_500_000, headers[:1])


def test_many_small_gzip_members_are_decoded_in_time_that_grows_with_their_number() -> None:
    body = gzip.compress(b"x", mtime=0) * 200_000  # the square of it would take minutes
    assert message.decoded(body, [(b"content-encoding", b"gzip")]) == b"x" * 200_000


def test_a_gzip_member_may_be_longer_than_what_is_read_at_a_time() -> None:
    body = random.Random(1).randbytes(100_000)
    assert message.decoded(gzip.compress(body) * 2 + bytes(9), [(b"content-encoding", b"gzip")]) == body * 2
