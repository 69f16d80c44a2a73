"""The capture handler when there is no answer, when it is told to stop, and when the tee no longer fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.wirecases import Case
from tests.wirerun import Crawl, raw, request, wait_for_all
from tests.wireserver import HOST, WireServer, dead_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    with WireServer(tmp_path_factory.mktemp("wire")) as running:
        yield running


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
        "proxied": crawl(
            "proxied",
            request("https://forbidden.test/tunnel", proxy=f"http://127.0.0.1:{server.proxy}"),
            request("http://wire.test/no-proxy", proxy=f"http://127.0.0.1:{dead_port()}"),
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


@pytest.mark.parametrize(("path", "words"), [("/tunnel", "403"), ("/no-proxy", "refused")])
def test_a_failure_of_the_proxy_is_kept(failures: dict[str, Crawl], path: str, words: str) -> None:
    (kept,) = failures["proxied"].kept[path]
    assert words in kept["error"]
    assert failures["proxied"].outcomes[path]["capture"]["error"] == kept["error"]
    assert (kept["request"], kept["response"], kept["ip"]) == ("", None, "")


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
