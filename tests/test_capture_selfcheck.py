"""What the capture handler compares before it archives, and how a recording is cut to the message."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError
from scrapy.http import Response

from newsbot.clock import system_clock
from newsbot.errors import CaptureBroken
from newsbot.handlers.recording import Peer, Recording, one_line
from newsbot.handlers.selfcheck import check_answered, check_response
from newsbot.warc.exchange import Exchange

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n"


def exchange(response: bytes | None, *, truncated: str = "", sent: bytes = b"GET / HTTP/1.1\r\n\r\n") -> Exchange:
    return Exchange("http://a.test/", system_clock()(), sent, response, truncated=truncated)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
def test_the_self_check_agrees_with_a_whole_answer(answer: bytes) -> None:
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hello"), [exchange(answer)])


@pytest.mark.parametrize(
    ("kept", "response"),
    [
        (exchange(None), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN), Response("http://a.test/", status=404, body=b"hello")),
        (exchange(PLAIN), Response("http://a.test/", body=b"hell")),
        (exchange(PLAIN), Response("http://a.test/", body=b"ello")),
        (exchange(CHUNKED), Response("http://a.test/", body=b"hell")),
        (exchange(CHUNKED[:-9] + b"zz\r\n"), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN, sent=b""), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN, sent=b"HEAD / HTTP/1.1\r\n\r\n"), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN[:-3], truncated="disconnect"), Response("http://a.test/", body=b"help")),
    ],
)
def test_the_self_check_stops_at_any_difference(kept: Exchange, response: Response) -> None:
    with pytest.raises(CaptureBroken, match=r"^http://a.test/: .*requirements.txt$"):
        check_response(Request("http://a.test/"), response, [kept])


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
@pytest.mark.parametrize("flag", ["download_stopped", "dataloss"])
def test_the_self_check_takes_the_beginning_of_a_body_only_where_scrapy_says_so(answer: bytes, flag: str) -> None:
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hel", flags=[flag]), [exchange(answer)])
    with pytest.raises(CaptureBroken):
        check_response(
            Request("http://a.test/"), Response("http://a.test/", body=b"help", flags=[flag]), [exchange(answer)]
        )


def test_the_self_check_lets_only_an_answer_without_a_length_be_cut_unnoticed_by_scrapy() -> None:
    kept = exchange(b"HTTP/1.0 200 OK\r\n\r\nhello", truncated="disconnect")
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hello", flags=["partial"]), [kept])
    for response in (
        Response("http://a.test/", body=b"hello"),
        Response("http://a.test/", body=b"hell", flags=["partial"]),
    ):
        with pytest.raises(CaptureBroken):
            check_response(Request("http://a.test/"), response, [kept])


def test_a_failure_in_the_middle_of_an_answer_must_have_that_answer() -> None:
    for error in (ResponseDataLossError(), DownloadCancelledError("too large")):
        check_answered(Request("http://a.test/"), error, [exchange(PLAIN)], aborted=False)
        with pytest.raises(CaptureBroken):
            check_answered(Request("http://a.test/"), error, [exchange(None)], aborted=False)
    check_answered(Request("http://a.test/"), DownloadCancelledError(), [exchange(None)], aborted=True)


class Wire:
    """A connection that is only asked who is on the other side."""

    def peer(self) -> Peer:
        return Peer("192.0.2.1")


@pytest.mark.parametrize("cuts", [[5], [1, 2, 3], [40, 41, 42], [60], []])
def test_surplus_is_taken_off_however_it_was_cut_into_pieces(cuts: list[int]) -> None:
    data = PLAIN + b"SURPLUS"
    recording = Recording(Wire(), system_clock())
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        recording.receive(data[begin:end])
    recording.finish(7)
    recording.receive(b"!!!")
    assert (recording.close()[2], recording.surplus) == (PLAIN, 10)
    recording.receive(b"too late")
    assert recording.close() == (b"", b"", b"")


def test_one_line_of_an_error_names_its_cause() -> None:
    error = ResponseDataLossError()
    error.__cause__ = ValueError("two\nlines")
    assert one_line(error) == "ResponseDataLossError: two lines"
    assert one_line(KeyError()) == "KeyError"
