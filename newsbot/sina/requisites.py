"""What a page needs beside itself to be shown again: body images and style sheets (sina.md 2.5, section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsbot.sina.urls import host, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.article import Article

#: What is asked for: nothing, BODY's images, or the page's style sheets too.
MODES = ("none", "images", "page")
#: What a requisite may be.
KINDS = ("image", "style", "part")

#: What is never asked, though pages name it: host and path. None of it belongs to the article (sina.md section 4).
EXCLUDED: dict[str, re.Pattern[str]] = {
    "adverts": re.compile(r"d\d\.sina\.com\.cn/litong/|(?:sax\w*|adbox|ad4)\.sina\.com\.cn/|pluto\.sina\.cn/"),
    "beacons": re.compile(r"s?beacon\.sina\.com\.cn/|\w*suda\w*\.sina\.com\.cn/|hits\.sinajs\.cn/"),
    "sign-on": re.compile(r"(?:login|(?:\w+\.)?sso)\.sina\.com\.cn/"),
    "comments": re.compile(r"comment\w*\.(?:\w+\.)?sina\.(?:com\.)?cn/"),
    "recommendations": re.compile(r"(?:cre|interest)\.(?:mix|dp)\.sina\.(?:com\.)?cn/"),
    "live quotes": re.compile(r"hq\.sinajs\.cn/|image\.sinajs\.cn/newchart/"),
}

#: Characters; no address of Sina's is that long.
LONGEST_URL = 2048

#: Policies that send the whole address to every host, short of going from https to http.
_FULL = frozenset({"", "always", "unsafe-url", "no-referrer-when-downgrade", "origin-when-crossorigin"})
_NOTHING = frozenset({"no-referrer", "never", "same-origin"})


@dataclass(frozen=True, slots=True)
class Requisite:
    """One thing to ask for."""

    url: str  #: absolute, as a browser would ask for it, without a fragment
    kind: str  #: `image`, `style`, or `part`: a further page of the article
    of: str  #: the article page's URL
    referer: str = ""  #: what the request says in Referer; '' for nothing


def requisites(article: Article, mode: str) -> list[Requisite]:
    """What the page of `article` needs in a mode of MODES, each once, in the page's order; only http and https.

    The other pages of the article are the article: they are needed in every mode.
    """
    named = [("part", url) for url in article.parts]
    if mode == "page":
        named += [("style", join(article.url, href)) for href in article.styles]
    if mode != "none":
        named += [("image", image.url) for image in article.images]
    kinds: dict[str, str] = {}
    for kind, url in named:
        if address := _askable(join(article.url, url)):
            kinds.setdefault(address, kind)
    return [
        Requisite(url, kind, article.url, referer(article.referrer, article.url, url)) for url, kind in kinds.items()
    ]


def referer(policy: str, page: str, target: str) -> str:
    """The Referer for `target` on `page`, whose `<meta name=referrer>` says `policy`.

    Without a word of the page's the whole address, which Sina's image hosts ask for (sina.md 2.5), never from https to
    http. Other policies give the origin alone.
    """
    words = policy.strip().lower()
    if words in _NOTHING or (page.startswith("https:") and not target.startswith("https:") and words != "unsafe-url"):
        return ""
    if words in _FULL:
        return page
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}/"


def _askable(url: str) -> str:
    """`url` without its fragment; '' when it is not to be asked."""
    address = url.partition("#")[0]
    rest = address.partition("://")[2]
    if not host(address) or len(address) > LONGEST_URL or not address.isascii():
        return ""
    return "" if any(_excluded(rest)) else address


def _excluded(rest: str) -> Iterator[str]:
    return (name for name, pattern in EXCLUDED.items() if pattern.match(rest))
