"""The capture handler against a server of raw sockets: what it keeps is what went over the wire, byte for byte."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError
from scrapy.http import Response
from wireserver import CASES, HOST, Case, Logged, WireServer

from newsbot.clock import system_clock
from newsbot.errors import CaptureBroken
from newsbot.recording import Peer, Recording, one_line
from newsbot.selfcheck import check_answered, check_response
from newsbot.warc.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ROUTES = ("http", "https", "proxied-http", "proxied-https")
REPEATS = 3  #: of each case in the crowd, so that connections are re-used in every order
NO_RETRY = {"max_retry_times": 0}

Kept = dict[str, Any]
Outcome = dict[str, Any]


class Crawl:
    """One crawl in a process of its own; what it kept and how its requests ended, by the path of the URL."""

    def __init__(self, folder: Path, server: WireServer, plan: dict[str, Any], **settings: Any) -> None:
        self._out = folder / "out.jsonl"
        plan_file = folder / "plan.json"
        defaults = {
            "CONNECT_TO": server.connect_to,
            "TLS_CA_FILE": str(server.ca_file),
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "RETRY_PRIORITY_ADJUST": 0,
            "LOG_LEVEL": "WARNING",
        }
        whole = {"alone": [], "together": [], "out": str(self._out), "settings": defaults | settings} | plan
        plan_file.write_text(json.dumps(whole), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "wirecrawl.py", plan_file],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""
        self.kept: dict[str, list[Kept]] = defaultdict(list)
        self.outcomes: dict[str, Outcome] = {}

    def wait(self) -> Crawl:
        """Wait for its end, a minute at most, and read what it wrote."""
        try:
            _, self.log = self._process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, self.log = self._process.communicate()
        assert self._process.returncode == 0, self.log
        assert "Traceback" not in self.log, self.log
        for line in self._out.read_text(encoding="utf-8").splitlines():
            ((kind, value),) = json.loads(line).items()
            if kind == "kept":
                self.kept[urlsplit(value["url"]).path].append(value)
            else:
                self.outcomes[urlsplit(value["url"]).path] = value
        return self

    def stop(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.communicate()


def wait_for_all(running: dict[str, Crawl]) -> dict[str, Crawl]:
    """Wait for crawls that run side by side; none outlives this."""
    try:
        return {name: crawl.wait() for name, crawl in running.items()}
    finally:
        for crawl in running.values():
            crawl.stop()


def request(url: str, case: Case | None = None, **meta: Any) -> dict[str, Any]:
    """One request of a plan."""
    case = case or Case()
    return {
        "url": url,
        "method": case.method,
        "body": base64.b64encode(case.body).decode(),
        "meta": NO_RETRY | dict(case.meta) | meta,
    }


def raw(kept: Kept, field: str) -> bytes | None:
    """A bytes field of a kept exchange."""
    return None if kept[field] is None else base64.b64decode(kept[field])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    with WireServer(tmp_path_factory.mktemp("wire")) as running:
        yield running


@pytest.fixture(scope="module")
def crawls(server: WireServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawl]:
    """A crawl for each route, side by side: first each case alone, then all of them in a crowd of 16."""
    running = {}
    for route in ROUTES:
        proxy, _, scheme = route.rpartition("-")
        meta: dict[str, Any] = {"proxy": f"http://127.0.0.1:{server.proxy}"} if proxy else {}
        base = f"{scheme}://{HOST}"
        alone = [request(f"{base}/{name}/{route}-alone", case, **meta) for name, case in CASES.items()]
        # A connection that has served once is closed under the next request: Twisted sends that again by itself.
        alone += [request(f"{base}/{name}/{route}-alone", **meta) for name in ("ok", "dropped")]
        crowd = [
            request(f"{base}/{name}/{route}-{n}", case, **meta) for n in range(REPEATS) for name, case in CASES.items()
        ]
        followed = [
            request(f"{base}/{name}/{route}-{n}", **meta, max_retry_times=1) | {"all": False}
            for n in range(REPEATS)
            for name in ("retry", "redirect", "dropped")
        ]
        settings: dict[str, Any] = {"CONNECT_TO": {}} if proxy else {}
        plan = {"alone": alone, "together": crowd + followed}
        running[route] = Crawl(tmp_path_factory.mktemp(route), server, plan, **settings)
    return wait_for_all(running)


def kept_and_logged(crawls: dict[str, Crawl], server: WireServer, route: str, name: str) -> list[tuple[Kept, Logged]]:
    """What was kept of a case beside what the server logged of it, alone and in the crowd, in order."""
    paths = [path for path in server.log if path.startswith(f"/{name}/{route}-")]
    if name == "redirect":
        paths += [path for path in server.log if path.startswith(f"/ok/redirected-{route}-")]
    assert len(paths) >= REPEATS
    pairs = []
    for path in paths:
        assert len(crawls[route].kept[path]) == len(server.log[path]), path
        pairs += list(zip(crawls[route].kept[path], server.log[path], strict=True))
    return pairs


ALL = pytest.mark.parametrize(
    ("route", "name"), [(route, name) for route in ROUTES for name in (*CASES, "retry", "redirect", "dropped")]
)


@ALL
def test_requests_are_kept_as_they_were_sent(
    crawls: dict[str, Crawl], server: WireServer, route: str, name: str
) -> None:
    for kept, logged in kept_and_logged(crawls, server, route, name):
        assert raw(kept, "request") == logged.request


@ALL
def test_answers_are_kept_as_they_came(crawls: dict[str, Crawl], server: WireServer, route: str, name: str) -> None:
    partial = name in CASES and CASES[name].partial
    for kept, logged in kept_and_logged(crawls, server, route, name):
        answer = raw(kept, "response")
        if partial:
            assert answer is not None
            assert logged.answer.startswith(answer)
        else:
            assert answer == (logged.answer or None)
        assert raw(kept, "interim") == logged.interim
        assert kept["surplus"] == logged.surplus


@ALL
def test_the_end_of_each_answer_is_named(crawls: dict[str, Crawl], server: WireServer, route: str, name: str) -> None:
    case = CASES.get(name, Case())
    token = case.truncated_tls if case.truncated_tls and route.endswith("https") else case.truncated
    for kept, logged in kept_and_logged(crawls, server, route, name):
        assert kept["truncated"] == token
        assert bool(kept["error"]) == bool(token or case.error or not logged.answer)
        assert "\n" not in kept["error"]


@ALL
def test_the_crawl_gets_what_scrapy_gives(crawls: dict[str, Crawl], route: str, name: str) -> None:
    case = CASES.get(name, Case())
    begin = f"/ok/redirected-{route}-" if name == "redirect" else f"/{name}/{route}-"
    outcomes = [outcome for path, outcome in crawls[route].outcomes.items() if path.startswith(begin)]
    assert len(outcomes) >= REPEATS
    for outcome in outcomes:
        assert outcome["error"] == case.error, outcome["words"]
        assert outcome["capture"]["url"] == outcome["url"]
        if not case.error:
            assert outcome["status"] != 0


@pytest.mark.parametrize("route", ROUTES)
def test_address_and_protocol_are_those_of_the_server(crawls: dict[str, Crawl], route: str) -> None:
    for path, exchanges in crawls[route].kept.items():
        for kept in exchanges:
            assert kept["ip"] == ("" if "proxied" in route else "127.0.0.1")
            assert kept["protocols"][0] == ("http/1.0" if path.startswith("/http-1.0/") else "http/1.1")
            assert kept["protocols"][1:] == (["tls/1.3"] if route.endswith("https") else [])
            assert bool(kept["cipher"]) == route.endswith("https")
            assert len(kept["chain"]) == (2 if route.endswith("https") else 0)


def test_a_hidden_retry_is_an_exchange_of_its_own(crawls: dict[str, Crawl]) -> None:
    for route in ROUTES:
        first, second = crawls[route].kept[f"/dropped/{route}-alone"]
        assert first["response"] is None
        assert first["error"].startswith("sent again on a new connection: Connection")
        assert second["error"] == ""
        assert first["request"] == second["request"]


@pytest.fixture(scope="module")
def failures(server: WireServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawl]:
    """Crawls in which things go wrong before an answer, in the archive, or on purpose; side by side."""

    def crawl(name: str, *requests: dict[str, Any], settings: dict[str, Any] | None = None, **plan: Any) -> Crawl:
        return Crawl(tmp_path_factory.mktemp(name), server, {"together": requests} | plan, **(settings or {}))

    running = {
        "refused": crawl(
            "refused",
            request("http://dead.test/dead"),
            request("https://untrusted.test/untrusted"),
            request("https://misnamed.test/misnamed"),
            request("https://no-tls.test/no-tls"),
            request("http://elsewhere.test/elsewhere"),
            request("http://127.0.0.1/literal", newsbot={"docid": "x"}, via="http://wire.test/", hops="L"),
            request(f"http://{HOST}/by-proxy", proxy=f"http://127.0.0.1:{server.proxy}"),
        ),
        "private": crawl(
            "private",
            request(f"http://127.0.0.1:{server.http}/ok/literal"),
            request(f"http://localhost:{server.http}/ok/localhost"),
            request(f"http://[::ffff:127.0.0.1]:{server.http}/ok/mapped"),
            request(f"http://0x7f.1:{server.http}/ok/hex"),
            settings={"CONNECT_TO": {}},
        ),
        "abort": crawl(
            "abort",
            request(f"http://{HOST}/silent/abort", download_timeout=15),
            request(f"https://{HOST}/slow/abort", download_timeout=15),
            request(f"http://{HOST}/slow-chunk/abort", Case(meta=(("download_fail_on_dataloss", False),))),
            abort=True,
        ),
        "full": crawl("full", request(f"http://{HOST}/ok/full"), settings={"DISK_FULL": True}),
    }
    for handler in ("TeeForgets", "FactoryIgnored", "PoolIgnored", "WriteToIgnored", "FinishIgnored"):
        urls = [f"http://{HOST}/{name}/{handler}" for name in ("ok", "chunked")]
        running[handler] = crawl(handler, *(request(url, max_retry_times=2) for url in urls), handler=handler)
    return wait_for_all(running)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/dead", "DownloadConnectionRefusedError", "refused"),
        ("/untrusted", "DownloadFailedError", "certificate verify failed"),
        ("/misnamed", "DownloadFailedError", "VerificationError"),
        ("/no-tls", "DownloadFailedError", "SSL"),
        ("/elsewhere", "AddressRefused", "elsewhere.test:80 is not named in CONNECT_TO"),
        ("/literal", "AddressRefused", "127.0.0.1:80 is not named in CONNECT_TO"),
        ("/by-proxy", "AddressRefused", "CONNECT_TO is set"),
    ],
)
def test_a_failure_before_any_answer_is_kept(failures: dict[str, Crawl], path: str, error: str, words: str) -> None:
    crawl = failures["refused"]
    (kept,) = crawl.kept[path]
    assert crawl.outcomes[path]["error"] == error
    assert crawl.outcomes[path]["capture"]["error"] == kept["error"]
    assert words in kept["error"]
    assert (kept["request"], kept["response"], kept["truncated"]) == ("", None, "")


def test_context_and_way_of_a_request_are_kept_with_its_failure(failures: dict[str, Crawl]) -> None:
    (kept,) = failures["refused"].kept["/literal"]
    assert (kept["context"], kept["via"], kept["hops"]) == ({"docid": "x"}, "http://wire.test/", "L")


@pytest.mark.parametrize("path", ["/ok/literal", "/ok/localhost", "/ok/mapped", "/ok/hex"])
def test_no_url_reaches_loopback(failures: dict[str, Crawl], server: WireServer, path: str) -> None:
    assert failures["private"].outcomes[path]["error"] == "AddressRefused"
    assert "no public address" in failures["private"].outcomes[path]["words"]
    assert len(failures["private"].kept[path]) == 1
    assert path not in server.log


@pytest.mark.parametrize(("name", "token"), [("silent", ""), ("slow", "unspecified"), ("slow-chunk", "unspecified")])
def test_an_aborted_download_is_kept_as_far_as_it_came(
    failures: dict[str, Crawl], server: WireServer, name: str, token: str
) -> None:
    crawl = failures["abort"]
    (kept,), (logged,) = crawl.kept[f"/{name}/abort"], server.log[f"/{name}/abort"]
    assert crawl.outcomes[f"/{name}/abort"]["error"] == "DownloadCancelledError"
    assert kept["error"] == crawl.outcomes[f"/{name}/abort"]["words"] == "aborted: the test says so"
    assert kept["truncated"] == token
    assert raw(kept, "request") == logged.request
    assert raw(kept, "response") == (logged.answer or None)


def test_a_response_waits_until_its_exchange_is_durable(crawls: dict[str, Crawl]) -> None:
    for crawl in crawls.values():
        for outcome in crawl.outcomes.values():
            assert int(outcome["capture"]["record_id"][5:-1]) <= outcome["kept"]


def test_what_cannot_be_archived_reaches_nobody(failures: dict[str, Crawl]) -> None:
    outcome = failures["full"].outcomes["/ok/full"]
    assert (outcome["error"], outcome["capture"]) == ("ArchiveError", None)


@pytest.mark.parametrize("handler", ["TeeForgets", "FactoryIgnored", "PoolIgnored", "WriteToIgnored", "FinishIgnored"])
@pytest.mark.parametrize("name", ["ok", "chunked"])
def test_a_tee_that_no_longer_fits_is_noticed_at_the_first_answer_and_not_retried(
    failures: dict[str, Crawl], server: WireServer, handler: str, name: str
) -> None:
    path = f"/{name}/{handler}"
    assert failures[handler].outcomes[path]["error"] == "CaptureBroken"
    assert f"http://{HOST}{path}: " in failures[handler].outcomes[path]["words"]
    assert len(server.log[path]) == 1
    assert failures[handler].kept == {}


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n"


def exchange(response: bytes | None, *, truncated: str = "", sent: bytes = b"GET / HTTP/1.1\r\n\r\n") -> Exchange:
    return Exchange("http://a.test/", system_clock()(), sent, response, truncated=truncated)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
def test_the_self_check_agrees_with_a_whole_answer(answer: bytes) -> None:
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hello"), [exchange(answer)])


@pytest.mark.parametrize(
    ("kept", "response"),
    [
        (exchange(None), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN), Response("http://a.test/", status=404, body=b"hello")),
        (exchange(PLAIN), Response("http://a.test/", body=b"hell")),
        (exchange(PLAIN), Response("http://a.test/", body=b"ello")),
        (exchange(CHUNKED), Response("http://a.test/", body=b"hell")),
        (exchange(CHUNKED[:-9] + b"zz\r\n"), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN, sent=b""), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN, sent=b"HEAD / HTTP/1.1\r\n\r\n"), Response("http://a.test/", body=b"hello")),
        (exchange(PLAIN[:-3], truncated="disconnect"), Response("http://a.test/", body=b"help")),
    ],
)
def test_the_self_check_stops_at_any_difference(kept: Exchange, response: Response) -> None:
    with pytest.raises(CaptureBroken, match=r"^http://a.test/: .*requirements.txt$"):
        check_response(Request("http://a.test/"), response, [kept])


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
@pytest.mark.parametrize("flag", ["download_stopped", "dataloss"])
def test_the_self_check_takes_the_beginning_of_a_body_only_where_scrapy_says_so(answer: bytes, flag: str) -> None:
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hel", flags=[flag]), [exchange(answer)])
    with pytest.raises(CaptureBroken):
        check_response(
            Request("http://a.test/"), Response("http://a.test/", body=b"help", flags=[flag]), [exchange(answer)]
        )


def test_the_self_check_lets_only_an_answer_without_a_length_be_cut_unnoticed_by_scrapy() -> None:
    kept = exchange(b"HTTP/1.0 200 OK\r\n\r\nhello", truncated="disconnect")
    check_response(Request("http://a.test/"), Response("http://a.test/", body=b"hello", flags=["partial"]), [kept])
    for response in (
        Response("http://a.test/", body=b"hello"),
        Response("http://a.test/", body=b"hell", flags=["partial"]),
    ):
        with pytest.raises(CaptureBroken):
            check_response(Request("http://a.test/"), response, [kept])


def test_a_failure_in_the_middle_of_an_answer_must_have_that_answer() -> None:
    for error in (ResponseDataLossError(), DownloadCancelledError("too large")):
        check_answered(Request("http://a.test/"), error, [exchange(PLAIN)], aborted=False)
        with pytest.raises(CaptureBroken):
            check_answered(Request("http://a.test/"), error, [exchange(None)], aborted=False)
    check_answered(Request("http://a.test/"), DownloadCancelledError(), [exchange(None)], aborted=True)


class Wire:
    """A connection that is only asked who is on the other side."""

    def peer(self) -> Peer:
        return Peer("192.0.2.1")


@pytest.mark.parametrize("cuts", [[5], [1, 2, 3], [40, 41, 42], [60], []])
def test_surplus_is_taken_off_however_it_was_cut_into_pieces(cuts: list[int]) -> None:
    data = PLAIN + b"SURPLUS"
    recording = Recording(Wire(), system_clock())
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        recording.receive(data[begin:end])
    recording.finish(7)
    recording.receive(b"!!!")
    assert (recording.close()[2], recording.surplus) == (PLAIN, 10)
    recording.receive(b"too late")
    assert recording.close() == (b"", b"", b"")


def test_one_line_of_an_error_names_its_cause() -> None:
    error = ResponseDataLossError()
    error.__cause__ = ValueError("two\nlines")
    assert one_line(error) == "ResponseDataLossError: two lines"
    assert one_line(KeyError()) == "KeyError"
