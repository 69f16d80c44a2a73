"""Answers that are small on the wire and huge, or slow, for whoever reads them; and commands whose cost is taken."""

from __future__ import annotations

import gzip
import importlib
import json
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crawling import Bot, Ended
from tests.fakesina.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_MB = 1 << 20
brotli: Any = importlib.import_module("brotli")  # Scrapy brings it
#: CPU seconds after which the system ends a command: far more than any needs, far less than a bomb that goes off takes.
CPU_LIMIT = 60

#: A small process in between: a child's figure begins with the memory of the one that forked it.
MEASURE = f"""if True:
    import json, resource, subprocess, sys
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, ({CPU_LIMIT}, {CPU_LIMIT}))
    done = subprocess.run(sys.argv[1:], capture_output=True, text=True, preexec_fn=limit)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([done.returncode, done.stdout, done.stderr, used.ru_maxrss, used.ru_utime + used.ru_stime]))
"""


@dataclass(slots=True)
class MeasuredBot(Bot):
    """A Bot whose commands' memory and CPU time are noted; the system ends those that take CPU_LIMIT."""

    peaks: dict[str, float] = field(default_factory=dict)  #: command → the most memory, MB
    seconds: dict[str, float] = field(default_factory=dict)  #: command → CPU

    def run(self, *words: str, settings: Mapping[str, Any] | None = None, stdin: str = "") -> Ended:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *self.command(*words, settings=settings)],
            cwd=self.cwd,
            env=self.environment(),
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        code, out, err, peak, cpu = json.loads(done.stdout)
        name, megabytes = words[0], peak / (1e6 if sys.platform == "darwin" else 1e3)
        self.peaks[name] = max(megabytes, self.peaks.get(name, 0))
        self.seconds[name] = max(cpu, self.seconds.get(name, 0))
        return Ended(code, out, err)


def packed(body: bytes, coding: str, content_type: str = "text/html") -> Callable[[datetime], Answer]:
    """This body under this Content-Encoding; '' for none."""
    headers = (("Content-Encoding", coding),) if coding else ()
    return lambda _: Answer(body, headers=headers, max_age=0, compress=False, content_type=content_type)


def deflated(megabytes: int) -> bytes:
    """A zlib stream of so many MB of zeros; what one piece of it says holds for the next."""
    deflater = zlib.compressobj(9)
    pieces = [deflater.compress(bytes(64 * _MB)) + deflater.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    return pieces[0] + pieces[1] * (megabytes // 64 - 1) + deflater.flush()


ZEROS = gzip.compress(bytes(64 * _MB), 9, mtime=0)  #: a thousandth of what it holds
NONE = gzip.compress(b"", mtime=0)  #: a member with nothing in it, 20 bytes
LIST = b'{"result":{"status":{"code":0},"data":['

#: Kind → the answer to an article's page, and what a crawl must say of it: state, reason, a part of the evidence.
PAGES: dict[str, tuple[Callable[[datetime], Answer], str, str, str]] = {
    "gzip": (packed(ZEROS * 64, "gzip"), "refused", "too-large", "larger than 67108864 bytes when decoded"),
    "deflate": (packed(deflated(4096), "deflate"), "refused", "too-large", "larger than 67108864 bytes"),
    "br": (packed(brotli.compress(bytes(2048 * _MB), quality=0), "br"), "refused", "too-large", "larger than 67108864"),
    "gzip-of-gzip": (
        packed(gzip.compress(gzip.compress(ZEROS * 64, mtime=0), mtime=0), "gzip, gzip, gzip"),
        "refused",
        "too-large",
        "larger than 67108864 bytes",
    ),
    "gzip-of-br": (
        packed(gzip.compress(brotli.compress(bytes(512 * _MB), quality=0), mtime=0), "br, gzip"),
        "refused",
        "too-large",
        "larger than 67108864 bytes",
    ),
    "gzip-members": (packed(NONE * 1_500_000, "gzip"), "failed", "undecodable", "more than 250000 gzip members"),
    "gzip-codings": (packed(NONE, ", ".join(["gzip"] * 400)), "failed", "undecodable", "400 content codings"),
    "gzip-cut": (packed(ZEROS[:-9], "gzip"), "failed", "undecodable", "ends before its end"),
    "angles": (packed(gzip.compress(b"<" * 20_000_000, mtime=0), "gzip"), "refused", "too-large", "20000000 bytes"),
    "angles-plain": (packed(b"<" * 20_000_000, ""), "refused", "too-large", "20000000 bytes"),
    "angles-small": (packed(b"<" * 4_900_000, ""), "refused", "not-html", "no HTML"),
}

#: Kind → the answer to a list, and what must be said of it.
LISTS: dict[str, tuple[Callable[[datetime], Answer], str]] = {
    "list-gzip": (packed(ZEROS * 64, "gzip", "application/json"), "too-large: the body is larger than 67108864 bytes"),
    "list-long": (
        packed(gzip.compress(LIST + b"{}," * 20_000_000 + b"{}]}}", 1, mtime=0), "gzip", "application/json"),
        "too-large: an answer of 60000044 bytes, at most 5000000 are read",
    ),
    "list-items": (
        packed(gzip.compress(LIST + b"{}," * 1_500_000 + b"{}]}}", 1, mtime=0), "gzip", "application/json"),
        "too-large: a list of 1500001 items, at most 5000 are read",
    ),
}


_WARC = b"WARC/1.1\r\n"
_INFO = _WARC + b"WARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
_INFO += b"WARC-Date: 2026-09-29T12:30:00Z\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
_HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
_RESPONSE = (
    b"WARC-Type: response\r\nWARC-Record-ID: <urn:uuid:0f705b45-3042-49ba-9f9a-d2d496e90cc2>\r\n"
    b"WARC-Date: 2026-09-29T12:30:00Z\r\nWARC-Target-URI: https://finance.sina.com.cn/doc-iaaaaaaa0000001.shtml\r\n"
    b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" + _HTTP
)
HUGE = 640 * _MB

#: What of a WARC file is huge → what stands before, what it is full of, what stands behind; can it be read?
RECORDS: dict[str, tuple[bytes, bytes, bytes, bool]] = {
    "block": (_WARC + _RESPONSE % (HUGE + len(_HTTP)), b"\0", b"\r\n\r\n", True),
    "length-that-lies": (_WARC + _RESPONSE % 10**15, b"<", b"\r\n\r\n", False),
    "header": (_WARC, b"a", b"", False),
    "line-ends": (_WARC + _RESPONSE % len(_HTTP), b"\r\n", b"", True),
    "no-record": (b"", b"\0", b"", False),
}


_HEAD = _WARC + b"WARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:2>\r\nContent-Length: %12d\r\n\r\n"
_HEADS = 60_000

#: A plain WARC file of nothing but heads, which say this → all of them.
HEADS = {
    "more-than-there-is": (_HEAD % 10**11) * _HEADS,
    "all-that-is-left": b"".join(_HEAD % (len(_HEAD % 0) * left) for left in reversed(range(_HEADS))),
}


def warc_file(kind: str) -> bytes:
    """A WARC file of a few MB with a gzip member that unfolds to HUGE bytes; `kind` of RECORDS."""
    begin, filling, end, _ = RECORDS[kind]
    return gzip.compress(_INFO, mtime=0) + _unfolding(begin, filling, end, HUGE)


def _unfolding(begin: bytes, filling: bytes, end: bytes, size: int) -> bytes:
    deflater = zlib.compressobj(1, wbits=31)
    piece = filling * (_MB // len(filling))
    parts = [deflater.compress(begin), *(deflater.compress(piece) for _ in range(size // _MB)), deflater.compress(end)]
    return b"".join(parts) + deflater.flush()
