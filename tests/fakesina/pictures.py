"""Pictures and style sheets of the fake site: small, real, deterministic from their address."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from datetime import UTC, datetime

from .answers import Answer

#: Style sheets of a 2026 page (sina.md section 4): host and path → text.
STYLES: dict[str, str] = {
    "n0.sinaimg.cn/finance/page2017/css/style.css": "body{margin:0;font:16px/1.8 serif}.w1240{width:1240px}"
    ".path{background:url(//n.sinaimg.cn/finance/page2017/img/path.png) no-repeat}",
    "n3.sinaimg.cn/default/cf7470f9/20190830/cms_style.css": ".cms-table td{padding:4px}",
    "n3.sinaimg.cn/finance/finhttps/top_account_v2.css": ".top-account{height:40px}",
    "finance.sina.com.cn/other/src/sinapagewidgets/SinaPageExread2018.css": ".exread{display:none}",
    "finance.sina.com.cn/other/src/article-comment-2017.css": ".comment{color:#666}",
    "finance.sina.com.cn/other/src/sinafinance.article.min.css": ".main-title{font-size:38px}.img_descr{color:#888}",
}
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
MADE = datetime(2019, 8, 30, tzinfo=UTC)  #: Last-Modified of them all
SIZE = re.compile(r"/w(\d{1,3})h(\d{1,3})/")


def answer(address: str) -> Answer | None:
    """The style sheet or picture at this host and path; None when there is none.

    Every picture's name on the image hosts exists, but below `/missing/`. It is always a PNG and said to be one,
    whatever the name ends with.
    """
    if address in STYLES:
        return Answer(STYLES[address].encode(), content_type="text/css", modified=MADE, max_age=86400)
    on_image_host = address.partition("/")[0].endswith("sinaimg.cn")
    if not on_image_host or "/missing/" in address or not address.endswith(PICTURES):
        return None
    return Answer(png(address), content_type="image/png", modified=MADE, max_age=86400, compress=False)


def png(address: str) -> bytes:
    """A true-colour PNG for this address, of the size its path names (`/w48h32/`), else 32 by 24 pixels."""
    named = SIZE.search(address)
    width, height = (int(named[1]), int(named[2])) if named else (32, 24)
    red, green, blue = hashlib.sha256(address.encode()).digest()[:3]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(((red + 3 * x) & 255, (green + 5 * y) & 255, (blue + x * y) & 255))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG: length, type, content, CRC."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
