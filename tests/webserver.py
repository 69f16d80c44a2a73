"""A folder over HTTP on loopback, with byte ranges as ReplayWeb.page asks for them to read a WACZ piece by piece."""

from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve `folder` until the end of the block; gives its URL, without a slash behind."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, name="webserver")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def span(wish: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last that a Range header asks for (RFC 9110, 14.1.2); None: all of it.

    A suffix longer than the file is the whole file.
    """
    found = _RANGE.fullmatch(wish.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


class _Handler(SimpleHTTPRequestHandler):
    """The standard library's, with ranges and without a log."""

    protocol_version = "HTTP/1.1"
    _left: int | None = None  #: bytes of the part that is being sent

    def send_head(self) -> Any:
        path = Path(self.translate_path(self.path))
        wanted = span(self.headers.get("Range", ""), path.stat().st_size) if path.is_file() else None
        if wanted is None:
            return super().send_head()
        return self._part(path, *wanted)

    def _part(self, path: Path, first: int, end: int) -> BinaryIO | None:
        size = path.stat().st_size
        if first >= end:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(os.fspath(path)))
        self.send_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
        self.send_header("Content-Length", str(end - first))
        self.end_headers()
        stream = path.open("rb")
        stream.seek(first)
        self._left = end - first
        return stream

    def copyfile(self, source: Any, outputfile: Any) -> None:
        left, self._left = self._left, None
        try:
            outputfile.write(source.read(-1 if left is None else left))
        except (BrokenPipeError, ConnectionResetError):  # the browser has gone
            self.close_connection = True

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""
