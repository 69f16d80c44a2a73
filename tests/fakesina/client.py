"""A plain client of the fake site, from the standard library: for looking at it without newsbot."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .server import Server
    from .site import Site
    from .stories import Story

FEED = "https://feed.mix.sina.com.cn/api/roll/get"


class Client:
    """A plain HTTP client that goes where CONNECT_TO says, with the fake CA trusted and every name verified."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.trust = ssl.create_default_context(cafile=server.ca_file)

    @contextmanager
    def connection(self, url: str) -> Iterator[http.client.HTTPConnection]:
        """A connection to the URL's host; closed at the end."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        there = self.server.connect_to()[f"{parts.netloc}:{443 if tls else 80}"].split(":")
        sock = socket.create_connection((there[0], int(there[1])), timeout=10)
        if tls:
            sock = self.trust.wrap_socket(sock, server_hostname=parts.netloc)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = sock
        try:
            yield connection
        finally:
            connection.close()

    def get(self, url: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body, unpacked."""
        parts = urlsplit(url)
        asked = {"Accept-Encoding": "gzip", **{name.replace("_", "-"): value for name, value in headers.items()}}
        with self.connection(url) as connection:
            connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=asked)
            answer = connection.getresponse()
            body = answer.read()
            if answer.headers["Content-Encoding"] == "gzip" and body:
                body = gzip.decompress(body)
            return answer.status, answer.headers, body

    def roll(self, **params: Any) -> dict[str, Any]:
        """The `result` of one list answer."""
        asked = {"pageid": 384, "lid": 2519, "k": "", "num": 50, "page": 1} | params
        result: dict[str, Any] = json.loads(self.get(f"{FEED}?{urlencode(asked)}")[2])["result"]
        return result


def ids(result: dict[str, Any]) -> list[str]:
    """The articles of such a result, in order."""
    return [item["docid"].removeprefix("comos:") for item in result["data"]]


def named(site: Site, variant: str) -> Story:
    """The first listed story of this variant."""
    return next(site.story(one.key) for one in site.listed() if one.variant == variant)
