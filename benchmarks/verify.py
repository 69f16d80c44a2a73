"""`make reading`: `scrapy verify`'s reading beside FastWARC's own, for the same digests of the same file.

(f)  FastWARC as its `check -p` does it: iterate, verify_block_digest, verify_payload_digest
(v)  newsbot.warc.verify over the same file: digests, framing to the last byte, exchanges, record ids, revisits
(i)  the same with the CDXJ beside the file compared line by line

The file is as newsbot writes it: invented pages of 60-120 KB that arrive gzipped, with their request and metadata
records; and once more with the pages as plain text, deflated by the writer. CPU seconds of one process; rounds
alternate, medians are compared, ratios count.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator

from newsbot.clock import system_clock
from newsbot.warc.exchange import Exchange
from newsbot.warc.index import beside
from newsbot.warc.verify import Verification
from newsbot.warc.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

#: At least this share of FastWARC's speed.
TARGET = 0.5

_REQUEST = b"GET /doc-%d.shtml HTTP/1.1\r\nHost: finance.sina.com.cn\r\nUser-Agent: newsbot\r\n\r\n"
_PLAIN = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
_GZIP = _PLAIN.replace(b"Content-Length", b"Content-Encoding: gzip\r\nContent-Length")


def page(chance: random.Random, words: list[str]) -> bytes:
    """An invented page of 60-120 KB."""
    size = chance.randrange(60, 120) * 1024
    text = ["<html><body>"]
    while size > 0:
        line = "".join(chance.choices(words, k=80))
        text.append(f'<p class="cont" cms-style="font-L">　　{line}。</p>')
        size -= len(line) * 3
    return "\n".join(text).encode()


def archive(folder: Path, pages: int, *, gzipped: bool) -> Path:
    """A closed WARC file of so many exchanges."""
    chance = random.Random(1)
    words = ["".join(chr(chance.randrange(0x4E00, 0x6000)) for _ in range(2)) for _ in range(3000)]
    context = {"article": "invented0000001", "list": "finance"}
    clock = system_clock()
    writer = Writer(folder, info={}, clock=clock, max_bytes=1 << 40)
    for number in range(pages):
        body = page(chance, words)
        body = gzip.compress(body, 6, mtime=0) if gzipped else body
        head = (_GZIP if gzipped else _PLAIN) % len(body)
        url = f"https://finance.sina.com.cn/china/2026-09-29/doc-{number}.shtml"
        writer.append(Exchange(url, clock(), _REQUEST % number, head + body, fetch_ms=40, context=context))
    writer.close()
    [path] = folder.rglob("*.warc.gz")
    return path


def by_fastwarc(path: Path) -> None:
    """(f)"""
    for record in ArchiveIterator(str(path), parse_http=False, inplace=True):
        payload = "WARC-Payload-Digest" in record.headers
        assert record.verify_block_digest(not payload or not record.is_http)
        if payload:
            if record.is_http:
                record.parse_http()
            assert record.verify_payload_digest(True)


def by_newsbot(path: Path) -> None:
    """(v)"""
    looking = Verification()
    assert not [*looking.file(path, path.name), *looking.finish()]


def with_index(path: Path) -> None:
    """(i)"""
    looking = Verification()
    assert not [*looking.file(path, path.name, cdxj=beside(path)), *looking.finish()]


def measure(path: Path, rounds: int) -> dict[str, float]:
    """CPU seconds by contender, medians."""
    contenders: dict[str, Callable[[Path], None]] = {"f": by_fastwarc, "v": by_newsbot, "i": with_index}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, work in contenders.items():
            begin = time.process_time()
            work(path)
            seconds[name].append(time.process_time() - begin)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}  # the first round warms up


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000, help="exchanges in the file (default: 1000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, medians are taken (default: 7)")
    wanted = parser.parse_args()
    for gzipped in (True, False):
        with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
            path = archive(Path(folder), wanted.pages, gzipped=gzipped)
            size = path.stat().st_size / 1e6
            seconds = measure(path, wanted.rounds)
        print(f"{wanted.pages} pages that arrive {'gzipped' if gzipped else 'plain'}, {size:.0f} MB")
        for name, took in seconds.items():
            ratio = seconds["f"] / took
            reached = "" if name == "f" else "   reached" if ratio >= TARGET else "   MISSED"
            print(f"  ({name}) {took:6.3f} CPU s   {size / took:5.0f} MB/s   {ratio:5.2f} of FastWARC{reached}")


if __name__ == "__main__":
    main()
