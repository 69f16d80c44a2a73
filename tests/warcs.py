"""Exchanges of every shape, a frozen clock, and broken files made from whole ones: the material of test_warc_*.py.

`python -m tests.warcs` writes the golden files anew; look at the difference before you keep it.
"""

from __future__ import annotations

import base64
import itertools
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot.warc.compose import Composer
from newsbot.warc.exchange import Exchange
from newsbot.warc.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FIXTURES = Path(__file__).parent / "fixtures" / "warc"
NOW = datetime(2026, 9, 29, 0, 39, 35, 120045, tzinfo=UTC)
PAGE = "<html><head><title>【虚构】新桥通车</title></head><body>河上有了一座新桥。</body></html>".encode()
#: PAGE, gzipped once and for all: another zlib would give other bytes.
GZIPPED = base64.b64decode(
    "H4sIAAAAAAACA7PJKMnNsbPJSE1MsbMpySzJSbV73DDhxcxZz+a1PG6Y+GzahmcLl75smPVi7zIb"
    "fYi8jT5EdVJ+SqXds02bn+zoejan88mutic7Gp7uWg7R8rihyUYfrAKoHGQFABj2MqRpAAAA"
)
URL = "https://finance.sina.com.cn/china/2026-09-29/doc-invented0000001.shtml"
REQUEST = (
    b"GET /china/2026-09-29/doc-invented0000001.shtml HTTP/1.1\r\n"
    b"Host: finance.sina.com.cn\r\nAccept-Encoding: gzip\r\nUser-Agent: newsbot\r\n\r\n"
)


def frozen() -> datetime:
    """A clock that stands still."""
    return NOW


def counted_ids() -> Callable[[], str]:
    """Record ids 0, 1, 2 …"""
    numbers = itertools.count()
    return lambda: f"urn:uuid:00000000-0000-4000-8000-{next(numbers):012d}"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A response of `status` with `headers` and `body`."""
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers, "")).encode("latin-1") + body


def chunked(body: bytes, size: int = 20, *, trailer: bytes = b"") -> bytes:
    """`body` in chunks of `size` bytes, the first with an extension."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    lines = [b"%x%s\r\n%s\r\n" % (len(part), b";a=1" if not at else b"", part) for at, part in enumerate(parts)]
    return b"".join(lines) + b"0\r\n" + trailer + b"\r\n"


def exchange(**fields: Any) -> Exchange:
    """A common exchange; `fields` change it."""
    common: dict[str, Any] = {
        "url": URL,
        "started": NOW,
        "request": REQUEST,
        "response": answer(
            GZIPPED,
            "Content-Type: text/html; charset=utf-8",
            "Content-Encoding: gzip",
            f"Content-Length: {len(GZIPPED)}",
        ),
        "ip": "192.0.2.7",
        "protocols": ("http/1.1", "tls/1.3"),
        "cipher": "TLS_AES_256_GCM_SHA384",
        "chain": (b"leaf certificate", b"issuing certificate"),
        "fetch_ms": 41,
        "via": "https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&num=50",
        "hops": "L",
        "context": {"article": "invented0000001", "channel": "china", "title": "【虚构】新桥通车"},
    }
    return Exchange(**(common | fields))


def plain(response: bytes | None, url: str = URL, **fields: Any) -> Exchange:
    """An exchange over http without ornaments."""
    return exchange(
        url=url, response=response, protocols=("http/1.1",), cipher="", chain=(), via="", hops="", context={}, **fields
    )


_LENGTH = f"Content-Length: {len(PAGE)}"
_HTML = "Content-Type: text/html"
_CHUNKED = "Transfer-Encoding: chunked"

#: Every shape that the wire takes (warc.md section 1), by name.
WIRE: dict[str, Exchange] = {
    "gzip-and-length": exchange(),
    "second-over-the-same-chain": exchange(url=URL + "?page=2"),
    "chunked": plain(answer(chunked(PAGE), _HTML, _CHUNKED)),
    "chunked-with-trailer": plain(answer(chunked(PAGE, trailer=b"X-Sum: 1\r\n"), _HTML, _CHUNKED, "Trailer: X-Sum")),
    "chunked-gzip": plain(answer(chunked(GZIPPED), _HTML, _CHUNKED, "Content-Encoding: gzip")),
    "odd-head": plain(
        b"HTTP/1.1 200 OK\r\ncOnTeNt-TyPe: text/html\r\nX-Twice: 1\r\nX-Twice: 2\r\nX-Latin: \xe9\xff\r\n"
        b"X-GBK: \xd0\xc2\xce\xc5\r\nX-Folded: one\r\n\ttwo\r\nno colon here\r\n"
        + _LENGTH.encode()
        + b"\r\n\r\n"
        + PAGE
    ),
    "lf-only-head": plain(b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + PAGE),
    "no-content-type": plain(answer(PAGE, _LENGTH)),
    "204": plain(answer(b"", status="204 No Content")),
    "304": plain(answer(b"", 'ETag: "1"', status="304 Not Modified")),
    "302": plain(answer(b"", "Location: /elsewhere", "Content-Length: 0", status="302 Found")),
    "404": plain(answer(b"gone", _HTML, "Content-Length: 4", status="404 Not Found")),
    "head": plain(answer(b"", _HTML, _LENGTH), request=b"HEAD / HTTP/1.1\r\nHost: finance.sina.com.cn\r\n\r\n"),
    "post": plain(answer(PAGE, _HTML, _LENGTH), request=b"POST /q HTTP/1.1\r\nContent-Length: 4\r\n\r\n\x00\xff\r\n"),
    "early-hints": plain(answer(PAGE, _HTML, _LENGTH), interim=b"HTTP/1.1 103 Early Hints\r\nLink: \xe9\r\n\r\n"),
    "bytes-after": plain(answer(PAGE, _HTML, _LENGTH), surplus=17),
    "http-1.0": plain(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE),
    "picture": plain(answer(bytes(range(256)) * 300, "Content-Type: image/jpeg"), url="https://n.sinaimg.cn/a.jpg"),
    "large-text": plain(answer(PAGE * 3000, "Content-Type: application/json; charset=GBK")),
    "cut-body": plain(answer(PAGE[:20], _HTML, _LENGTH), truncated="disconnect", error="the connection was lost"),
    "cut-chunk": plain(answer(chunked(PAGE)[:30], _HTML, _CHUNKED), truncated="time"),
    "cut-head": plain(b"HTTP/1.1 200 OK\r\nContent-Ty", truncated="disconnect"),
    "broken-chunks": plain(answer(b"zz\r\nno chunk\r\n", _HTML, _CHUNKED)),
    "no-answer": plain(None, error="timed out after 30 s\nwithout a byte"),
    "not-sent": plain(None, request=b"", error="connection refused", ip=""),
    "no-http": plain(b"SSH-2.0-\xff\x00\r\n"),
    "chinese-url": plain(answer(PAGE, _HTML), url="https://finance.sina.com.cn/新 闻?q=价\t1"),
    "surrogates": plain(answer(PAGE, _HTML)),
}
WIRE["surrogates"].context = {"title": "half a pair \ud83d"}
NOTE = ("urn:newsbot:window:china:20260929", {"list": "china", "complete": True, "name": "【虚构】窗口"})


def composer(**options: Any) -> Composer:
    """A composer with everything frozen."""
    info = {"software": "newsbot/test", "operator": "nobody", "robots": "obey"}
    return Composer("golden.warc.gz", NOW, info, new_id=counted_ids(), **options)


def compose(exchanges: Iterable[Exchange], **options: Any) -> bytes:
    """The content of a file with `exchanges` and NOTE, one member a record."""
    making = composer(**options)
    parts = [making.warcinfo]
    for one in exchanges:
        parts += making.exchange(one)
    parts.append(making.note(*NOTE, NOW))
    return b"".join(part.content for part in parts)


def writer(archive: Path, **options: Any) -> Writer:
    """A writer with a frozen clock."""
    common: dict[str, Any] = {"info": {"operator": "nobody"}, "clock": frozen}
    return Writer(archive, **(common | options))


def written(archive: Path, exchanges: Iterable[Exchange] = tuple(WIRE.values()), **options: Any) -> Path:
    """A closed file with `exchanges` and NOTE, written the way the crawl does."""
    writing = writer(archive, **options)
    for one in exchanges:
        writing.append(one)
    file = archive / writing.note(*NOTE).file
    writing.close()
    return file


def unfolded(content: bytes) -> list[bytes]:
    """The gzip members of `content`, decompressed."""
    members: list[bytes] = []
    while content:
        inflater = zlib.decompressobj(31)
        members.append(inflater.decompress(content))
        assert inflater.eof
        content = inflater.unused_data
    return members


def ends(content: bytes) -> list[int]:
    """Where each gzip member of `content` ends, bytes."""
    places: list[int] = []
    rest = content
    while rest:
        inflater = zlib.decompressobj(31)
        inflater.decompress(rest)
        rest = inflater.unused_data
        places.append(len(content) - len(rest))
    return places


#: A whole file → the same with one defect, named by it. All but the first keep the exchanges before the last record.
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "torn-first-member": lambda good: good[: ends(good)[0] // 2],
    "torn-last-byte": lambda good: good[:-1],
    "torn-trailer": lambda good: good[:-6],
    "half-member": lambda good: good[: (ends(good)[-2] + len(good)) // 2],
    "header-bytes-only": lambda good: good[: ends(good)[-2] + 10],
    "one-byte": lambda good: good[: ends(good)[-2] + 1],
    "zero-tail": lambda good: good[: ends(good)[-2]] + bytes(4096),
    "zero-hole": lambda good: good[: ends(good)[-2]] + bytes(100) + good[ends(good)[-2] :],
    "zeroed-in-the-member": lambda good: good[: ends(good)[-2] + 60] + bytes(len(good) - ends(good)[-2] - 60),
    "append-after-a-tear": lambda good: good[:-7] + good[ends(good)[-2] :],
    "wrong-checksum": lambda good: good[:-8] + bytes((good[-8] ^ 1,)) + good[-7:],
    "text-after": lambda good: good[: ends(good)[-2]] + b"something else entirely",
}

GOLDEN: dict[str, dict[str, Any]] = {
    "gzip-and-length": {},
    "chunked": {},
    "chunked-entity-digest": {"payload_digest": "entity"},
    "no-answer": {},
    "no-http": {},
    "early-hints": {},
    "cut-body": {},
    "post": {},
    "chinese-url": {},
    "second-over-the-same-chain": {},
}


def golden(name: str) -> bytes:
    """What the golden file `name` must hold: the records of one exchange, after warcinfo, unfolded."""
    case = name.removesuffix("-entity-digest")
    before = [WIRE["gzip-and-length"]] if case.startswith("second") else []
    return b"".join(unfolded(compose([*before, WIRE[case]], **GOLDEN[name])))


if __name__ == "__main__":
    for name in GOLDEN:
        (FIXTURES / "golden" / f"{name}.warc").write_bytes(golden(name))
