"""The capture handler against a server of raw sockets: what it keeps is what went over the wire, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.wirecases import CASES, Case
from tests.wirerun import Crawl, Kept, raw, request, wait_for_all
from tests.wireserver import HOST, Logged, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTES = ("http", "https", "proxied-http", "proxied-https")
REPEATS = 3  #: of each case in the crowd, so that connections are re-used in every order


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


def test_a_response_waits_until_its_exchange_is_durable(crawls: dict[str, Crawl]) -> None:
    for crawl in crawls.values():
        for outcome in crawl.outcomes.values():
            assert int(outcome["capture"]["record_id"][5:-1]) <= outcome["kept"]
