"""Names to addresses: where the crawler may connect (design.md, "Where it may go" and CONNECT_TO).

With CONNECT_TO only what it names resolves, to the address and port it gives: the one way to loopback, for the fake
site. Without it names resolve as usual, but private, loopback, link-local, multicast, reserved and unspecified
addresses are dropped, also when a URL or a redirect spells them out; where nothing is left the name is refused.

A proxy is the operator's choice, never the web's: the capture handler announces the proxy of a request (`admit_proxy`),
and exactly that host and port may then be private. Behind a proxy it is the proxy that resolves the names of URLs. With
CONNECT_TO a proxy is refused, since it would carry the requests for the fake site to the real one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv4Address as IPv4
from ipaddress import IPv6Address as IPv6
from ipaddress import IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from scrapy.resolver import CachingHostnameResolver, HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # zope.interface has no types

from newsbot.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress

Endpoint = tuple[str, int]  #: host or address, and port

_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):  # a refusal ("not-allowed"), not a failure of the network
    """The request's host may not be connected to; no retry of Scrapy's applies. One line says why."""


def parse_connect_to(value: object) -> dict[Endpoint, Endpoint]:
    """Read the setting CONNECT_TO: a dict or JSON text of `"host:port": "address:port"`; {} for None and ''.

    Host names come back in lower case, IPv6 addresses without brackets. Raises BadInput on anything else.
    """
    advice = 'CONNECT_TO must be like {"finance.sina.com.cn:443": "127.0.0.1:8443"}'
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadInput(f"CONNECT_TO is no JSON ({error}): {advice}") from error
    if value is None or value == "":
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(f"CONNECT_TO is a {type(value).__name__}: {advice}")
    ways: dict[Endpoint, Endpoint] = {}
    for name, target in value.items():
        source, address = _endpoint(name), _endpoint(target)
        if source is None or address is None or _ip(address[0]) is None:
            raise BadInput(f"CONNECT_TO has {name!r}: {target!r}: {advice}")
        ways[source] = address
    return ways


def refusal_of(address: str) -> str:
    """Why an IP address may not be connected to, in a few words; '' when it may."""
    ip = _ip(address)
    if ip is None:
        return "no IP address"
    inner = _embedded(ip)
    if inner.is_multicast:
        return "a multicast address"
    public = inner.is_global and not (isinstance(inner, IPv6) and inner.is_site_local)
    return "" if public else "no public address"


@implementer(IHostnameResolver)
class Resolver(CachingHostnameResolver):
    """Scrapy's caching resolver with the rules of this module; for the setting TWISTED_DNS_RESOLVER."""

    def __init__(self, reactor: Any, cache_size: int, connect_to: Mapping[Endpoint, Endpoint] | None = None) -> None:
        super().__init__(reactor, cache_size)
        self._connect_to = dict(connect_to or {})
        self._proxies: set[Endpoint] = set()
        self._refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Resolver:
        """Build it from CONNECT_TO, DNSCACHE_ENABLED and DNSCACHE_SIZE; raises BadInput on a bad CONNECT_TO."""
        settings = crawler.settings
        size = settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, size, parse_connect_to(settings.get("CONNECT_TO")))

    def admit_proxy(self, host: str, port: int) -> None:
        """Let `host:port` be private, since the operator made it the proxy; AddressRefused with CONNECT_TO."""
        if self._connect_to:
            raise AddressRefused(f"the proxy {host}:{port} is refused because CONNECT_TO is set: unset one of the two")
        self._proxies |= {(host.lower(), port), (host.lower(), 0)}  # a CONNECT tunnel resolves the name without port

    def refusal(self, host: str) -> str:
        """Why `host` was refused when it was last resolved; '' when it was not, or did not resolve at all."""
        return self._refused.get(host.lower(), "")

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: N803 - Twisted's names; an IResolutionReceiver
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Resolve `hostName` for an IHostResolution; AddressRefused at once when CONNECT_TO does not name it."""
        host = hostName.lower()
        if self._connect_to:
            return self._connect(resolutionReceiver, host, portNumber)
        receiver = resolutionReceiver
        if (host, portNumber) not in self._proxies:
            receiver = _PublicOnly(resolutionReceiver, host, self._refused)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)

    def _connect(self, receiver: Any, host: str, port: int) -> HostResolution:
        target = self._connect_to.get((host, port))
        if target is None:
            raise AddressRefused(f"{host}:{port} is not named in CONNECT_TO, and with it nothing else is connected to")
        kind = IPv6Address if ":" in target[0] else IPv4Address
        resolution = HostResolution(host)
        receiver.resolutionBegan(resolution)
        receiver.addressResolved(kind("TCP", *target))
        receiver.resolutionComplete()
        return resolution


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Passes on public addresses; notes in `refused` why nothing was left, as Twisted's receivers take no reasons."""

    def __init__(self, receiver: Any, host: str, refused: dict[str, str]) -> None:
        self._receiver = receiver
        self._host = host
        self._refused = refused
        self._passed = False
        self._dropped: list[str] = []

    def resolutionBegan(self, resolutionInProgress: object) -> None:  # noqa: N802, N803 - Twisted's names
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: object) -> None:  # noqa: N802 - Twisted's name
        ip = str(getattr(address, "host", ""))
        if reason := refusal_of(ip):
            self._dropped.append(f"{ip}, {reason}")
        else:
            self._passed = True
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        if self._dropped and not self._passed:
            self._refused[self._host] = f"{self._host} is refused: it is {'; '.join(dict.fromkeys(self._dropped))}"
        else:
            self._refused.pop(self._host, None)
        self._receiver.resolutionComplete()


def _endpoint(text: object) -> Endpoint | None:
    if not isinstance(text, str):
        return None
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        return None
    return host.lower(), int(port)


def _ip(text: str) -> IPv4 | IPv6 | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _embedded(ip: IPv4 | IPv6) -> IPv4 | IPv6:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(ip, IPv4):
        return ip
    if ip in _NAT64:
        return IPv4(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
