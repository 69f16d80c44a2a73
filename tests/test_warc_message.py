"""HTTP messages as bytes: heads and chunks."""

from __future__ import annotations

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
