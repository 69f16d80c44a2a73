"""HTTP/1.1 and TLS on loopback over asyncio's protocols, in a thread of its own, with a log of every byte."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from . import certificates
from .answers import Request
from .site import HOSTS, Site

if TYPE_CHECKING:
    from types import TracebackType

LOOPBACK = "127.0.0.1"
END = b"\r\n\r\n"
MOST_HEAD = 65536  #: bytes of a request's head; more is answered by 431 and the end


@dataclass(frozen=True, slots=True)
class LoggedExchange:
    """What went over one connection for one request: decrypted, but otherwise exactly the bytes."""

    host: str  #: the Host header, lower case
    tls: bool
    request: bytes
    response: bytes  #: b"" when nothing was answered
    connection: int  #: connections are counted from 1
    target: str  #: path and query

    @property
    def url(self) -> str:
        """The URL that was asked."""
        return f"{'https' if self.tls else 'http'}://{self.host}{self.target}"


def read_log(path: Path) -> list[LoggedExchange]:
    """The exchanges that a server wrote to its log file, in order."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        facts = json.loads(line)
        facts |= {name: base64.b64decode(facts[name]) for name in ("request", "response")}
        found.append(LoggedExchange(**facts))
    return found


class Server:
    """A Site on two ports of loopback; `with Server(site) as server:` or start() and stop().

    `directory` gets ca.pem and the hosts' certificates (a temporary one by default). `log=False` keeps nothing;
    `log_file` gets one JSON line an exchange, flushed at once. The ports are chosen by the system when 0.
    """

    def __init__(
        self,
        site: Site,
        directory: Path | None = None,
        *,
        log: bool = True,
        log_file: Path | None = None,
        port: int = 0,
        tls_port: int = 0,
    ) -> None:
        self.site = site
        self.log: list[LoggedExchange] = []  #: every exchange in the order of its answer
        self.port, self.tls_port = port, tls_port
        self._keep = log
        self._log_path = log_file
        self._log_file: TextIO | None = None
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="fakesina-")
        self.directory = directory or Path(self._temporary.name if self._temporary else "")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[Connection] = set()
        self._counted = 0

    @property
    def ca_file(self) -> Path:
        """The certificate of the CA that signed every host's, for newsbot's TLS_CA_FILE."""
        return (self.directory / "ca.pem").absolute()

    def connect_to(self) -> dict[str, str]:
        """newsbot's CONNECT_TO: each host's ports 80 and 443 → where they are on loopback."""
        plain = {f"{host}:80": f"{LOOPBACK}:{self.port}" for host in HOSTS}
        return plain | {f"{host}:443": f"{LOOPBACK}:{self.tls_port}" for host in HOSTS}

    def settings(self) -> dict[str, str]:
        """The two settings a crawl of this site needs, as `-s` takes them."""
        return {"CONNECT_TO": json.dumps(self.connect_to(), separators=(",", ":")), "TLS_CA_FILE": str(self.ca_file)}

    def start(self) -> Server:
        """Listen; returns when both ports answer. Raises what the thread met when it could not."""
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="fakesina", daemon=True)
        self._thread.start()
        ready.result(timeout=30)
        return self

    def stop(self) -> None:
        """End all connections and the thread. Does nothing when it does not run."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=30)
            self._loop = self._thread = None
        if self._log_file is not None:
            self._log_file.close()
            self._log_file = None
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: Future[None]) -> None:
        with asyncio.Runner() as runner:
            self._loop = loop = runner.get_loop()
            try:
                listeners = runner.run(self._listen())
            except BaseException as why:  # handed to start(), which raises it
                ready.set_exception(why)
                return
            loop.call_soon(ready.set_result, None)
            loop.run_forever()
            runner.run(self._close(listeners))

    async def _listen(self) -> list[asyncio.Server]:
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._log_path is not None:
            self._log_file = self._log_path.open("a", encoding="utf-8")
        context = certificates.by_name(certificates.contexts(self.directory, HOSTS), HOSTS[0])
        loop = asyncio.get_running_loop()
        listeners = []
        for port, tls in ((self.port, None), (self.tls_port, context)):
            listeners.append(
                await loop.create_server(
                    lambda tls=tls: Connection(self, tls=tls is not None), LOOPBACK, port, ssl=tls, backlog=512
                )
            )
        self.port, self.tls_port = (listener.sockets[0].getsockname()[1] for listener in listeners)
        return listeners

    async def _close(self, listeners: list[asyncio.Server]) -> None:
        for listener in listeners:
            listener.close()
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports' connection_lost run in the next turn
        await asyncio.sleep(0)

    def note(self, exchange: LoggedExchange) -> None:
        """Keep one exchange, as the options say."""
        if self._keep:
            self.log.append(exchange)
        if self._log_file is not None:
            facts: dict[str, Any] = {name: getattr(exchange, name) for name in LoggedExchange.__slots__}
            facts |= {name: base64.b64encode(facts[name]).decode() for name in ("request", "response")}
            self._log_file.write(json.dumps(facts) + "\n")
            self._log_file.flush()

    def opened(self, connection: Connection) -> int:
        """A new connection; gives its number."""
        self._connections.add(connection)
        self._counted += 1
        return self._counted

    def closed(self, connection: Connection) -> None:
        """A connection is over."""
        self._connections.discard(connection)


class Connection(asyncio.Protocol):
    """One connection: requests in, answers out, in order."""

    transport: asyncio.Transport

    def __init__(self, server: Server, *, tls: bool) -> None:
        self.server = server
        self.tls = tls
        self.number = 0
        self.buffer = bytearray()
        self.silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.number = self.server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Called by asyncio."""
        self.server.closed(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio; answers each request that is whole."""
        self.buffer += data
        while not self.silent and not self.transport.is_closing():
            try:
                request = take(self.buffer, tls=self.tls)
            except ValueError as why:
                self.transport.write(f"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nX-Why: {why}\r\n\r\n".encode())
                self.transport.close()
                return
            if request is None:
                return
            self.answer(request)

    def answer(self, request: Request) -> None:
        """Log the exchange, then send the site's answer: who has received it finds it in the log."""
        message, ending = self.server.site.respond(request)
        if ending in ("none", "stall"):
            message = b""
        self.server.note(LoggedExchange(request.host, self.tls, request.raw, message, self.number, request.target))
        self.transport.write(message)
        self.silent = ending == "stall"
        if ending in ("none", "cut") or not request.stays:
            self.transport.close()


def take(buffer: bytearray, *, tls: bool) -> Request | None:
    """Cut one whole request off the front; None while it is not whole. Raises ValueError when it is no HTTP."""
    end = buffer.find(END)
    if end < 0:
        if len(buffer) > MOST_HEAD:
            raise ValueError("head too long")
        return None
    first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise ValueError("no request line")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    if not length.isdigit() or "transfer-encoding" in headers:
        raise ValueError("only bodies with a Content-Length")
    whole = end + len(END) + int(length)
    if len(buffer) < whole:
        return None
    raw = bytes(buffer[:whole])
    del buffer[:whole]
    return Request(words[0], words[1], words[2], headers, tls, raw)
