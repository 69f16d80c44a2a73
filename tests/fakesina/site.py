"""The fake site: its articles, its clock, and which request gets which answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import articles, failures, look, pages, pictures, roll
from .answers import Answer, Request, Wire, encode, http_date
from .failures import Script
from .roll import ListRules
from .stories import Expected, Story

ROLL_HOSTS = ("feed.mix.sina.com.cn", "feed.sina.com.cn")
PAGE_HOSTS = ("finance.sina.com.cn", "news.sina.com.cn", "cj.sina.com.cn", "k.sina.com.cn", "www.sina.com.cn")
IMAGE_HOSTS = ("n.sinaimg.cn", *(f"n{number}.sinaimg.cn" for number in range(4)), "k.sinaimg.cn")
HOSTS = (*PAGE_HOSTS, *ROLL_HOSTS, *IMAGE_HOSTS)
ROBOTS = b"# invented\nUser-agent: *\nDisallow: /cgi-bin/\nDisallow: /private/\n"


class Site:
    """What the server serves. All methods may be called from any thread, also while a crawl runs.

    `now` (aware) is the site's time at this moment; its clock runs on from there. `articles` of them lie within the
    last twenty hours. `size_kb`: mean size of a page in 1,000 bytes before compression; pages lie between two thirds
    and four thirds of it. `troubles`: a soft 404, a hard 404 and a 503 that becomes 200 are among the articles.
    """

    def __init__(
        self, now: datetime, articles: int = 66, seed: int = 1, size_kb: int | None = None, *, troubles: bool = True
    ) -> None:
        self.began = now.astimezone(UTC)
        self.seed = seed
        self.size_kb = size_kb
        self.redirect_http = True  #: False: pages also answer on plain http (for a bench without TLS)
        self.rules: dict[int, ListRules] = {}  #: by lid
        self.robots: dict[str, bytes | None] = dict.fromkeys(HOSTS, ROBOTS) | {"k.sinaimg.cn": None}  #: None: 404
        self.asked: Counter[str] = Counter()  #: how often each URL was asked, `https://host/path?query`
        self.lists_given = 0  #: list answers so far, failures left out
        self._zero = time.monotonic()
        self._lock = threading.RLock()
        self._stories: dict[str, Story] = {}
        self._homes: dict[str, str] = {}  # host and path of a page → docid
        self._scripts: list[Script] = []
        self._wires: dict[tuple[str, bool], Wire] = {}
        self._date = (0, b"")
        self._invented = articles
        self._fill(articles, troubles=troubles)

    def _fill(self, count: int, *, troubles: bool) -> None:
        for story in articles.cast(self.began, count, self.seed, troubles=troubles):
            self.add(story)
            if story.variant == "soft-404":
                self.fail("soft-404", story.docid, None)
            elif story.variant == "hard-404":
                self.fail("404", story.docid, None)
            elif story.variant == "busy":
                self.fail("503", story.docid, 1)

    # --- the clock ---

    def now(self) -> datetime:
        """The site's time: runs with the system's monotonic clock."""
        return self.began + timedelta(seconds=time.monotonic() - self._zero)

    def advance(self, by: timedelta) -> None:
        """Set the clock forward."""
        self.began += by

    # --- the articles ---

    def invent(self, variant: str = "plain", *, age: timedelta = timedelta(0), **fields: Any) -> Story:
        """A new story of this variant, created `age` before now; `fields` of Story as wished. `add` it to list it."""
        with self._lock:
            number, self._invented = self._invented, self._invented + 1
        parts = (
            *articles.CAST,
            *articles.TROUBLES,
            articles.Part("empty", lambda story: replace(story, outcome="no-body")),
        )
        part = next(part for part in parts if part.variant == variant)
        return replace(articles.invent(number, self.seed, self.now() - age, part), **fields)

    def add(self, story: Story, *, after: timedelta | None = None, after_lists: int = 0) -> Story:
        """List a story and serve its page: at once, `after` a time of the site's clock, or so many list answers."""
        with self._lock:
            if after is not None:
                story = replace(story, appears=self.now() + after, intime=(self.now() + after).replace(microsecond=0))
            if after_lists:
                story = replace(story, appears_after=self.lists_given + after_lists)
            self._stories[story.docid] = story
            self._homes[place(story.home or story.url)] = story.docid
            if story.home:
                self._homes.setdefault(place(story.url), story.docid)
            self._forget(story)
        return story

    def serve_page(
        self,
        url: str,
        body: bytes,
        *,
        title: str,
        created: datetime,
        docid: str,
        intime: datetime | None = None,
        **fields: Any,
    ) -> Story:
        """Serve these bytes as the page of `url`, and list it with this title and these times."""
        known = {"lids": (2519, 1686), "variant": "given", **fields}
        return self.add(
            Story(docid=docid, url=url, title=title, created=created, intime=intime or created, page=body, **known)
        )

    def edit(self, key: str, **fields: Any) -> Story:
        """Change an article now: its page says so, `mtime` moves. Without `fields` a paragraph is added."""
        with self._lock:
            story = self._stories[key]
            stamp: dict[str, Any] = {"updated": self.now().replace(microsecond=0), "revision": story.revision + 1}
            return self.add(replace(story, **(stamp | fields)))

    def remove(self, key: str, *, listed: bool = False, soft: bool = False) -> None:
        """Delete an article: its page is a 404 (`soft`: with status 200) from now on; lists drop it unless `listed`."""
        with self._lock:
            story = self._stories[key]
            self.fail("soft-404" if soft else "404", story.docid, None)
            if listed:
                self._stories[key] = replace(story, outcome="gone")
            else:
                del self._stories[key]

    def story(self, key: str) -> Story:
        """The story with this key, as it is now."""
        return self._stories[key]

    def in_lists(self) -> list[Story]:
        """The stories that lists show at this moment."""
        now, given = self.now(), self.lists_given
        with self._lock:
            known = list(self._stories.values())
        return [s for s in known if (s.appears is None or s.appears <= now) and s.appears_after <= given]

    def listed(self) -> list[Expected]:
        """What a crawl should end with for each article that has entered a list by now, newest first."""
        found = sorted(self.in_lists(), key=lambda story: story.created, reverse=True)
        return [Expected(s.docid, "https://" + place(s.url), s.title, s.outcome, s.variant) for s in found]

    # --- failures ---

    def fail(self, kind: str, where: str, times: int | None = 1) -> Script:
        """The next `times` requests that match get a failure (failures.KINDS, failures.matches). None: until `mend`."""
        script = Script(kind, where, times)
        with self._lock:
            self._scripts.append(script)
        return script

    def mend(self, script: Script | None = None) -> None:
        """Take back one script, or all bans and failures but those of articles that are gone."""
        with self._lock:
            gone = [s for s in self._scripts if s.kind in ("404", "soft-404")]
            self._scripts = gone if script is None else [s for s in self._scripts if s is not script]

    # --- answers ---

    def respond(self, request: Request) -> tuple[bytes, str]:
        """The message for a request, and how it ends (Answer.ending)."""
        with self._lock:
            scheme = "https" if request.tls else "http"
            url = f"{scheme}://{request.host}{request.target}"
            self.asked[url] += 1
            wire = self._wire(request, url)
            if wire.fresh(request):
                same = (("Last-Modified", wire.modified), ("ETag", wire.etag))
                wire = encode(Answer(status=304, headers=same), zipped=False, odd=url)
            if not request.stays:
                wire = replace(wire, head=wire.head.replace(b"Connection: keep-alive", b"Connection: close", 1))
            return wire.message(self._date_line(), bodiless=request.method == "HEAD"), wire.ending

    def _wire(self, request: Request, url: str) -> Wire:
        script = next((script for script in self._scripts if script.claims(request)), None)
        if script:
            return encode(failures.KINDS[script.kind](self.now()), zipped=request.gzip, odd=url)
        known = self._wires.get((url, request.gzip))
        if known is None:
            answer = self._answer(request)
            known = encode(answer, zipped=request.gzip, odd=url)
            if answer.modified:
                self._wires[url, request.gzip] = known
        return known

    def peek(self, request: Request) -> Answer:
        """The answer to a request, without counting it: lasting failures show, passing ones do not."""
        with self._lock:
            lasting = (one for one in self._scripts if one.times is None and one.claims(request))
            script = next(lasting, None)
            return failures.KINDS[script.kind](self.now()) if script else self._answer(request)

    def _answer(self, request: Request) -> Answer:
        host, path = request.host, request.path
        if host in ("127.0.0.1", "localhost"):
            return look.answer(self, request)
        if host not in HOSTS or request.method not in ("GET", "HEAD"):
            return Answer(b"invented: not here", 405 if host in HOSTS else 421, compress=False)
        if not request.tls and self.redirect_http and host not in IMAGE_HOSTS:
            return redirect(f"https://{host}{request.target}")
        if path == "/robots.txt":
            rules = self.robots[host]
            return failures.KINDS["404"](self.now()) if rules is None else Answer(rules, content_type="text/plain")
        if host in ROLL_HOSTS:
            return self._list(request) if path == "/api/roll/get" else failures.KINDS["error-json"](self.now())
        return self._file(host, path)

    def _list(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        rules = self.rules.get(roll.integer(asked, "lid") or 0, ListRules())
        body = roll.answer(self.in_lists(), asked, rules, self.now())
        self.lists_given += 1
        return Answer(body, content_type=failures.JSON, max_age=0, chunked=True)

    def _file(self, host: str, path: str) -> Answer:
        docid = self._homes.get(host + path)
        if docid in self._stories:
            return self._page(self._stories[docid], host + path)
        if host + path in pictures.STYLES:
            style = pictures.STYLES[host + path].encode()
            return Answer(style, content_type="text/css", modified=datetime(2019, 8, 30, tzinfo=UTC), max_age=86400)
        if (
            host in IMAGE_HOSTS
            and path.endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))
            and "/missing/" not in path
        ):
            # Always a PNG, and said so, whatever the name ends with.
            day = datetime(2026, 1, 1, tzinfo=UTC)
            return Answer(
                pictures.png(host + path), content_type="image/png", modified=day, compress=False, max_age=86400
            )
        if path == "/" and host in PAGE_HOSTS:
            return Answer(look.front(self, "https://{}").encode(), max_age=0)
        return failures.KINDS["404"](self.now())

    def _page(self, story: Story, address: str) -> Answer:
        if story.home and place(story.home) != address:
            return redirect(story.home)
        size = self.size_kb * (67 + story.seed * 29 % 67) // 100 if self.size_kb else None
        modified = (story.updated or story.intime).astimezone(UTC)
        body = pages.write(story, size)
        return Answer(body, content_type=story.content_type, modified=modified, chunked=story.seed % 3 == 0)

    def _forget(self, story: Story) -> None:
        addresses = {place(story.url), place(story.home or story.url)}
        self._wires = (
            {key: wire for key, wire in self._wires.items() if place(key[0]) not in addresses} if self._wires else {}
        )

    def _date_line(self) -> bytes:
        second = int(self.now().timestamp())
        if self._date[0] != second:
            self._date = (second, f"Date: {http_date(datetime.fromtimestamp(second, UTC))}\r\n".encode())
        return self._date[1]


def place(url: str) -> str:
    """Host and path of a URL: what a page is found by, whatever its scheme and query."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path}"


def redirect(url: str) -> Answer:
    """A 302 with a small body, as nginx writes it."""
    body = b"<html>\r\n<head><title>302 Found</title></head>\r\n<body>invented</body>\r\n</html>\r\n"
    return Answer(body, 302, headers=(("Location", url),), max_age=0, compress=False)
