"""The sort-friendly form of a URL that CDXJ files are ordered by: `com,sina,finance)/china/2021?a=1`.

The rules are those of the Internet Archive's canonicalizer, which pywb, cdxj-indexer and OpenWayback share; the tests
hold pairs made by theirs. Many URLs fold into one key: scheme, `www.`, case, default port, credentials, fragment,
session ids and the order of the query do not count.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

_URL = re.compile(rb"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_SCHEME = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*:")
_SCHEMES_TWICE = re.compile(rb"^(https?://)+")
_WWW = re.compile(rb"www\d*\.")
_NUMERIC_HOST = re.compile(rb"[0-9]+(\.[0-9]+){0,3}")
_SAFE = b"!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # of printable ASCII only space, # and % are escaped
_PLAIN = re.compile(rb"[!\"$&'()*+,\-./0-9:;<=>?@A-Z\[\\\]^_`a-z{|}~]*")
_PERCENT = ord("%")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DEFAULT_PORT = {b"http": 80, b"https": 443}
_PATH_SESSIONS = (
    re.compile(rb"^(.*/)(?:\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(rb"^(.*/)(?:\([0-9a-z]{24}\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
)
_QUERY_SESSIONS = (
    re.compile(rb"^(.*)(?:jsessionid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:phpsessid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:sid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:aspsessionid[a-zA-Z]{8}=[a-zA-Z]{24})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:cfid=[^&]+&cftoken=[^&]+)(?:&(.*))?$", re.IGNORECASE),
)


def surt(url: str) -> str:
    """The key of `url`; '-' for ''. `urn:` and other addresses without a host keep their scheme. Never raises."""
    raw = re.sub(rb"[\n\r\t]", b"", url.encode("utf-8", "surrogatepass").strip())
    if not raw:
        return "-"
    if not _SCHEME.match(raw):
        raw = b"http://" + raw
    raw = _SCHEMES_TWICE.sub(lambda found: found.group(1), raw)
    parts = _URL.fullmatch(raw)
    assert parts is not None  # noqa: S101 - the pattern matches every text
    scheme, authority, path, query = parts.groups()
    host, port = _authority(authority or b"")
    if not host and scheme.startswith(b"http") and path:  # http:////host/path
        host, _, rest = path.lstrip(b"/").partition(b"/")
        path = b"/" + rest
    path = _path(path or b"", under_host=bool(host.strip(b".")))
    query = _query(query or b"")
    return (_origin(scheme, host, port) + (path or b"/" * bool(query)) + query).decode("ascii")


def _authority(authority: bytes) -> tuple[bytes, int | None]:
    host = authority.rpartition(b"@")[2].rstrip(b":").lower()
    if host.startswith(b"["):
        name, _, port = host[1:].partition(b"]")
        return name, _number(port.lstrip(b":"))
    name, _, port = host.partition(b":")
    return name, _number(port)


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 9 else None


@lru_cache(maxsize=1024)
def _origin(scheme: bytes, host: bytes, port: int | None) -> bytes:
    host = _host(host)
    if not host:
        return scheme + b":"
    if www := _WWW.match(host):
        host = host[www.end() :]
    shown = b"" if port is None or port == _DEFAULT_PORT.get(scheme.lower(), 0) else b":%d" % port
    return b",".join(reversed(host.split(b"."))) + shown + b")"


def _host(host: bytes) -> bytes:
    host = _unescape(host)
    if not host.isascii():
        with suppress(ValueError):  # a name that is no name keeps its bytes, escaped below
            host = host.decode("utf-8", "ignore").encode("idna")
    host = host.replace(b"..", b".").strip(b".")
    return _dotted(host) or _escape(host).lower()


def _dotted(host: bytes) -> bytes:
    """An IPv4 address written as one number, or with parts in octal, as four decimal parts; else b''."""
    if host.isdigit() and len(host) <= 1000:
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4, "big")).encode("ascii")
    if not _NUMERIC_HOST.fullmatch(host):
        return b""
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode("ascii"))).encode("ascii")
    except OSError:
        return b""


def _path(path: bytes, *, under_host: bool) -> bytes:
    path = _unescape(path)
    if under_host:
        path = _resolved(path)
    path = _escape(path).lower()
    if b"(" in path:
        for session in _PATH_SESSIONS:
            if found := session.match(path):
                path = found.group(1) + found.group(2)
    return path[:-1] if len(path) > 1 and path.endswith(b"/") else path


def _resolved(path: bytes) -> bytes:
    """`.` and `..` taken out, as far as there is something to leave; empty segments only kept at the end."""
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b"..":
            if kept:
                kept.pop()
            else:
                kept.append(segment)
        elif segment != b".":
            kept.append(segment)
    if not kept:
        return b"/"
    return b"/" + b"".join(segment + b"/" for segment in kept[:-1] if segment) + kept[-1]


def _query(query: bytes) -> bytes:
    if not query:
        return b""
    query = _escape(_unescape(query))
    if b"id" in query.lower():
        for session in _QUERY_SESSIONS:
            if found := session.match(query):
                query = found.group(1) + (found.group(2) or b"")
    if not query:
        return b""
    arguments = sorted(argument.split(b"=", 1) for argument in query.lower().split(b"&"))
    return b"?" + b"&".join(b"=".join(argument) for argument in arguments)


def _unescape(text: bytes) -> bytes:
    """Unescaped until nothing changes: `%252541` is `A`."""
    once = unquote_to_bytes(text) if b"%" in text else text
    if b"%" not in once or unquote_to_bytes(once) == once:
        return once
    # Escapes that hold escapes may do so to any depth, and unquoting level by level would take the square of it. Each
    # byte is looked at with the two before it instead; no two escapes overlap, so the order makes no difference.
    kept = bytearray()
    for byte in once:
        kept.append(byte)
        while len(kept) > 2 and kept[-3] == _PERCENT and kept[-2] in _HEX and kept[-1] in _HEX:
            kept[-3:] = bytes((int(kept[-2:], 16),))
    return bytes(kept)


def _escape(text: bytes) -> bytes:
    return text if _PLAIN.fullmatch(text) else quote_from_bytes(text, safe=_SAFE).encode("ascii")
