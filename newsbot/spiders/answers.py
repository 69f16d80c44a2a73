"""What Scrapy's responses and failures say, in newsbot's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from newsbot.article import Capture, Refusal
from newsbot.middlewares import NotAllowed, Unheard, undecodable
from newsbot.sina import listing, urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.exceptions import IgnoreRequest
    from scrapy.http import Response


T = TypeVar("T")


def header(response: Response, name: bytes) -> str | None:
    """A header, the first of several as a replay takes it; None when there is none."""
    value = next(iter(response.headers.getlist(name)), None)
    return None if value is None else value.decode("latin-1")


def list_of(response: Response) -> listing.Page | Refusal:
    """A list's answer, or why it is none."""
    return told(
        response,
        lambda body, kind, status: listing.read(body, response.url, kind, status),
        asked=urls.is_listing(response.url),
    )


def told(response: Response, read: Callable[[bytes, str, int], T | Refusal], *, asked: bool) -> T | Refusal:
    """What `read` finds in a whole answer (body, Content-Type, status); `asked`: is it of an address that was asked?"""
    if not asked:
        return Refusal("redirected-away", response.url)
    capture: Capture = response.meta["capture"]
    if capture.truncated:
        return Refusal("cut", f"truncated: {capture.truncated}")
    content_type = header(response, b"Content-Type") or ""
    return undecodable(response) or read(response.body, content_type, response.status)


def not_asked(error: IgnoreRequest) -> Refusal:
    """Why a request was not sent, or not sent on: a host or robots.txt that forbids it, or says nothing; redirects."""
    if "max redirections" in str(error):
        return Refusal("redirected-away", str(error))
    if isinstance(error, Unheard):
        return Refusal("no-answer", str(error))
    return Refusal("not-allowed" if isinstance(error, NotAllowed) else "robots", str(error))
