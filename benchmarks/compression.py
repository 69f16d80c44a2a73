"""What another deflate saves: CPU and size of newsbot's gzip members with zlib, isal and zlib-ng.

    python -m venv /tmp/newsbot-deflate && /tmp/newsbot-deflate/bin/pip install isal zlib-ng
    /tmp/newsbot-deflate/bin/python -m benchmarks.compression

Those are measured that are installed; nothing else is needed than newsbot/warc/member.py. The mix is newsbot's own: of
an exchange three record heads of 400 to 700 bytes, and a body that either came gzipped, and is stored, or came plain: a
list's JSON of 105 KB, a style sheet. Every member is unfolded again and compared. CPU of interleaved rounds, medians;
sizes are exact.

Measured, CPU and size beside zlib 4:
                                  isal 2         zlib-ng 4
    list, JSON of 105 KB          0.13, 1.00     0.98, 0.99
    page that came plain          0.11, 1.01     0.56, 0.98
    style sheet                   0.26, 1.04     0.93, 0.98
    page that came gzipped        0.53, 1.00     0.63, 1.00     of 17 microseconds
So isal pays wherever a body comes plain, and zlib-ng nowhere as much: isal is the extra `fast`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import random
import statistics
import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

from newsbot.warc import member as ours

if TYPE_CHECKING:
    from collections.abc import Callable

#: Package, module, levels.
PACKAGES = (
    ("zlib", "zlib", (4, 1, 6)),
    ("isal", "isal.isal_zlib", (1, 2, 3)),
    ("zlib-ng", "zlib_ng.zlib_ng", (1, 4, 6)),
)

_WORDS = random.Random(20260929)
_SIGNS = [chr(0x4E00 + _WORDS.randrange(3000)) for _ in range(900)]


def prose(length: int) -> str:
    """Text that deflates about as Chinese news does: some signs are common, most are not."""
    return "".join(_SIGNS[min(int(_WORDS.expovariate(0.008)), 899)] for _ in range(length))


def samples() -> dict[str, tuple[bytes, bytes]]:
    """Name → (text, stored) as compose.py hands them to member()."""
    head = (
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:0f705b45-3042-49ba-9f9a-d2d496e90cc2>\r\n"
        b"WARC-Date: 2026-09-29T12:30:00.036751Z\r\nWARC-Target-URI: https://finance.sina.com.cn/china/doc-i.shtml\r\n"
        b"WARC-Block-Digest: sha256:a54debaf10da6a4c1ad167245dbb01738f1b79407416bfe48523f7fcf05f3a4f\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
    )
    page = f"<html><head>{'<script src=/a.js></script>' * 200}</head><body>{prose(18_000)}</body></html>".encode()
    items = [
        {"title": prose(24), "url": f"https://finance.sina.com.cn/doc-{n}.shtml", "intro": prose(90), "ctime": f"{n}"}
        for n in range(230)
    ]
    css = "".join(f".c{n} a{{color:#{n:06x};margin:{n % 40}px {n % 7}px;display:block}}\n" for n in range(900)).encode()
    return {
        "page that came gzipped (stored)": (head, gzip.compress(page, mtime=0)),
        "list, JSON of 105 KB (deflated)": (head + json.dumps(items).encode()[:105_000], b""),
        "page that came plain (deflated)": (head + page, b""),
        "style sheet (deflated)": (head + css, b""),
        "request, metadata (deflated)": (head, b""),
    }


def contenders() -> dict[str, Callable[[bytes, bytes], bytes]]:
    """Name → a member() of that deflate."""
    found: dict[str, Callable[[bytes, bytes], bytes]] = {}
    for package, module, levels in PACKAGES:
        try:
            other = importlib.import_module(module)
        except ImportError:
            print(f"{package} is not installed: left out")
            continue
        for level in levels:
            found[f"{package} {level}"] = partial(with_deflate, other, level)
    return found


def with_deflate(other: Any, level: int, text: bytes, stored: bytes) -> bytes:
    """member() with this module's deflate."""
    ours.deflate = other
    return ours.member(text, stored, level)


def measure(make: Callable[[bytes, bytes], bytes], text: bytes, stored: bytes, times: int) -> float:
    """CPU microseconds of one member."""
    begin = time.process_time()
    for _ in range(times):
        make(text, stored)
    return (time.process_time() - begin) * 1e6 / times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="rounds, medians are taken (default: 9)")
    rounds = parser.parse_args().rounds
    makers = contenders()
    for name, (text, stored) in samples().items():
        print(f"\n{name}: {len(text) + len(stored)} bytes")
        times = 20 if len(text) > 4096 else 400
        found: dict[str, list[float]] = {maker: [] for maker in makers}
        for _ in range(rounds):
            for maker, make in makers.items():
                found[maker].append(measure(make, text, stored, times))
        for maker, make in makers.items():
            content = make(text, stored)
            assert zlib.decompress(content, 31) == text + stored, maker
            cpu, base = statistics.median(found[maker]), statistics.median(found["zlib 4"])
            size = len(makers["zlib 4"](text, stored))
            print(
                f"  {maker:10} {cpu:8.1f} us ({cpu / base:4.2f})   {len(content):7} bytes ({len(content) / size:4.2f})"
            )


if __name__ == "__main__":
    main()
