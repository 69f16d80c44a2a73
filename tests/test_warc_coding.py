"""Content codings: what comes off, what is broken, what is a bomb."""

from __future__ import annotations

import gzip
import importlib
import random
import zlib

import pytest

from newsbot.warc import coding
from tests.warcs import PAGE


def _raw_deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(content) + deflater.flush()


@pytest.mark.parametrize(
    ("name", "body"),
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
def test_content_codings_come_off(name: bytes, body: bytes) -> None:
    assert coding.decoded(body, [(b"Content-Encoding", name)]) == PAGE


def test_nothing_decodes_to_nothing() -> None:
    assert coding.decoded(b"", [(b"Content-Encoding", b"gzip")]) == b""


@pytest.mark.parametrize(
    ("name", "body"),
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
def test_broken_cut_or_unknown_codings_are_refused(name: bytes, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"compressed|brotli|not known"):
        coding.decoded(body, [(b"Content-Encoding", name)])


_BROTLI = importlib.import_module("brotli")


@pytest.mark.parametrize(
    ("name", "body"),
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
    name: bytes, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "DECODED_LIMIT", 100_000)
    with pytest.raises(coding.TooLarge, match="larger than 100000 bytes when decoded"):
        coding.decoded(body, [(b"Content-Encoding", name)])


def test_as_much_as_the_limit_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "DECODED_LIMIT", 100_000)
    for name, compress in ((b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"br", _BROTLI.compress)):
        assert coding.decoded(compress(bytes(100_000)), [(b"Content-Encoding", name)]) == bytes(100_000)


def test_what_is_packed_too_often_or_into_too_many_members_is_refused() -> None:
    body = PAGE
    for number in range(1, 8):
        body = gzip.compress(body)
        headers = [(b"Content-Encoding", b"gzip")] * number
        if number <= coding.CODINGS_LIMIT:
            assert coding.decoded(body, headers) == PAGE
        else:
            with pytest.raises(ValueError, match=f"{number} content codings"):
                coding.decoded(body, headers)
    with pytest.raises(ValueError, match="more than 250000 gzip members"):
        coding.decoded(gzip.compress(b"", mtime=0) * 1_500_000, headers[:1])


def test_many_small_gzip_members_are_decoded_in_time_that_grows_with_their_number() -> None:
    body = gzip.compress(b"x", mtime=0) * 200_000  # the square of it would take minutes
    assert coding.decoded(body, [(b"content-encoding", b"gzip")]) == b"x" * 200_000


def test_a_gzip_member_may_be_longer_than_what_is_read_at_a_time() -> None:
    body = random.Random(1).randbytes(100_000)
    assert coding.decoded(gzip.compress(body) * 2 + bytes(9), [(b"content-encoding", b"gzip")]) == body * 2


def test_a_gzip_member_and_its_twin_are_both_decoded() -> None:
    twins = gzip.compress(PAGE, mtime=0) * 2  # the first one's checksum and size are those at the end
    assert coding.decoded(twins, [(b"content-encoding", b"gzip")]) == PAGE * 2


@pytest.mark.parametrize("place", range(10, 40))
def test_a_gzip_member_with_a_wrong_byte_is_refused(place: int) -> None:
    body = gzip.compress(random.Random(1).randbytes(30), mtime=0)
    with pytest.raises(ValueError, match="compressed body"):
        coding.decoded(body[:place] + bytes([body[place] ^ 0x55]) + body[place + 1 :], [(b"content-encoding", b"gzip")])
