"""What an answer is: an article, a refusal with a reason, or only the way to another answer.

The live crawl and every replay judge by these functions, from facts that are in the records.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsbot.article import Article, Capture, Look, LookRow, Refusal
from newsbot.errors import CaptureBroken
from newsbot.sina import page, urls
from newsbot.sina.cleaned import cleaned
from newsbot.warc.coding import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

#: What a site says when it wants to be left alone: its host rests then, and is not asked again at once.
SAYS_NO = frozenset({429, 456})


def judge_exchange(capture: Capture, asked: str, location: str | None) -> Refusal | None:
    """The refusal of an answer that holds no page to read; None when it holds one, or is a redirect on its way.

    `asked` is the URL the spider wanted, `location` the answer's Location header (None for none).
    """
    if not capture.status or capture.error.startswith("aborted:"):
        return _unanswered(capture)
    if capture.truncated:
        return Refusal("too-large" if capture.truncated == "length" else "cut", f"truncated: {capture.truncated}")
    if reason := _of_status(capture.status):
        return Refusal(reason, f"status {capture.status}")
    if is_hop(capture.status, location):
        return None
    if urls.canonical(capture.url) != urls.canonical(asked) and not urls.is_article(capture.url):
        return Refusal("redirected-away", capture.url)
    return None


def judge_packed(error: ValueError) -> Refusal:
    """The refusal of an answer whose Content-Encoding cannot be taken off; `error` is coding.decoded's."""
    return Refusal("too-large" if isinstance(error, TooLarge) else "undecodable", str(error))


def is_quiet_no(context: Mapping[str, Any], url: str, status: int, payload: Callable[[], bytes]) -> bool:
    """Is it the site's ban page that came as a robots.txt, a picture or a style sheet, with status 200?

    Whoever reads pages and lists sees it there. `context`: what the exchange was for; `payload` may raise ValueError.
    """
    if status != 200 or not ("requisite" in context or urlsplit(url).path == "/robots.txt"):
        return False
    try:
        return page.is_ban(payload())
    except ValueError:  # a broken Content-Encoding
        return False


def judge_requisite(capture: Capture, *, ban: bool = False) -> str:
    """Why an answer is not the image or style sheet that was asked for, a word of REASONS; '' when it may be.

    `ban`: it is_quiet_no.
    """
    if not capture.status or capture.error.startswith("aborted:"):
        return _unanswered(capture).reason
    if capture.truncated:
        return "too-large" if capture.truncated == "length" else "cut"
    if capture.status in {200, 304}:
        return "ban" if ban else ""
    if capture.status in {404, 410}:
        return "gone"
    return "ban" if capture.status in SAYS_NO else _of_status(capture.status) or "http-status"


def _of_status(status: int) -> str:
    """The reason of an answer whose status alone says that it holds no page; '' for others."""
    if status >= 500 or status in {408, 429}:
        return "server-error"
    return "forbidden" if status in {401, 403} else ""


def _unanswered(capture: Capture) -> Refusal:
    if capture.error.startswith("aborted:"):  # handlers.Capture.abort_all: our run ended, the site did nothing wrong
        return Refusal("stopped", capture.error)
    kept_away = capture.error.startswith("AddressRefused")  # resolver.py: a private address, or CONNECT_TO
    return Refusal("not-allowed" if kept_away else "no-answer", capture.error)


def is_hop(status: int, location: str | None) -> bool:
    """Is this answer only the way to another one? Scrapy follows an empty Location too: it names the page itself."""
    return status in {301, 302, 303, 307, 308} and location is not None


def judge_page(capture: Capture, body: bytes, content_type: str) -> Article | Refusal:
    """What the page itself says; `body` is the entity without any Content-Encoding.

    The one place where any error of the parser is caught: one odd page must not end a crawl, nor every replay after it.
    It is a refusal with its own reason, which the verdict calls unhealthy; a mended parser replays it.
    """
    try:
        return page.read(body, capture.url, status=capture.status, content_type=content_type)
    except Exception as error:
        logger.exception("the parser failed on %s", capture.url)
        return Refusal("parser-error", f"{type(error).__name__}: {error}".splitlines()[0])


def validate(look: Look) -> Look:
    """Refuse to go on with a page whose capture is not in the archive (CaptureBroken): durable before visible."""
    if not look.capture.record_id or (look.capture.status and not look.capture.file):
        raise CaptureBroken(f"{look.capture.url} came without a record in the archive; nothing is published from it")
    return look


def look_row(look: Look, result: Article | Refusal) -> LookRow:
    """The ledger's row of a look that gave `result`."""
    if isinstance(result, Article):
        digest = hashlib.sha256(result.body.encode()).hexdigest()
        text_digest = hashlib.sha256(cleaned(result.body).encode()).hexdigest()
        return LookRow(
            look.key, look.capture, "article", "", "", result.title, result.time, result.updated, digest, text_digest
        )
    return LookRow(look.key, look.capture, "refused", result.reason, result.evidence)
