"""Other tools that archive what they fetch, each run over the cases of the wire matrix in its best fair configuration.

Each is installed into a venv of its own below .cache/ (ignored by git), versions pinned here; wget is Debian's.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import time
import venv
import zipfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.wirerun import Crawl, request
from tests.wireserver import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.wirecases import Case
    from tests.wireserver import WireServer

ROOT = Path(__file__).parents[1]
VENVS = ROOT / ".cache" / "wirematrix"
PATIENCE = 2  #: seconds that a tool waits for an answer that does not come


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that a tool is to make."""

    scheme: str
    path: str
    case: Case

    def url(self, server: WireServer) -> str:
        """Its address for tools that cannot be told where a name leads."""
        return f"{self.scheme}://127.0.0.1:{server.https if self.scheme == 'https' else server.http}{self.path}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A contender of the matrix."""

    name: str
    run: Callable[[WireServer, Sequence[Ask], Path], list[Path]]  #: asks, archives into a folder, gives its WARC files
    packages: tuple[str, ...] = ()  #: pinned, for its venv
    version: str = ""  #: where no package says it


def newsbot(server: WireServer, asks: Sequence[Ask], folder: Path) -> list[Path]:
    """newsbot's capture handler and writer, asked one after the other."""
    plan = [request(f"{ask.scheme}://{HOST}{ask.path}", ask.case) | {"all": False} for ask in asks]
    return Crawl(folder, server, {"alone": plan}).wait().warcs()


def wget(server: WireServer, asks: Sequence[Ask], folder: Path) -> list[Path]:
    """wget --warc-file; what is neither GET nor without a body is a process of its own."""
    common = [
        "wget",
        "-q",
        "--tries=1",
        f"--timeout={PATIENCE}",
        "--no-check-certificate",
        "--no-hsts",
        "-O",
        "/dev/null",
    ]
    files = []
    for number, (what, some) in enumerate(groupby(asks, lambda ask: (ask.case.method, ask.case.body))):
        method, body = what
        (folder / "body").write_bytes(body)
        (folder / "urls").write_text("\n".join(ask.url(server) for ask in some), "ascii")
        files.append(folder / f"{number}.warc.gz")
        chosen = {"GET": [], "HEAD": ["--method=HEAD"]}.get(
            method, [f"--method={method}", f"--body-file={folder}/body"]
        )
        # It ends with an error after each odd answer: that is what the judge is to see, not this script.
        subprocess.run(
            [*common, *chosen, f"--warc-file={folder / str(number)}", "-i", folder / "urls"], cwd=folder, check=False
        )
    return files


def scrapy_webarchive(server: WireServer, asks: Sequence[Ask], folder: Path) -> list[Path]:
    """Its WACZ exporter, in the newest Scrapy that its own pins allow; the WARC file is taken out of the WACZ."""
    plan = folder / "plan.json"
    asked = [(ask.case.method, ask.url(server), base64.b64encode(ask.case.body).decode()) for ask in asks]
    plan.write_text(json.dumps(asked), "utf-8")
    program: list[str | Path] = [python_of("scrapy-webarchive"), ROOT / "tests" / "wirescrapy.py", plan, folder]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    (folder / "log").write_text(done.stderr, "utf-8")
    for wacz in folder.glob("*.wacz"):
        with zipfile.ZipFile(wacz) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.startswith("archive/")])
    return sorted((folder / "archive").glob("*.warc.gz"))


#: It refuses to go to loopback, and for a minute to go where a connection has failed: here that is one host for all.
_WARCPROX = """
from cachetools import TTLCache
from warcprox import main, mitmproxy, warcproxy
warcproxy.WarcProxyHandler.allow_localhost = True
mitmproxy.TTLCache = lambda maxsize, ttl: TTLCache(maxsize, 0)
main.main()
"""


def warcprox(server: WireServer, asks: Sequence[Ask], folder: Path) -> list[Path]:
    """warcprox without de-duplication, asked through by a plain client."""
    port = free_port()
    words = [
        "-p",
        str(port),
        "-z",
        "-d",
        "warcs",
        "-c",
        "ca.pem",
        "--certs-dir",
        "certs",
        "--socket-timeout",
        str(PATIENCE),
    ]
    off = ["--dedup-db-file=/dev/null", "--stats-db-file=/dev/null"]
    with service([python_of("warcprox"), "-c", _WARCPROX, *words, *off], folder, port):
        ask_through(port, server, asks)
    return sorted((folder / "warcs").glob("*.warc.gz"))


_PYWB = """\
collections:
  live: $live
recorder:
  source_coll: live
proxy:
  coll: wire
  recording: true
  use_banner: false
  use_head_insert: false
"""


def pywb(server: WireServer, asks: Sequence[Ask], folder: Path) -> list[Path]:
    """pywb as a recording proxy."""
    port = free_port()
    home = python_of("pywb").parent
    subprocess.run([home / "wb-manager", "init", "wire"], cwd=folder, capture_output=True, check=True)
    (folder / "config.yaml").write_text(_PYWB, "utf-8")
    with service([home / "wayback", "-p", str(port), "-b", "127.0.0.1"], folder, port):
        ask_through(port, server, asks)
    return sorted((folder / "collections/wire/archive").glob("*.warc.gz"))


TOOLS = (
    Tool("newsbot", newsbot),
    Tool(
        "scrapy-webarchive",
        scrapy_webarchive,
        ("scrapy-webarchive==0.5.3", "scrapy==2.11.2", "Twisted==24.11.0", "w3lib==2.2.1"),
    ),
    Tool("warcprox", warcprox, ("warcprox==2.13.1",)),
    Tool("pywb record", pywb, ("pywb==2.10.0",)),
    Tool("wget", wget),
)


def python_of(name: str) -> Path:
    """The interpreter of a tool's venv."""
    return VENVS / name / "bin" / "python"


def install(tool: Tool) -> None:
    """Make the tool's venv, unless it is there with just these packages."""
    if not tool.packages:
        return
    home = VENVS / tool.packages[0].partition("==")[0]
    stamp = home / "packages"
    if stamp.exists() and stamp.read_text("utf-8").split() == list(tool.packages):
        return
    venv.create(home, clear=True, with_pip=True)
    pip: list[str | Path] = [home / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
    subprocess.run([*pip, *tool.packages], check=True)
    stamp.write_text("\n".join(tool.packages), "utf-8")


def free_port() -> int:
    """A port of loopback for a service that cannot choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def service(command: Sequence[str | Path], folder: Path, port: int) -> Iterator[None]:
    """A server in a process of its own, ended in order at the end of the block."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            while not answers(port):
                if process.poll() is not None:
                    raise SystemExit(f"{command[0]} ended with {process.returncode}: {folder / 'log'} has its words")
                time.sleep(0.1)
            yield
            time.sleep(PATIENCE + 1)  # none of them says when it has written its last record
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def answers(port: int) -> bool:
    """Does somebody listen there?"""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def ask_through(port: int, server: WireServer, asks: Sequence[Ask]) -> None:
    """Ask each through the proxy at `port`, and read the answer as far as it can be read."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    for ask in asks:
        parts = urlsplit(ask.url(server))
        if ask.scheme == "https":
            client: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", port, timeout=PATIENCE + 2, context=trusting
            )
            client.set_tunnel("127.0.0.1", parts.port)
            target = ask.path
        else:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE + 2)
            target = parts.geturl()
        with contextlib.suppress(OSError, http.client.HTTPException):  # many an answer is broken
            client.request(ask.case.method, target, ask.case.body or None, {"Accept-Encoding": "gzip"})
            client.getresponse().read()
        client.close()
