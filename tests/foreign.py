"""Small archives made by other tools from the invented site: fixtures/foreign/<tool>-<form>/.

`python -m tests.foreign --pywb VENV --warcprox VENV` makes them anew with the real tools: wget on the PATH, pywb and
warcprox in virtual environments of their own, warcio. browsertrix needs a browser and a container: its files are
composed here in the form that browsertrix-crawler 1.x gives them. Nothing goes further than loopback.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
import zipfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsbot.warc import message
from tests.fakesina.client import Client
from tests.fakesina.server import LOOPBACK, Server
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent / "fixtures" / "foreign"
NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
ELSEWHERE = "https://www.example.org/counter.js"
COMMENT = "invented pages, not from Sina"

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
getattr(importlib.import_module(module), function)()
"""


class Making:
    """The site, what of it is captured, and where the fixtures go."""

    def __init__(self, server: Server, out: Path, work: Path) -> None:
        self.server, self.out, self.work = server, out, work
        stories = server.site.in_lists()
        chunked = next(one for one in stories if one.seed % 3 == 0)
        plain = next(one for one in stories if one.seed % 3)
        self.pages = [chunked.url, plain.url]
        self.missing = plain.url.replace(plain.docid, "aaaaaaa0000000")

    def keep(self, name: str, *files: Path) -> None:
        """Put files into a fixture's folder."""
        folder = self.out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, file in enumerate(files):
            endings = ".warc.gz" if file.name.endswith(".gz") else file.suffix
            shutil.copy(file, folder / f"{'abc'[number]}{endings}")

    def environment(self) -> dict[str, str]:
        """For tools that are launched with _LAUNCH."""
        return {**os.environ, "WAYS": json.dumps(self.server.connect_to()), "PYTHONWARNINGS": "ignore"}


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
    words = ["--record", "-p", str(port), "-b", LOOPBACK]
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


def settle(true: Any) -> None:
    """Wait until it is true, twenty seconds at most."""
    end = time.monotonic() + 20
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.1)


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
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        print(error.read()[-1500:])


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


def fetched(making: Making, url: str) -> bytes:
    """The site's answer, as it was on the wire."""
    making.server.log.clear()
    Client(making.server).get(url)
    settle(lambda: making.server.log)
    return making.server.log[-1].response


# --- browsertrix ---


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
    body = message.decoded(parts.entity(), parts.headers) if decoded else parts.entity()
    hidden = {b"transfer-encoding", b"content-encoding"} if decoded else {b"transfer-encoding"}
    lines = [
        (b"x-orig-" if name.lower() in hidden else b"") + name.lower() + b": " + value for name, value in parts.headers
    ]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    more = [("WARC-Page-ID", "page"), ("WARC-Resource-Type", "document"), ("WARC-Protocol", "h2")]
    more.append(("WARC-Payload-Digest", sha256(body)))
    response = _record("response", url, when, head + body, more, "application/http; msgtype=response")
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
    return _record("revisit", url, when, head, more, "application/http; msgtype=response")


def _info(software: str) -> bytes:
    block = f"software: {software}\r\nformat: WARC File Format 1.1\r\noperator: {COMMENT}\r\n".encode()
    return _record("warcinfo", "", NOW, block, [("WARC-Filename", "rec-0.warc.gz")], "application/warc-fields")


def _record(
    kind_of: str, url: str, when: datetime, block: bytes, more: list[tuple[str, str]] | None = None, kind: str = ""
) -> bytes:
    seed = hashlib.md5(f"{kind_of} {url} {when}".encode()).hexdigest()
    name = f"urn:uuid:{seed[:8]}-{seed[8:12]}-{seed[12:16]}-{seed[16:20]}-{seed[20:]}"
    fields = [("WARC-Record-ID", f"<{name}>"), ("WARC-Type", kind_of)]
    fields += [("WARC-Target-URI", url)] if url else []
    fields += [("WARC-Date", f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"), *(more or [])]
    fields += [("Content-Type", kind), ("WARC-Block-Digest", sha256(block)), ("Content-Length", str(len(block)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def _id(record: bytes) -> str:
    return record.split(b"WARC-Record-ID: <", 1)[1].split(b">", 1)[0].decode()


def sha256(content: bytes) -> str:
    """As browsertrix labels digests."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


# --- others ---


def heritrix(making: Making) -> None:
    """As older Heritrix writes revisits: by payload digest alone, in base 32, with an empty block."""
    url = making.pages[1]
    raw = fetched(making, url)
    digest = f"sha1:{base64.b32encode(hashlib.sha1(message.split(raw).body).digest()).decode()}"
    answer = _record("response", url, NOW, raw, [("WARC-Payload-Digest", digest)], "application/http; msgtype=response")
    more = [
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Payload-Digest", digest),
        ("WARC-Truncated", "length"),
    ]
    again = _record("revisit", url, NOW + timedelta(hours=1), b"", more, "application/http; msgtype=response")
    lookup = _record("response", "dns:finance.sina.com.cn", NOW, b"20260929123000\n127.0.0.1\n", [], "text/dns")
    parts = [part.replace(b"WARC/1.1", b"WARC/1.0", 1) for part in (_info("Heritrix/3.2.0"), lookup, answer, again)]
    file = making.work / "heritrix.warc.gz"
    file.write_bytes(b"".join(gzip.compress(part, mtime=0) for part in parts))
    making.keep("heritrix-like-digest-revisit", file)


def main() -> None:
    """Make what the tools at hand can make."""
    parser = argparse.ArgumentParser(prog="python -m tests.foreign", description=__doc__)
    parser.add_argument("--pywb", type=Path, metavar="VENV", help="a virtual environment with pywb")
    parser.add_argument("--warcprox", type=Path, metavar="VENV", help="a virtual environment with warcprox")
    parser.add_argument("--out", type=Path, default=FIXTURES, help="where to put them (default: the fixtures' folder)")
    options = parser.parse_args()
    site = Site(NOW, 6, troubles=False, size_kb=4)
    site.redirect_http = False
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder, Server(site, Path(folder) / "site") as server:
        making = Making(server, options.out, Path(folder))
        for make in (wget, warcio, browsertrix, heritrix):
            make(making)
        if options.pywb:
            pywb(making, options.pywb.absolute())
        if options.warcprox:
            warcprox(making, options.warcprox.absolute())


if __name__ == "__main__":
    main()
