"""The capture handler against a server of raw sockets: what it keeps is what went over the wire, byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.wirecases import CASES, Case
from tests.wirerun import Crawl, Kept, Stored, raw, request, stored, wait_for_all
from tests.wireserver import CROWD, HOST, Logged, WireServer

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
        proxied, _, scheme = route.rpartition("-")
        proxy = f"http://127.0.0.1:{server.proxy}" if proxied else ""
        base = f"{scheme}://{HOST}"
        alone = [request(f"{base}/{name}/{route}-alone", case) for name, case in CASES.items()]
        # A connection that has served once is closed under the next request: Twisted sends that again by itself.
        alone += [request(f"{base}/{name}/{route}-alone") for name in ("ok", "dropped")]
        crowd = [request(f"{base}/{name}/{route}-{n}", case) for n in range(REPEATS) for name, case in CASES.items()]
        followed = [
            request(f"{base}/{name}/{route}-{n}", max_retry_times=1) | {"all": False}
            for n in range(REPEATS)
            for name in ("retry", "redirect", "dropped")
        ]
        waited = [request(f"{base}/together/{route}-{n}") for n in range(CROWD)]
        settings: dict[str, Any] = {"ROBOTSTXT_OBEY": True} | ({"CONNECT_TO": {}} if proxied else {})
        plan = {"alone": alone, "together": crowd + followed + waited}
        running[route] = Crawl(tmp_path_factory.mktemp(route), server, plan, proxy, **settings)
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


def test_sixteen_requests_are_on_the_wire_at_once_over_connections_that_are_kept(
    crawls: dict[str, Crawl], server: WireServer
) -> None:
    for route in ROUTES:
        waited = [server.log[f"/together/{route}-{n}"] for n in range(CROWD)]  # the server answered none before all
        assert all(crawls[route].outcomes[f"/together/{route}-{n}"]["status"] == 200 for n in range(CROWD))
        assert any(logged.served for (logged,) in waited)
        assert max(logged.served for path, log in server.log.items() if f"/{route}-" in path for logged in log) > 5


def test_robots_txt_is_kept_as_the_server_sent_it(crawls: dict[str, Crawl], server: WireServer) -> None:
    kept = [crawl.kept["/robots.txt"] for crawl in crawls.values()]
    assert [len(exchanges) for exchanges in kept] == [1] * len(ROUTES)
    logged = server.log["/robots.txt"]
    assert sorted(one.request for one in logged) == sorted(raw(one, "request") or b"" for (one,) in kept)
    assert [raw(one, "response") for (one,) in kept] == [one.answer for one in logged]


@pytest.fixture(scope="module")
def archived(crawls: dict[str, Crawl]) -> dict[str, list[Stored]]:
    """The records of each route's WARC files, as warcio reads them."""
    return {route: list(stored(crawl.warcs())) for route, crawl in crawls.items()}


def exchanges_of(records: list[Stored]) -> Iterator[tuple[Stored, dict[str, Stored]]]:
    """Each metadata record with the records that it names, by their type."""
    by_id = {record.id: record for record in records}
    for record in records:
        if record.type == "metadata":
            named = [by_id[name] for name in record.values("WARC-Concurrent-To")]
            yield record, {one.type: one for one in named}


@pytest.mark.parametrize("route", ROUTES)
def test_every_block_in_the_archive_is_what_the_server_logged(
    archived: dict[str, list[Stored]], server: WireServer, route: str
) -> None:
    found: dict[str, list[dict[str, Stored]]] = {}
    for metadata, named in exchanges_of(archived[route]):
        found.setdefault(metadata.path, []).append(named)
    own = (f"{route}-", f"redirected-{route}-")
    paths = [path for path in server.log if path.rpartition("/")[2].startswith(own)]
    assert len(paths) > 4 * len(CASES)
    for path in paths:
        for named, logged in zip(found[path], server.log[path], strict=True):
            assert named["request"].block == logged.request, path
            case = CASES.get(path.split("/")[1], Case())
            if case.partial:
                assert logged.answer.startswith(named["response"].block), path
            elif logged.answer.startswith(b"HTTP/"):
                assert named["response"].block == logged.answer, path
            else:
                assert "response" not in named, path


@pytest.mark.parametrize("route", ROUTES)
def test_the_records_say_how_each_exchange_went(
    archived: dict[str, list[Stored]], crawls: dict[str, Crawl], route: str
) -> None:
    secure = route.endswith("https")
    order = {path: iter(exchanges) for path, exchanges in crawls[route].kept.items()}
    certificates: list[str] = []
    for metadata, named in exchanges_of(archived[route]):
        kept = next(order[metadata.path])
        protocol = "http/1.0" if "/http-1.0/" in metadata.path else "http/1.1"
        for record in named.values():
            assert record.values("WARC-Protocol") == [protocol, *(["tls/1.3"] if secure else [])]
            assert record.values("WARC-Cipher-Suite") == (["TLS_AES_256_GCM_SHA384"] if secure else [])
            assert record.values("WARC-IP-Address") == ([] if "proxied" in route else ["127.0.0.1"])
            assert record.values("WARC-Date") == metadata.values("WARC-Date")
        if response := named.get("response"):
            assert response.values("WARC-Truncated") == ([kept["truncated"]] if kept["truncated"] else [])
            assert response.values("WARC-Concurrent-To") == [named["request"].id]
        facts = [line.partition(": ") for line in metadata.block.decode().splitlines()]
        said = {name: value for name, _, value in facts}
        assert json.loads(said.get("interim", '""')).encode("latin-1") == raw(kept, "interim")
        assert said.get("surplus", "0") == str(kept["surplus"])
        assert said.get("error", "") == kept["error"]
        assert len(said.get("tlsChain", "").split()) == (2 if secure else 0)
        certificates += [value for name, _, value in facts if name == "tlsCertificate"]
    assert certificates == (kept["chain"] if secure else [])  # once for the whole file
