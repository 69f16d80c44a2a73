"""The list of the day's most read articles (sina.md 1.5), which shows whether the lists missed one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.article import Refusal
from newsbot.sina import listing, urls
from newsbot.text import decode

if TYPE_CHECKING:
    from datetime import date

NAME = "top"  #: what windows and verdicts call it
HOST, PATH = "top.finance.sina.com.cn", "/ws/GetTopDataList.php"

_VARIABLE = re.compile(r"\s*(?:var\s+)?[\w$.]+\s*=\s*")


@dataclass(frozen=True, slots=True)
class TopList:
    """One answer."""

    articles: tuple[tuple[str, str], ...]  #: (article key, canonical URL), the most read first


def page_url(day: date) -> str:
    """The URL of a Beijing day's hundred most read."""
    return (
        f"https://{HOST}{PATH}?top_type=day&top_cat=finance_0_suda&top_time={day:%Y%m%d}"
        "&top_show_num=100&top_order=DESC&js_var=all_1_data"
    )


def is_top(url: str) -> bool:
    """Is this a question to it?"""
    return HOST in url and urls.host(url) == HOST and urlsplit(urls.canonical(url)).path == PATH


def read(body: bytes, content_type: str = "", status: int = 200) -> TopList | Refusal:
    """What it shows; `body` is the entity, content-decoded: JSON behind the name of a variable."""
    if status != 200:
        return Refusal("ban" if status in {403, 456} else "http-status", f"HTTP {status}")
    if len(body) > listing.MAX_ANSWER:
        return Refusal("too-large", f"an answer of {len(body)} bytes, at most {listing.MAX_ANSWER} are read")
    text, _ = decode(body, content_type)
    begin = _VARIABLE.match(text)
    try:
        told, _ = json.JSONDecoder(strict=False).raw_decode(text[begin.end() if begin else 0 :].lstrip())
    except (ValueError, RecursionError) as error:
        return Refusal("server-error", f"not JSON: {type(error).__name__}")
    items = told.get("data") if isinstance(told, dict) else None
    if not isinstance(items, list):
        return Refusal("server-error", "no list of data")
    addresses = [urls.canonical(str(item.get("url") or "")) for item in items if isinstance(item, dict)]
    return TopList(tuple((urls.article_key(one), one) for one in dict.fromkeys(addresses) if urls.is_article(one)))
