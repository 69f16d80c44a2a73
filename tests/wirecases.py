"""The odd ways of answering: each case as the bytes of its answer, and what a client must make of them."""

from __future__ import annotations

import gzip
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """How one path is answered, and how the connection fares then."""

    answer: bytes = b""  #: the final message, as far as it is sent
    interim: bytes = b""  #: 1xx heads before it
    surplus: bytes = b""  #: bytes after it
    piece: int = 0  #: bytes sent at a time; 0: all at once
    then: str = "keep"  #: keep, close (in order), cut (without TLS's good-bye), hang
    method: str = "GET"
    body: bytes = b""
    truncated: str = ""  #: what WARC-Truncated must say
    truncated_tls: str = ""  #: the same over TLS, where it differs
    error: str = ""  #: the exception Scrapy must get; '' when it gets a response
    partial: bool = False  #: the client stops before the end, so a beginning of the answer is what is kept
    meta: tuple[tuple[str, object], ...] = ()


def plain(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A message framed by Content-Length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body framed in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


_PAGE = "<html><title>【虚构】线路</title><p>　　虚构的正文。</p></html>".encode()
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
_NOISE = random.Random(1)
_BIG = [_NOISE.randbytes(65_000) for _ in range(40)]
_QUICK = (("download_timeout", 1.0),)

CASES: dict[str, Case] = {
    "ok": Case(plain(_PAGE, b"Content-Type: text/html")),
    "odd-case": Case(plain(_PAGE, b"cOnTeNt-TyPe: text/html", b"x-ALLcaps:   spaces   ", b"X-Empty:")),
    "duplicates": Case(plain(b"ab", b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"X-A: 1", b"x-a: 2")),
    "latin-1": Case(plain(b"ab", b"X-Name: caf\xe9 \xff")),
    "gbk": Case(plain("虚构".encode("gb18030"), "X-Title: 财经".encode("gb18030"), b"Content-Type: text/html")),
    "folded": Case(plain(b"ab", b"X-Long: one", b"\ttwo", b"   three")),
    "colon-less": Case(plain(b"ab", b"this line has no colon", b"X-After: yes")),
    "lf-only": Case(b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 2\n\nab"),
    "no-reason": Case(plain(b"ab", status=b"200")),
    "empty": Case(plain(b"")),
    "chunked": Case(_CHUNKED + b"\r\n" + chunks(_PAGE[:7], _PAGE[7:])),
    "chunk-extras": Case(
        _CHUNKED
        + b"Trailer: X-Sum\r\n\r\n"
        + b'5;ext=1;q="a"\r\nhello\r\n006\r\n world\r\n0;last\r\nX-Sum: 1\r\nX-T: 2\r\n\r\n'
    ),
    "chunked-gzip": Case(_CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunks(gzip.compress(_PAGE * 50))),
    "gzip": Case(plain(gzip.compress(_PAGE * 50), b"Content-Encoding: gzip", b"Content-Type: text/html")),
    "chunked-big": Case(_CHUNKED + b"\r\n" + chunks(*_BIG)),
    "dribbled": Case(
        _CHUNKED + b"X-Long: one\r\n two\r\n\r\n" + chunks(_PAGE[:7], _PAGE[7:]),
        interim=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
        piece=1,
    ),
    "dribbled-big": Case(plain(b"".join(_BIG[:2])), piece=977),
    "no-content": Case(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
    "not-modified": Case(b'HTTP/1.1 304 Not Modified\r\nETag: W/"607e94a3-c2c"V=5965C31\r\nContent-Length: 99\r\n\r\n'),
    "head": Case(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nX-A: b\r\n\r\n", method="HEAD"),
    "continue": Case(plain(_PAGE), interim=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early-hints": Case(
        plain(_PAGE),
        interim=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Go\n\nHTTP/1.1 102\r\nA: b\n\r\n",
    ),
    "post": Case(plain(b"got it"), method="POST", body=bytes(range(256)) * 20),
    "post-empty": Case(plain(b"got it"), method="POST"),
    "missing": Case(plain(_PAGE, status=b"404 Not Found")),
    "http-1.0": Case(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE, then="close"),
    "until-close": Case(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + _PAGE * 100, then="close"),
    "until-cut": Case(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + _PAGE, then="cut", truncated_tls="disconnect"),
    "surplus": Case(plain(_PAGE), surplus=b"and some more\r\n\r\n"),
    "chunked-surplus": Case(_CHUNKED + b"\r\n" + chunks(_PAGE), surplus=b"xyz"),
    "head-surplus": Case(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", surplus=b"body", method="HEAD"),
    "cut-body": Case(plain(_PAGE)[:-9], then="cut", truncated="disconnect", error="ResponseDataLossError"),
    "cut-in-order": Case(plain(_PAGE)[:-9], then="close", truncated="disconnect", error="ResponseDataLossError"),
    "cut-tolerated": Case(
        plain(_PAGE)[:-9], then="cut", truncated="disconnect", meta=(("download_fail_on_dataloss", False),)
    ),
    "cut-chunk": Case(
        _CHUNKED + b"\r\n" + chunks(_PAGE, end=b"ff\r\nnot 255 bytes"),
        then="cut",
        truncated="disconnect",
        error="ResponseDataLossError",
    ),
    "cut-chunk-tolerated": Case(
        _CHUNKED + b"\r\n" + chunks(_PAGE, end=b"ff\r\nnot 255 bytes"),
        then="cut",
        truncated="disconnect",
        meta=(("download_fail_on_dataloss", False),),
    ),
    "cut-head": Case(b"HTTP/1.1 200 OK\r\nX-A: b", then="cut", truncated="disconnect", error="DownloadFailedError"),
    "cut-interim": Case(interim=b"HTTP/1.1 100 Cont", then="cut", error="DownloadFailedError"),
    "no-answer": Case(then="cut", error="DownloadFailedError"),
    "silent": Case(then="hang", error="DownloadTimeoutError", meta=_QUICK),
    "slow": Case(plain(_PAGE)[:-9], then="hang", truncated="time", error="DownloadTimeoutError", meta=_QUICK),
    "slow-chunk": Case(
        _CHUNKED + b"\r\n" + chunks(_PAGE, end=b"f\r\n"),
        then="hang",
        truncated="time",
        error="DownloadTimeoutError",
        meta=_QUICK,
    ),
    "bad-length": Case(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        truncated="unspecified",
        error="DownloadFailedError",
    ),
    "no-http": Case(b"SSH-2.0-OpenSSH_9.2\r\n", truncated="unspecified", error="DownloadFailedError"),
    "bad-chunk": Case(_CHUNKED + b"\r\nxyz\r\n", truncated="unspecified", error="ResponseDataLossError"),
    "bad-chunk-tolerated": Case(
        _CHUNKED + b"\r\n" + chunks(_PAGE, end=b"xyz\r\n"),
        truncated="unspecified",
        meta=(("download_fail_on_dataloss", False),),
    ),
    "too-large": Case(
        plain(_PAGE * 5000),
        truncated="length",
        error="DownloadCancelledError",
        partial=True,
        meta=(("download_maxsize", 1000),),
    ),
    "too-large-chunked": Case(
        _CHUNKED + b"\r\n" + chunks(*_BIG),
        truncated="length",
        error="DownloadCancelledError",
        partial=True,
        meta=(("download_maxsize", 100_000),),
    ),
    "endless-head": Case(
        b"HTTP/1.1 200 OK\r\n" + (b"X-A: " + b"b" * 8000 + b"\r\n") * 200,
        truncated="length",
        error="DownloadCancelledError",
        partial=True,
    ),
    "long-chunk-names": Case(
        _CHUNKED + b"\r\n" + (b"1;" + b"x" * 900 + b"\r\na\r\n") * 3000 + b"0\r\n\r\n",
        truncated="length",
        error="DownloadCancelledError",
        partial=True,
        meta=(("download_maxsize", 5000),),
    ),
    "stop-at-head": Case(plain(_PAGE * 5000), truncated="unspecified", partial=True, meta=(("stop", "headers"),)),
    "stop-at-bytes": Case(
        _CHUNKED + b"\r\n" + chunks(*_BIG), truncated="unspecified", partial=True, meta=(("stop", "bytes"),)
    ),
    "stop-and-fail": Case(
        _CHUNKED + b"\r\n" + chunks(*_BIG),
        truncated="unspecified",
        error="StopDownload",
        partial=True,
        meta=(("stop", "bytes"), ("stop_fail", True)),
    ),
}

#: Paths that are no case of their own: robots.txt, and those that answer otherwise the second time (by path, but
#: `dropped` by connection).
ROBOTS = Case(plain(b"User-agent: *\nDisallow: /forbidden\n", b"Content-Type: text/plain"))
RETRY = Case(plain(b"later", b"Retry-After: 0", status=b"503 Service Unavailable"))
DROP = Case(then="cut")
