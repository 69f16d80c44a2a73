"""Where the crawler may connect: CONNECT_TO and nothing else, or the public network; and whom TLS trusts."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.resolver import HostResolution, dnscache
from twisted.internet.address import IPv4Address, IPv6Address

from newsbot.errors import BadInput
from newsbot.handlers.resolver import AddressRefused, Resolver, parse_connect_to, refusal_of
from newsbot.handlers.trust import policy
from tests.wireserver import WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "ways"),
    [
        (None, {}),
        ("", {}),
        ({}, {}),
        ("{}", {}),
        ({"a.test:443": "127.0.0.1:8443"}, {("a.test", 443): ("127.0.0.1", 8443)}),
        ('{"A.Test:80": "127.0.0.1:8080"}', {("a.test", 80): ("127.0.0.1", 8080)}),
        ({"a.test:443": "[::1]:8443"}, {("a.test", 443): ("::1", 8443)}),
    ],
)
def test_connect_to_is_read_from_a_dict_or_from_json(value: object, ways: object) -> None:
    assert parse_connect_to(value) == ways


@pytest.mark.parametrize(
    "value",
    [
        "rubbish",
        "[1]",
        "7",
        7,
        ["a.test:443"],
        {"a.test": "127.0.0.1:8443"},
        {"a.test:443": "127.0.0.1"},
        {"a.test:443": "b.test:8443"},
        {"a.test:https": "127.0.0.1:8443"},
        {"a.test:443": "127.0.0.1:0"},
        {"a.test:443": "127.0.0.1:65536"},
        {"a.test:443": 8443},
        {":443": "127.0.0.1:8443"},
        {443: "127.0.0.1:8443"},
    ],
)
def test_rubbish_in_connect_to_gets_one_line_with_an_example(value: object) -> None:
    with pytest.raises(BadInput, match=r'^CONNECT_TO [^\n]*"finance\.sina\.com\.cn:443": "127\.0\.0\.1:8443"}$'):
        parse_connect_to(value)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert refusal_of(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "224.0.1.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::1"),
        "no address",
    ],
)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    assert refusal_of(address)


class Names:
    """Stands where the system's resolver stands: answers from a table and counts what it was asked."""

    def __init__(self, table: dict[str, list[str]]) -> None:
        self.table = table
        self.asked: list[str] = []

    def resolveHostName(self, receiver: Any, name: str, port: int, *_: object) -> HostResolution:
        self.asked.append(name)
        receiver.resolutionBegan(HostResolution(name))
        for address in self.table.get(name, []):
            receiver.addressResolved((IPv6Address if ":" in address else IPv4Address)("TCP", address, port))
        receiver.resolutionComplete()
        return HostResolution(name)


class Reactor:
    """As much of a reactor as a resolver sees."""

    def __init__(self, names: Names) -> None:
        self.nameResolver = names
        self.installed: object = None

    def installNameResolver(self, resolver: object) -> None:
        self.installed = resolver


class Receiver:
    """Collects the answer, as Twisted's endpoints do."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, int]] = []
        self.complete = False

    def resolutionBegan(self, resolution: object) -> None:
        assert resolution is not None

    def addressResolved(self, address: IPv4Address) -> None:
        self.addresses.append((address.host, address.port))

    def resolutionComplete(self) -> None:
        self.complete = True


def resolve(resolver: Resolver, name: str, port: int = 443) -> list[tuple[str, int]]:
    receiver = Receiver()
    resolver.resolveHostName(receiver, name, port)
    assert receiver.complete
    return receiver.addresses


@pytest.fixture
def names() -> Iterator[Names]:
    dnscache.clear()
    yield Names(
        {
            "public.test": ["8.8.8.8", "2001:4860:4860::8888"],
            "mixed.test": ["10.0.0.1", "8.8.4.4", "::1"],
            "rebound.test": ["127.0.0.1", "::1"],
            "proxy.test": ["192.168.0.7"],
            "127.0.0.1": ["127.0.0.1"],
        }
    )
    dnscache.clear()


def test_with_connect_to_a_named_endpoint_gets_its_address_and_port(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10, parse_connect_to({"a.test:443": "127.0.0.1:8443", "b.test:80": "[::1]:81"}))
    assert resolve(resolver, "a.test", 443) == [("127.0.0.1", 8443)]
    assert resolve(resolver, "A.TEST", 443) == [("127.0.0.1", 8443)]
    assert resolve(resolver, "b.test", 80) == [("::1", 81)]


@pytest.mark.parametrize(
    ("name", "port"), [("a.test", 80), ("public.test", 443), ("127.0.0.1", 8443), ("127.0.0.1", 443), ("x.a.test", 443)]
)
def test_with_connect_to_nothing_else_is_resolved_or_even_asked_for(names: Names, name: str, port: int) -> None:
    resolver = Resolver(Reactor(names), 10, parse_connect_to({"a.test:443": "127.0.0.1:8443"}))
    with pytest.raises(AddressRefused, match=f"^{name}:{port} is not named in CONNECT_TO"):
        resolve(resolver, name, port)
    assert names.asked == []


def test_without_connect_to_only_public_addresses_pass(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10)
    assert resolve(resolver, "public.test") == [("8.8.8.8", 443), ("2001:4860:4860::8888", 443)]
    assert resolve(resolver, "mixed.test") == [("8.8.4.4", 443)]
    assert (resolver.refusal("public.test"), resolver.refusal("mixed.test")) == ("", "")


@pytest.mark.parametrize("name", ["rebound.test", "127.0.0.1"])
def test_a_name_or_a_literal_that_leads_only_inside_is_refused_with_a_reason(names: Names, name: str) -> None:
    resolver = Resolver(Reactor(names), 10)
    for _ in range(2):  # the second time from Scrapy's cache
        assert resolve(resolver, name) == []
        assert "127.0.0.1, no public address" in resolver.refusal(name.upper())
    names.table[name] = ["8.8.8.8"]
    dnscache.clear()
    assert resolve(resolver, name) == [("8.8.8.8", 443)]
    assert resolver.refusal(name) == ""


def test_a_name_that_does_not_exist_is_no_refusal(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10)
    assert resolve(resolver, "nowhere.test") == []
    assert resolver.refusal("nowhere.test") == ""


def test_names_are_asked_once(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10)
    assert resolve(resolver, "public.test", 443) == resolve(resolver, "public.test", 443)
    assert resolve(resolver, "public.test", 80)[0] == ("8.8.8.8", 80)
    assert names.asked == ["public.test"]


def test_the_operators_proxy_may_be_private_at_its_own_port_only(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10)
    assert resolve(resolver, "proxy.test", 3128) == []
    resolver.admit_proxy("Proxy.test", 3128)
    assert resolve(resolver, "proxy.test", 3128) == [("192.168.0.7", 3128)]
    assert resolve(resolver, "proxy.test", 0) == [("192.168.0.7", 0)]
    assert resolve(resolver, "proxy.test", 80) == []


def test_connect_to_and_a_proxy_exclude_each_other(names: Names) -> None:
    resolver = Resolver(Reactor(names), 10, parse_connect_to({"a.test:443": "127.0.0.1:8443"}))
    with pytest.raises(AddressRefused, match=r"the proxy 127\.0\.0\.1:3128 is refused because CONNECT_TO is set"):
        resolver.admit_proxy("127.0.0.1", 3128)


class Settings(dict[str, Any]):
    """Scrapy's settings, as far as a resolver asks them."""

    def getbool(self, name: str) -> bool:
        return bool(self[name])

    def getint(self, name: str) -> int:
        return int(self[name])


class Crawler:
    def __init__(self, **settings: Any) -> None:
        self.settings = Settings({"DNSCACHE_ENABLED": True, "DNSCACHE_SIZE": 7} | settings)


def test_it_is_built_from_settings_and_installed_as_scrapy_does(names: Names) -> None:
    reactor = Reactor(names)
    connect_to = json.dumps({"a.test:443": "127.0.0.1:8443"})
    resolver = Resolver.from_crawler(Crawler(CONNECT_TO=connect_to), reactor)  # type: ignore[arg-type]
    resolver.install_on_reactor()
    assert reactor.installed is resolver
    assert dnscache.limit == 7
    assert resolve(resolver, "a.test") == [("127.0.0.1", 8443)]
    with pytest.raises(BadInput):
        Resolver.from_crawler(Crawler(CONNECT_TO="x"), reactor)  # type: ignore[arg-type]


def test_a_refused_address_is_nothing_that_scrapy_would_retry() -> None:
    assert not issubclass(AddressRefused, OSError)


def test_trust_takes_a_pem_file_with_authorities(tmp_path: Path) -> None:
    with WireServer(tmp_path) as server:
        policy(str(server.ca_file), {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "holds no certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a broken certificate"),
    ],
)
def test_a_bad_ca_file_gets_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=rf"^TLS_CA_FILE {path} {message}[^\n]*: give a PEM file"):
        policy(str(path), {})


def test_a_folder_as_ca_file_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        policy(str(tmp_path), {})


def test_a_system_without_authorities_is_told_which_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(BadInput, match=r"^this system has no CA certificates[^\n]*Debian package ca-certificates"):
        policy("", {})


def test_the_systems_authorities_may_be_named_by_openssls_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WireServer(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        policy("", {})


def test_loopback_is_called_loopback_by_the_system_too() -> None:
    for *_, address in socket.getaddrinfo("localhost", 80):
        assert refusal_of(str(address[0]))
