"""One gzip member (RFC 1952) for one WARC record, with the effort put where it pays.

Sina's pages arrive gzipped, and deflating them again costs 0.24 ms a record and wins nothing. So a member may be made
of two parts: the heads, deflated, and the body as stored blocks (RFC 1951 3.2.4), which costs 0.02 ms for 25 KB. To
every reader it is a plain gzip member.
"""

from __future__ import annotations

import importlib
import zlib
from typing import Any


def _deflate() -> Any:
    """isal's zlib where the extra `fast` is installed (requirements-fast.in), else Python's own."""
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return zlib


deflate = _deflate()

#: Level of what is worth compressing. Over text isal's 2 takes a seventh of the time of zlib's 4 for the same size
#: (style sheets: a quarter, and 4 % more). zlib's 1 takes half for 3 to 14 % more, 6 the double and more for 1 to 13 %
#: less (benchmarks/compression.py).
TEXT_LEVEL = 4 if deflate is zlib else 2

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, no time, unknown system
_STORED_LIMIT = 0xFFFF  # bytes in one stored block
_SMALL = 4096  # bytes; below it a small window costs nothing and saves zlib the clearing of 256 KB


def member(text: bytes, stored: bytes = b"", level: int = TEXT_LEVEL) -> bytes:
    """The gzip member that holds `text` followed by `stored`; only `text` is compressed.

    `level`: 1 to 9, or 0 to 3 where isal does it.
    """
    if len(text) <= _SMALL:
        deflater = deflate.compressobj(level, deflate.DEFLATED, -12, 5)
    else:
        deflater = deflate.compressobj(level, deflate.DEFLATED, -15, 8)
    parts = [_GZIP_HEAD, deflater.compress(text)]
    if stored:
        parts.append(deflater.flush(deflate.Z_SYNC_FLUSH))  # ends on a whole byte, where a stored block may begin
        parts.extend(_blocks(stored))
    else:
        parts.append(deflater.flush())
    checksum = deflate.crc32(stored, deflate.crc32(text))
    size = (len(text) + len(stored)) & 0xFFFFFFFF
    parts.append(checksum.to_bytes(4, "little") + size.to_bytes(4, "little"))
    return b"".join(parts)


def _blocks(content: bytes) -> list[bytes]:
    parts: list[bytes] = []
    for start in range(0, len(content), _STORED_LIMIT):
        block = content[start : start + _STORED_LIMIT]
        last = start + _STORED_LIMIT >= len(content)
        size = len(block)
        parts.append(bytes((last,)) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little"))
        parts.append(block)
    return parts
