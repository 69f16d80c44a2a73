"""The real tools: wget, pywb, warcprox, warcio."""

from __future__ import annotations

import gzip
import http.client
import io
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsbot.warc import message
from tests.fakesina.server import LOOPBACK
from tests.foreign.making import COMMENT, Making, fetched, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakesina.server import Server

#: Runs a Python tool so that it connects where CONNECT_TO says.
_LAUNCH = """
import importlib, json, os, sys
name, sys.argv = sys.argv[1], sys.argv[1:]
if name.startswith("pywb"):
    from gevent.monkey import patch_all
    patch_all()
import urllib3.util.connection as connection
ways, really = json.loads(os.environ["WAYS"]), connection.create_connection
def there(address, *rest, **named):
    host, port = ways.get("%s:%s" % address, "%s:%s" % address).rsplit(":", 1)
    return really((host, int(port)), *rest, **named)
connection.create_connection = there
module, function = name.split(":")
if name.startswith("warcprox"):
    importlib.import_module("warcprox.warcproxy").WarcProxyHandler.allow_localhost = True
getattr(importlib.import_module(module), function)()
"""


# --- wget ---


def wget(making: Making) -> None:
    """Two runs, the second with --warc-dedup: WARC/1.0 with a revisit by record id; also plain, and in one member."""
    with tunnel(making.server) as port:
        for name, more in (("first", ["--warc-cdx"]), ("second", [f"--warc-dedup={making.work / 'first.cdx'}"])):
            _wget(making, port, name, more)
        _wget(making, port, "plain", ["--no-warc-compression"])
    first, second, plain = making.work / "first.warc.gz", making.work / "second.warc.gz", making.work / "plain.warc"
    making.keep("wget-dedup", first, second)
    making.keep("wget-plain", plain)
    single = making.work / "single.warc.gz"
    single.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    making.keep("wget-one-gzip-member", single)


def _wget(making: Making, port: int, name: str, more: list[str]) -> None:
    command = [
        "wget",
        "-q",
        "--no-hsts",
        "--tries=1",
        "--compression=none",
        f"--ca-certificate={making.server.ca_file}",
    ]
    command += ["-e", f"https_proxy=http://{LOOPBACK}:{port}", f"--directory-prefix={making.work / 'pages'}"]
    command += [f"--warc-file={making.work / name}", f"--warc-header=operator: {COMMENT}", *more]
    subprocess.run([*command, *making.pages, making.missing], cwd=making.work, check=False, timeout=60)


@contextmanager
def tunnel(server: Server) -> Iterator[int]:
    """A proxy that knows CONNECT and only goes where CONNECT_TO says; its port."""
    ways = server.connect_to()

    def serve(client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            host, _, port = ways[head.split()[1].decode()].rpartition(":")
            with socket.create_connection((host, int(port))) as site:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(site, client))
                back.start()
                pump(client, site)
                back.join()

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone

    with closing(socket.create_server((LOOPBACK, 0))) as listening:

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


# --- pywb and warcprox ---


def pywb(making: Making, venv: Path) -> None:
    """`wayback --record`: WARC/1.0, sha1, as pywb's recorder writes."""
    home = making.work / "pywb"
    home.mkdir()
    subprocess.run([venv / "bin" / "wb-manager", "init", "sina"], cwd=home, check=True, capture_output=True)
    port = free_port()
    command = [venv / "bin" / "python", "-c", _LAUNCH, "pywb.apps.cli:wayback"]
    words = ["--live", "--record", "-p", str(port), "-b", LOOPBACK]
    with running([*map(str, command), *words], home, making.environment(), port):
        for url in [*making.pages, making.missing]:
            ask(f"http://{LOOPBACK}:{port}/sina/record/mp_/{url.replace('https:', 'http:')}")
        settle(lambda: list((home / "collections" / "sina" / "archive").glob("*.warc.gz")))
    making.keep("pywb-record", *sorted((home / "collections" / "sina" / "archive").glob("*.warc.gz")))


def warcprox(making: Making, venv: Path) -> None:
    """warcprox with its de-duplication: the second time a page is a revisit by address and date."""
    home = making.work / "warcprox"
    home.mkdir()
    port = free_port()
    command = [venv / "bin" / "python", "-c", _LAUNCH, "warcprox.main:main"]
    words = [
        "-p",
        str(port),
        "-b",
        LOOPBACK,
        "-z",
        "-d",
        str(home / "warcs"),
        "--dedup-db-file",
        str(home / "dedup.db"),
    ]
    with running([*map(str, command), *words], home, making.environment(), port):
        for _ in range(2):
            for url in [*making.pages, making.missing]:
                connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
                address = url.replace("https:", "http:")
                headers = {"Host": address.split("/")[2], "Accept-Encoding": "gzip"}
                connection.request("GET", address, headers=headers)
                connection.getresponse().read()
                connection.close()
            time.sleep(3)  # warcprox writes and notes in the background
    making.keep("warcprox-dedup", *sorted((home / "warcs").glob("*.warc.gz")))


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], port: int) -> Iterator[None]:
    """A server of another tool while the block runs, which it ends in order."""
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            settle(lambda: reachable(port))
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def reachable(port: int) -> bool:
    """Does a server listen there?"""
    with closing(socket.socket()) as trial:
        return trial.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """A port that nothing listens on."""
    with closing(socket.create_server((LOOPBACK, 0))) as trial:
        port: int = trial.getsockname()[1]
        return port


def ask(url: str) -> None:
    """Get a page through a replay server, whatever it says of it."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", parts.path)
        connection.getresponse().read()


# --- warcio ---


def warcio(making: Making) -> None:
    """warcio's writer: WARC/1.0 and 1.1, the answers raw, a revisit by address and date without an id."""
    for version in ("1.0", "1.1"):
        file = making.work / f"warcio-{version}.warc.gz"
        with file.open("wb") as stream:
            writer = WARCWriter(stream, gzip=True, warc_version=version)
            writer.write_record(writer.create_warcinfo_record(file.name, {"software": "warcio", "operator": COMMENT}))
            for url in making.pages:
                _warcio_exchange(writer, url, fetched(making, url))
        making.keep(f"warcio-warc-{version}", file)


def _warcio_exchange(writer: Any, url: str, raw: bytes) -> None:
    parts = message.split(raw)
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in parts.headers]
    head = StatusAndHeaders("200 OK", lines, "HTTP/1.1")
    answer = writer.create_warc_record(url, "response", payload=io.BytesIO(parts.body), http_headers=head)
    asked = StatusAndHeaders(f"GET {url} HTTP/1.1", [("Host", url.split("/")[2])], is_http_request=True)
    request = writer.create_warc_record(url, "request", http_headers=asked)
    writer.write_request_response_pair(request, answer)
    digest, date = (answer.rec_headers.get_header(name) for name in ("WARC-Payload-Digest", "WARC-Date"))
    writer.write_record(writer.create_revisit_record(url, digest, url, date, http_headers=head))
