"""Archives in the form of tools that cannot run here: browsertrix-crawler, and Heritrix as it once was."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta

from newsbot.warc import coding, message
from tests.foreign.making import COMMENT, NOW, Making, fetched

Fields = Sequence[tuple[str, str]]

ELSEWHERE = "https://www.example.org/counter.js"
_RESPONSE = "application/http; msgtype=response"


def browsertrix(making: Making) -> None:
    """As browsertrix-crawler 1.x writes: WARC/1.1, sha256, answers before requests, urn:pageinfo, WACZ stored."""
    url, other = making.pages
    parts = [_info("browsertrix-crawler 1.6.0 (with warcio.js 2.4.4)")]
    for number, page in enumerate((url, other)):
        when = NOW + timedelta(seconds=number, milliseconds=120)
        parts += _visit(page, fetched(making, page), when, decoded=number == 1)
        if not number:
            parts += _visit(ELSEWHERE, b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\nvoid 0;", when)
        if number:
            parts.append(_again(page, parts[-2], when + timedelta(minutes=1)))
        facts = {"pageid": f"page-{number}", "urls": {page: {"status": 200, "mime": "text/html"}}, "counts": {}}
        parts.append(
            _record("resource", f"urn:pageinfo:{page}", when, json.dumps(facts).encode(), kind="application/json")
        )
    content = b"".join(gzip.compress(part, mtime=0) for part in parts)
    file = making.work / "rec-0.warc.gz"
    file.write_bytes(content)
    making.keep("browsertrix-like-warc", file)
    whole = making.work / "crawl.wacz"
    with zipfile.ZipFile(whole, "w") as zipped:
        _zip(zipped, "archive/rec-0.warc.gz", content)
        _zip(zipped, "archive/rec-1.warc.gz", gzip.compress(_info("browsertrix-crawler 1.6.0"), mtime=0))
        _zip(zipped, "indexes/index.cdx.gz", gzip.compress(b"", mtime=0))
        _zip(zipped, "pages/pages.jsonl", b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n')
        _zip(zipped, "datapackage.json", b'{"profile": "data-package", "wacz_version": "1.1.1", "resources": []}')
    making.keep("browsertrix-like-wacz", whole)
    bare = making.work / "bare.wacz"
    with zipfile.ZipFile(bare, "w", zipfile.ZIP_DEFLATED) as zipped:
        _zip(zipped, "archive/data.warc", b"".join(parts))
    making.keep("wacz-deflated-without-index", bare)


def _zip(zipped: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, (2026, 9, 29, 12, 30, 0))
    entry.compress_type = zipped.compression
    zipped.writestr(entry, content)


def _visit(url: str, raw: bytes, when: datetime, *, decoded: bool = False) -> list[bytes]:
    """Response and request; a browser hands over bodies without chunks, and sometimes without Content-Encoding."""
    parts = message.split(raw)
    body = coding.decoded(parts.entity(), parts.headers) if decoded else parts.entity()
    hidden = {b"transfer-encoding", b"content-encoding"} if decoded else {b"transfer-encoding"}
    lines = [
        (b"x-orig-" if name.lower() in hidden else b"") + name.lower() + b": " + value for name, value in parts.headers
    ]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    more = [("WARC-Page-ID", "page"), ("WARC-Resource-Type", "document"), ("WARC-Protocol", "h2")]
    more.append(("WARC-Payload-Digest", sha256(body)))
    response = _record("response", url, when, head + body, more, _RESPONSE)
    path = "/" + url.split("/", 3)[3]
    block = f"GET {path} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\n\r\n".encode()
    beside = [("WARC-Concurrent-To", f"<{_id(response)}>"), ("WARC-Page-ID", "page")]
    return [response, _record("request", url, when, block, beside, "application/http; msgtype=request")]


def _again(url: str, response: bytes, when: datetime) -> bytes:
    """A revisit: by address and date, without WARC-Refers-To and WARC-Truncated."""
    named = dict(line.split(": ", 1) for line in response.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")[1:])
    head = response.split(b"\r\n\r\n", 2)[1] + b"\r\n\r\n"
    more = [
        ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
        ("WARC-Refers-To-Target-URI", url),
        ("WARC-Refers-To-Date", named["WARC-Date"]),
        ("WARC-Payload-Digest", named["WARC-Payload-Digest"]),
    ]
    return _record("revisit", url, when, head, more, _RESPONSE)


def _info(software: str) -> bytes:
    block = f"software: {software}\r\nformat: WARC File Format 1.1\r\noperator: {COMMENT}\r\n".encode()
    return _record("warcinfo", "", NOW, block, [("WARC-Filename", "rec-0.warc.gz")], "application/warc-fields")


def _record(  # noqa: PLR0917 - in the order of a record
    kind_of: str, url: str, when: datetime, block: bytes, more: Fields = (), kind: str = ""
) -> bytes:
    seed = hashlib.sha256(f"{kind_of} {url} {when}".encode()).hexdigest()[:32]
    name = f"urn:uuid:{seed[:8]}-{seed[8:12]}-{seed[12:16]}-{seed[16:20]}-{seed[20:]}"
    fields = [("WARC-Record-ID", f"<{name}>"), ("WARC-Type", kind_of)]
    fields += [("WARC-Target-URI", url)] if url else []
    fields += [("WARC-Date", f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"), *more]
    fields += [("Content-Type", kind), ("WARC-Block-Digest", sha256(block)), ("Content-Length", str(len(block)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def _id(record: bytes) -> str:
    return record.split(b"WARC-Record-ID: <", 1)[1].split(b">", 1)[0].decode()


def sha256(content: bytes) -> str:
    """As browsertrix labels digests."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def heritrix(making: Making) -> None:
    """As older Heritrix writes revisits: by payload digest alone, in base 32, with an empty block."""
    url = making.pages[1]
    raw = fetched(making, url)
    sha1 = hashlib.sha1(message.split(raw).body)  # noqa: S324 - the algorithm of most archives
    digest = f"sha1:{base64.b32encode(sha1.digest()).decode()}"
    answer = _record("response", url, NOW, raw, [("WARC-Payload-Digest", digest)], _RESPONSE)
    more = [
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Payload-Digest", digest),
        ("WARC-Truncated", "length"),
    ]
    again = _record("revisit", url, NOW + timedelta(hours=1), b"", more, _RESPONSE)
    lookup = _record("response", "dns:finance.sina.com.cn", NOW, b"20260929123000\n127.0.0.1\n", [], "text/dns")
    parts = [part.replace(b"WARC/1.1", b"WARC/1.0", 1) for part in (_info("Heritrix/3.2.0"), lookup, answer, again)]
    file = making.work / "heritrix.warc.gz"
    file.write_bytes(b"".join(gzip.compress(part, mtime=0) for part in parts))
    making.keep("heritrix-like-digest-revisit", file)
