"""What a Sina URL says: its canonical form, which article it is, whether it is an article at all (sina.md 2.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from ada_url import URL, join_url

#: Query names that only say where the reader came from (sina.md 2.1).
TRACKING = frozenset({"froms", "cre", "mod", "loc", "vt", "from", "source"})

#: The two hosts of the roll API; the first is the one newsbot asks (sina.md 1.1).
API_HOST = "feed.mix.sina.com.cn"
_API_HOSTS = frozenset({API_HOST, "feed.sina.com.cn"})
API_PATH = "/api/roll/get"

#: The site's hosts. WHATWG allows `"` and `,` in a host: no name server knows such a one, and keys name files.
_SITE = re.compile(r"(?:[a-z0-9_-]+\.)*sina(?:\.com)?\.cn")
#: A Sina URL that is canonical as it stands, as nearly every listed one is: no query, no dot segment, nothing to
#: escape. Spares the parser (7 µs); a property test compares the two ways.
_PLAIN = re.compile(r"https://((?:[a-z0-9]+\.)*sina(?:\.com)?\.cn)((?:/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?)+)")
#: docid: the text after `doc-i`, `zl-i`, `detail-i`, exactly one `i` taken.
_PAGE_NUMBER = re.compile(r"_\d{1,2}(?=\.s?html?$)")
_DOCID_PATH = re.compile(r"/(?:doc|zl|detail)-i([A-Za-z0-9]+)(?:\.d)?\.s?html")
_RESOLVER = re.compile(r"(?:^|&)id=comos(?::|%3[Aa])([A-Za-z0-9]+)(?:&|$)")
#: `/YYYYMMDD/HHMM{digits}.shtml`, until about 2016.
_NUMERIC_PATH = re.compile(r"/(?:19|20)\d{6}/((?:[01]\d|2[0-3])[0-5]\d\d+)\.s?html", re.ASCII)
#: Self-media: cj.sina.com.cn/articles/view/…, k.sina.com.cn/article_….html (sina.md 1.5).
_SELF_MEDIA = re.compile(r"/articles?/(?:view|detail)/\w+.*|/article_\w+\.html", re.ASCII)
_SELF_MEDIA_HOSTS = frozenset({"cj.sina.com.cn", "k.sina.com.cn", "cj.sina.cn", "k.sina.cn"})
#: What may name a file and a key: a docid from a list is only text that came over the wire.
_SOUND_DOCID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,64}", re.ASCII)


class _Parts(NamedTuple):
    canonical: str
    host: str = ""  #: lower case, without a port; '' when the URL cannot be parsed
    path: str = ""
    query: str = ""  #: without `?`


def canonical(url: str) -> str:
    """The one spelling of `url`: parsed by WHATWG's rules, https, lower-case host, no fragment, no tracking query.

    Never raises; what is no http(s) URL comes back as it is, without the white space around it. Idempotent.
    """
    return _parts(url).canonical


def host(url: str) -> str:
    """The host of an http(s) URL, lower case and without a dot at its end; '' for what is none, so not to be asked."""
    return _parts(url).host.rstrip(".")


def docid(url: str) -> str:
    """The docid in a Sina URL (sina.md 2.1), without `comos:`; '' when it has none or is another site's."""
    parts = _parts(url)
    if not _SITE.fullmatch(parts.host):
        return ""
    if parts.host == "doc.sina.cn" and (match := _RESOLVER.search(parts.query)):
        return match[1]
    match = _DOCID_PATH.search(parts.path)
    return match[1] if match and match.end() == len(parts.path) else ""


#: Characters; a longer id gives way to the hash, since a key stands in file names.
LONGEST_KEY = 64


def article_key(url: str, docid: str = "") -> str:
    """The article's identity, fit for a file name (design.md, "Decisions that bind").

    `docid` is the list's, with or without `comos:`; without a sound one the URL's; else the numeric id with its host
    (`182815211089@finance.sina.com.cn`); else the first 16 hex digits of SHA-256 of the canonical URL. Never raises.
    """
    known = docid.strip().removeprefix("comos:")
    if _SOUND_DOCID.fullmatch(known):
        return known
    if (known := _docid_of(url)) and len(known) <= LONGEST_KEY:
        return known
    parts = _parts(url)
    if (number := _number(parts)) and len(number) + 1 + len(parts.host) <= LONGEST_KEY:
        return f"{number}@{parts.host}"
    return sha256(parts.canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


_docid_of = docid  # article_key's own parameter has the contract's name


def is_article(url: str) -> bool:
    """Does the URL look like an article page (any form of sina.md 2.1)? Lists, API and front pages do not."""
    parts = _parts(url)
    if not _SITE.fullmatch(parts.host):
        return False
    if docid(url) or _number(parts):
        return True
    return parts.host in _SELF_MEDIA_HOSTS and _SELF_MEDIA.fullmatch(parts.path) is not None


def first_page(url: str) -> str:
    """The canonical URL of the first page of an article, for that of any of its pages: without `_2` before `.shtml`."""
    return _PAGE_NUMBER.sub("", canonical(url))


def further_prefix(url: str) -> str:
    """What the canonical URLs of an article's other pages begin with, before their number; '' where they would not."""
    stem, _, kind = first_page(url).rpartition(".")
    return f"{stem}_" if kind in {"shtml", "shtm", "html", "htm"} else ""


def is_listing(url: str) -> bool:
    """Is this a question to the roll API (sina.md 1.1), on its present or its older host?"""
    parts = _parts(url)
    return parts.host in _API_HOSTS and parts.path == API_PATH


def join(base: str, ref: str) -> str:
    """`ref` made absolute against `base` as a browser does (WHATWG); `ref` unchanged when that is not possible."""
    try:
        return str(join_url(_scalar(base), _scalar(ref)))
    except ValueError:
        return ref


def _number(parts: _Parts) -> str:
    if not _SITE.fullmatch(parts.host):
        return ""
    match = _NUMERIC_PATH.search(parts.path)
    return match[1] if match and match.end() == len(parts.path) else ""


@lru_cache(maxsize=4096)  # the overlap windows show the same URLs again and again
def _parts(url: str) -> _Parts:
    if match := _PLAIN.fullmatch(url):
        return _Parts(url, match[1], match[2])
    text = _scalar(url.strip())
    try:
        parsed = URL(text, "https://invalid.invalid/") if text.startswith("//") else URL(text)
    except ValueError:
        return _Parts(text)
    if parsed.protocol not in {"http:", "https:"}:
        return _Parts(text)
    parsed.protocol = "https:"
    parsed.hash = ""
    query = _without_tracking(parsed.search.removeprefix("?"))
    parsed.search = f"?{query}" if query else ""  # the setter takes one `?` off, and a query may begin with another
    return _Parts(parsed.href, parsed.hostname, parsed.pathname, query)


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair.partition("=")[0].lower() not in TRACKING)


def _scalar(text: str) -> str:
    """`text` with each lone surrogate as U+FFFD, as WHATWG's USVString: such a string cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
