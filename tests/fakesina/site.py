"""The fake site: which request gets which answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from . import failures, look, pages, pictures, roll, sides
from .answers import Answer, Request, Wire, encode, http_date
from .elsewhere import ELSEWHERE, MOBILE_HOST, docid_in, mobile_page
from .failures import Script
from .flashes import FEED_HOST, FEED_PATH, Feed
from .newsroom import Newsroom, place
from .roll import ListRules
from .sides import FORBIDDEN, TOP_HOST

if TYPE_CHECKING:
    from .stories import Story

ROLL_HOSTS = ("feed.mix.sina.com.cn", "feed.sina.com.cn")
PAGE_HOSTS = ("finance.sina.com.cn", "news.sina.com.cn", "cj.sina.com.cn", "k.sina.com.cn", "www.sina.com.cn")
IMAGE_HOSTS = ("n.sinaimg.cn", *(f"n{number}.sinaimg.cn" for number in range(4)), "k.sinaimg.cn")
WEIBO_HOSTS = ("wx1.sinaimg.cn", "tva1.sinaimg.cn")  #: a picture only for who comes from a page of Sina's
HOSTS = (*PAGE_HOSTS, *ELSEWHERE, *ROLL_HOSTS, FEED_HOST, TOP_HOST, *IMAGE_HOSTS, *WEIBO_HOSTS)
ROBOTS = b"# invented\nUser-agent: *\nDisallow: /cgi-bin/\nDisallow: /private/\n"


class Site(Newsroom):
    """What the server serves. All methods may be called from any thread, also while a crawl runs.

    `now` (aware) is the site's time at this moment; its clock runs on from there. `articles` of them lie within the
    last twenty hours. `size_kb`: mean size of a page in 1,000 bytes before compression; pages lie between two thirds
    and four thirds of it. `troubles`: a soft 404, a hard 404 and a 503 that becomes 200 are among the articles.
    """

    def __init__(
        self, now: datetime, articles: int = 66, seed: int = 1, size_kb: int | None = None, *, troubles: bool = True
    ) -> None:
        super().__init__(now, articles, seed, troubles=troubles)
        self.size_kb = size_kb
        self.redirect_http = True  #: False: pages also answer on plain http (for a bench without TLS)
        self.conditional = True  #: False: conditional requests get whole answers
        self.rules: dict[int, ListRules] = {}  #: by lid
        #: None: 404; a text: where it redirects to
        self.robots: dict[str, bytes | str | None] = dict.fromkeys(HOSTS, ROBOTS) | {"k.sinaimg.cn": None}
        self.asked: Counter[str] = Counter()  #: how often each URL was asked, `https://host/path?query`
        self.feed = Feed()
        self.columns: dict[str, list[Story]] = {}  #: path of a column's page → what it shows, newest first
        self.column_robots = FORBIDDEN  #: what their robots metas say
        self.top: list[Story] = []  #: the most read
        self._scripts: list[Script] = []
        self._wires: dict[tuple[str, bool], tuple[Story | None, Wire]] = {}
        self._date = (0, b"")
        for story in self.in_lists():
            if story.variant == "busy":
                self.fail("503", story.docid)

    # --- failures ---

    def fail(self, kind: str, where: str, times: int | None = 1) -> Script:
        """The next `times` requests that match get a failure (failures.KINDS, failures.matches). None: until `mend`."""
        script = Script(kind, where, times)
        with self._lock:
            self._scripts.append(script)
        return script

    def mend(self, script: Script | None = None) -> None:
        """Take back one script, or all of them."""
        with self._lock:
            self._scripts = [one for one in self._scripts if script is not None and one is not script]

    # --- answers ---

    def respond(self, request: Request) -> tuple[bytes, str]:
        """The message for a request, and how it ends (Answer.ending)."""
        with self._lock:
            scheme = "https" if request.tls else "http"
            url = f"{scheme}://{request.host}{request.target}"
            self.asked[url] += 1
            wire = self._wire(request)
            if self.conditional and wire.fresh(request):
                same = (("Last-Modified", wire.modified), ("ETag", wire.etag))
                wire = encode(Answer(status=304, headers=same), zipped=False, odd=url)
            if not request.stays:
                wire = replace(wire, head=wire.head.replace(b"Connection: keep-alive", b"Connection: close", 1))
            return wire.message(self._date_line(), bodiless=request.method == "HEAD"), wire.ending

    def _wire(self, request: Request) -> Wire:
        script = next((script for script in self._scripts if script.claims(request)), None)
        if script:
            return encode(self._failure(script.kind), zipped=request.gzip, odd=request.target)
        return self._kept(request)

    def _kept(self, request: Request) -> Wire:
        address = request.host + request.target
        passing = request.method not in ("GET", "HEAD") or (self.redirect_http and not request.tls)
        story = self.at(request.host + request.path)
        of, known = self._wires.get((address, request.gzip), (None, None))
        if known is None or of is not story or passing:
            answer = self.answer(request)
            known = encode(answer, zipped=request.gzip, odd=address)
            if answer.modified and not passing:
                self._wires[address, request.gzip] = (story, known)
        return known

    def warm(self) -> None:
        """Write and compress every page now, as clients that take gzip get it; else this happens when it is asked."""
        for story in self.in_lists():
            host, _, path = place(story.home or story.url).partition("/")
            headers = {"host": host, "accept-encoding": "gzip"}
            with self._lock:
                self._kept(Request("GET", f"/{path}", "HTTP/1.1", headers, tls=True, raw=b""))

    def answer(self, request: Request) -> Answer:
        """The answer to a request when no failure claims it."""
        host, path = request.host, request.path
        if host in ("127.0.0.1", "localhost"):
            return look.answer(self, request)
        if host not in HOSTS or request.method not in ("GET", "HEAD"):
            return Answer(b"invented: not here", 405 if host in HOSTS else 421, compress=False)
        if not request.tls and self.redirect_http and host not in (*IMAGE_HOSTS, *WEIBO_HOSTS):
            return redirect(f"https://{host}{request.target}")
        if path == "/robots.txt":
            rules = self.robots[host]
            return self._failure("404") if rules is None else _rules(rules)
        if host in (*ROLL_HOSTS, FEED_HOST):
            return self._list(request) if path in ("/api/roll/get", FEED_PATH) else self._failure("error-json")
        return self._elsewhere(host, request.target) if host in ELSEWHERE else self._file(request)

    def _failure(self, kind: str) -> Answer:
        return failures.KINDS[kind](self.now())

    def _list(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        if request.host == FEED_HOST:
            return Answer(self.feed.answer(asked, self.now()), content_type=failures.JSON, max_age=0)
        rules = self.rules.get(roll.integer(asked, "lid") or 0, ListRules())
        body = roll.answer(self.in_lists(), asked, rules, self.now())
        self.lists_given += 1
        return Answer(body, content_type=failures.JSON, max_age=0, chunked=True)

    def _file(self, request: Request) -> Answer:
        host, path, referer = request.host, request.path, request.headers.get("referer", "")
        if host == TOP_HOST or path in self.columns:
            return self._side(path)
        story = self.at(host + path)
        if story is not None:
            return self._page(story, host + path)
        if host in WEIBO_HOSTS and ".sina.com.cn/" not in referer:
            return self._failure("403")
        requisite = pictures.answer(host + path)
        if requisite is not None:
            return requisite
        if path == "/" and host in PAGE_HOSTS:
            return Answer(look.front(self, "https://{}").encode(), max_age=0)
        return self._failure("404")

    def _side(self, path: str) -> Answer:
        if path in self.columns:
            return Answer(sides.column(self.columns[path], self.column_robots), max_age=0)
        return Answer(sides.top(self.top), content_type="text/javascript", max_age=0)

    def _elsewhere(self, host: str, target: str) -> Answer:
        if not self.has(docid := docid_in(target)) or (story := self.story(docid)).missing:
            return self._failure("404")
        return Answer(mobile_page(story)) if host == MOBILE_HOST else redirect(story.url)

    def _page(self, story: Story, address: str) -> Answer:
        if story.missing:
            return self._failure(story.missing)
        if story.home and place(story.home) != address:
            return redirect(story.home)
        size = self.size_kb * (67 + story.seed * 29 % 67) // 100 if self.size_kb else None
        modified = (story.updated or story.intime).astimezone(UTC)
        body = pages.write(story, size)
        return Answer(body, content_type=story.content_type, modified=modified, chunked=story.seed % 3 == 0)

    def _date_line(self) -> bytes:
        second = int(self.now().timestamp())
        if self._date[0] != second:
            self._date = (second, f"Date: {http_date(datetime.fromtimestamp(second, UTC))}\r\n".encode())
        return self._date[1]


def _rules(rules: bytes | str) -> Answer:
    return redirect(rules) if isinstance(rules, str) else Answer(rules, content_type="text/plain")


def redirect(url: str) -> Answer:
    """A 302 with a small body, as nginx writes it."""
    body = b"<html>\r\n<head><title>302 Found</title></head>\r\n<body>invented</body>\r\n</html>\r\n"
    return Answer(body, 302, headers=(("Location", url),), max_age=0, compress=False)
