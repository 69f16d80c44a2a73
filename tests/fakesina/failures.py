"""What Sina says when it says no (sina.md 2.6), and scripts of such answers: the next n requests of a kind fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import roll
from .answers import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BAN = """<!DOCTYPE html>
<html><head><meta charset="{charset}"><title>拒绝访问</title></head>
<body><h1>拒绝访问</h1>
<p>（虚构页面）您的访问过于频繁，已被新浪安全部门封禁，请稍后再试(5~60分钟)。</p></body></html>
"""
MISSING = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>页面没有找到</title></head>
<body><div class="errorBox"><p>（虚构页面）页面没有找到</p><p>5秒钟之后将会带您进入新浪首页!</p></div></body></html>
"""
BUSY = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>invented</body>\r\n</html>\r\n"
)

#: The kinds of failing answers, each made for the site's present time.
KINDS: dict[str, Callable[[datetime], Answer]] = {
    "ban": lambda _: Answer(BAN.format(charset="utf-8").encode(), 456, max_age=0),
    "ban-200": lambda _: Answer(BAN.format(charset="gb2312").encode("gb18030"), max_age=0),
    "503": lambda _: Answer(BUSY.encode(), 503, max_age=0),
    "503-later": lambda _: Answer(BUSY.encode(), 503, headers=(("Retry-After", "300"),), max_age=0),
    "500": lambda _: Answer(b"", 500, max_age=0),
    "429": lambda _: Answer(b"invented: too many", 429, headers=(("Retry-After", "120"),), max_age=0),
    "403": lambda _: Answer(b"<html><body>invented: 403</body></html>", 403, max_age=0),
    "404": lambda _: Answer(MISSING.encode(), 404),
    "soft-404": lambda _: Answer(MISSING.encode()),
    "empty": lambda _: Answer(b"", max_age=0),
    "html": lambda _: Answer("<!DOCTYPE html><html><body>虚构：这里不是 JSON</body></html>".encode(), max_age=0),
    "error-code": lambda now: Answer(roll.refusal(11, "invented failure", now).encode(), content_type=JSON, max_age=0),
    "error-json": lambda _: Answer(b'{"__ERROR":3}', content_type=JSON, max_age=0),
    "broken-gzip": lambda _: Answer(b"\x1f\x8b not gzip", headers=(("Content-Encoding", "gzip"),), compress=False),
    "cut": lambda _: Answer(b"<html><body>invented, and cut" + b" " * 4000, ending="cut", compress=False),
    "none": lambda _: Answer(ending="none"),
    "stall": lambda _: Answer(ending="stall"),
}
JSON = "application/json; charset=utf-8"


@dataclass(slots=True)
class Script:
    """The next `times` requests that match get an answer of this kind; None: until it is taken back."""

    kind: str
    where: str
    times: int | None = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no failure {self.kind!r}: choose one of {', '.join(KINDS)}")

    def claims(self, request: Request) -> bool:
        """Does this request fail? Counts it when it does."""
        if self.times == 0 or not matches(self.where, request):
            return False
        if self.times is not None:
            self.times -= 1
        return True


def matches(where: str, request: Request) -> bool:
    """`list`, `page`, a host name, or a part of host, path and query (a docid, `lid=1686`); robots.txt only by name."""
    is_list = request.path == "/api/roll/get"
    if where == "list":
        return is_list
    if where == "page":
        return not is_list and request.path.endswith(("html", ".htm")) and request.host.endswith(".com.cn")
    if where == request.host:
        return True
    return where in request.host + request.target
