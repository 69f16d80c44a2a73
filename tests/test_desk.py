"""How the desk keeps posts and ledger in step: file names that are shared, given up and come back; what is refused."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from newsbot.article import Article, Capture, Entry, Look, Refusal
from newsbot.desk import Desk, Settled
from newsbot.errors import CaptureBroken
from newsbot.judgement import is_hop, judge_exchange, validate
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PLACE, PostShelf
from newsbot.text import stamp
from tests.crawling import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
UNKNOWN = Refusal("no-layout", "")
TITLE = "【虚构】同一个标题"
CHINA, ROLL = f"{PLACE}/新浪财经－国內", f"{PLACE}/新浪财经－滚动"
A, B, C = "aaaaaaa0000001", "bbbbbbb0000002", "ccccccc0000003"
URL = "https://finance.sina.com.cn/china/2026-09-29/doc-i{}.shtml"


@dataclass
class Newsroom:
    """A desk with its ledger and shelf, and the records that it is told of, each a second after the one before."""

    desk: Desk
    pages: dict[str, Article | Refusal]  #: what the archive holds, by record id
    seconds: Iterator[int] = field(default_factory=itertools.count)

    def capture(self, url: str, after: int | None = None) -> Capture:
        """The next record, or one of the given second."""
        second = next(self.seconds) if after is None else after
        moment = stamp(NOW + timedelta(seconds=second))
        return Capture(f"urn:uuid:{second:032d}", moment, url, 200, "warc/a.warc.gz", second)

    def list(self, *titles: tuple[str, str], channel: str = "china", dated: bool = True) -> tuple[str, ...]:
        """A list's answer with (key, title); the keys whose posts were written anew."""
        entries = [
            Entry(key, URL.format(key), title, "china", place, channel, NOW if dated else None, NOW, NOW)
            for place, (key, title) in enumerate(titles)
        ]
        return self.desk.list_entries(self.capture("https://feed.mix.sina.com.cn/api/roll/get"), entries).revised

    def look(
        self, key: str, body: str = "<p>虚构</p>", *, title: str = TITLE, after: int | None = None, dated: bool = True
    ) -> Settled:
        """A look at an article's page."""
        seen = self.capture(URL.format(key), after)
        time = NOW if dated else None
        page = Article(key, seen.url, title, body, "", "test", "utf-8", published=time)
        self.pages[seen.record_id] = page
        return self._settle(Look(key, seen, page))

    def again(self, key: str, first: int, after: int) -> tuple[Settled, bool]:
        """A revisit of the capture of second `first`, and whether its page was read once more."""
        seen = replace(self.capture(URL.format(key), after), refers_to=f"urn:uuid:{first:032d}")
        result = self.desk.page_again(key, seen)
        return self._settle(Look(key, seen, result)), result is not None

    def fail(self, key: str, reason: str) -> Settled:
        """A look at an article that gave none."""
        return self._settle(Look(key, self.capture(URL.format(key)), Refusal(reason, "invented")))

    def _settle(self, look: Look) -> Settled:
        self.desk.note([look])
        return self.desk.settle(look.key, look)

    @property
    def posts(self) -> dict[str, bytes]:
        """Every post by its path."""
        shelf = self.desk.shelf
        assert isinstance(shelf, PostShelf)
        found = tree(shelf.root, "*.*")
        assert self.desk.ledger.posts() == set(found)
        return found


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with closing(Ledger(file_url(tmp_path / "ledger.sqlite"))) as ledger:
        pages: dict[str, Article | Refusal] = {}
        yield Newsroom(Desk(ledger, PostShelf(tmp_path / "posts"), lambda seen: pages[seen.record_id]), pages)


# --- looks that find what was there before ---


def test_a_page_that_the_post_shows_already_is_not_read_again(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, after=1)
    before, row = room.posts, room.desk.ledger.article(A)
    room.pages.clear()
    assert room.again(A, 1, after=2) == (Settled("published", "", "same"), False)
    assert room.posts == before
    now = room.desk.ledger.article(A)
    assert row
    assert now
    assert now._replace(look_key=row.look_key, body_key=row.body_key) == row
    assert now.look_key > row.look_key
    first, second = room.desk.ledger.history(A)
    assert first.text_digest
    assert (first.digest, first.text_digest, first.title) == (second.digest, second.text_digest, second.title)


def test_a_page_that_was_another_for_a_while_is_read_again_and_shown(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, "<p>甲</p>", after=1)
    room.look(A, "<p>乙</p>", after=2)
    [edited] = room.posts.values()
    assert room.again(A, 1, after=3) == (Settled("published", "", "revised"), True)
    [post] = room.posts.values()
    assert "甲".encode() in post
    assert post != edited


def test_a_post_that_was_lost_is_written_again_at_the_next_look(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, after=1)
    [(path, content)] = room.posts.items()
    room.desk.shelf.remove(path)
    assert room.again(A, 1, after=2)[1]
    assert room.posts == {path: content}


def test_a_page_that_comes_back_as_it_was_is_a_return(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, after=1)
    room.seconds = itertools.count(60, 5 * 3600)
    room.fail(A, "gone")
    assert room.fail(A, "gone").turn == "deleted"
    assert room.again(A, 1, after=36000) == (Settled("published", "", "same", "returned"), False)


# --- names ---


def test_a_post_is_named_by_its_title_in_its_channel(room: Newsroom) -> None:
    room.list((A, TITLE))
    assert room.look(A) == Settled("published", "", "new")
    assert list(room.posts) == [f"{CHINA}/{TITLE}.md"]


def test_of_two_with_one_title_the_one_captured_first_has_the_plain_name(room: Newsroom) -> None:
    room.list((B, TITLE), (A, TITLE))
    room.look(B)
    room.look(A)
    assert set(room.posts) == {f"{CHINA}/{TITLE}.md", f"{CHINA}/{TITLE}-{A}.md"}
    assert room.desk.ledger.article(B).post == f"{CHINA}/{TITLE}.md"  # type: ignore[union-attr]


def test_one_that_turns_out_to_have_been_captured_earlier_takes_the_plain_name_over(room: Newsroom) -> None:
    room.list((A, TITLE), (B, TITLE))
    room.look(A, "<p>甲</p>", after=100)
    room.look(B, "<p>乙</p>", after=50)
    posts = room.posts
    assert "乙".encode() in posts[f"{CHINA}/{TITLE}.md"]
    assert "甲".encode() in posts[f"{CHINA}/{TITLE}-{A}.md"]


def test_a_name_that_is_given_up_goes_to_the_next_and_comes_back_with_its_title(room: Newsroom) -> None:
    room.list((A, TITLE), (B, TITLE), (C, TITLE))
    for key, body in ((A, "甲"), (B, "乙"), (C, "丙")):
        room.look(key, body)
    assert room.list((A, "【虚构】换了")) == (A,)
    posts = room.posts
    assert set(posts) == {f"{CHINA}/【虚构】换了.md", f"{CHINA}/{TITLE}.md", f"{CHINA}/{TITLE}-{C}.md"}
    assert "乙".encode() in posts[f"{CHINA}/{TITLE}.md"]
    room.list((A, TITLE))
    posts = room.posts
    assert set(posts) == {f"{CHINA}/{TITLE}.md", f"{CHINA}/{TITLE}-{B}.md", f"{CHINA}/{TITLE}-{C}.md"}
    assert "甲".encode() in posts[f"{CHINA}/{TITLE}.md"]


def test_the_same_title_in_two_channels_is_no_clash(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.list((B, TITLE), channel="finance")
    room.look(A)
    room.look(B)
    assert set(room.posts) == {f"{CHINA}/{TITLE}.md", f"{ROLL}/{TITLE}.md"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("【虚构】ABC", "【虚构】abc"), ("【虚构】caf\u00e9", "【虚构】cafe\u0301"), ("【虚构】问?号", "【虚构】问*号")],
    ids=["case", "normal form", "signs that file names lose"],
)
def test_names_that_some_file_system_takes_for_one_are_one(room: Newsroom, one: str, other: str) -> None:
    room.list((A, one), (B, other))
    room.look(A)
    room.look(B)
    assert len(room.posts) == 2
    assert [path.endswith(f"-{B}.md") for path in sorted(room.posts)].count(True) == 1


@pytest.mark.parametrize("end", [A, "182815211089@finance.sina.com.cn", "0123456789abcdef"])
def test_a_title_that_ends_like_a_suffix_is_always_suffixed(room: Newsroom, end: str) -> None:
    room.list((B, f"{TITLE}-{end}"))
    room.look(B)
    name = f"{TITLE}-{end}".replace(".", "")
    assert list(room.posts) == [f"{CHINA}/{name}-{B}.md"]


def test_a_title_of_nothing_but_forbidden_signs_is_named_by_its_key(room: Newsroom) -> None:
    room.list((A, "..."))
    room.look(A)
    assert list(room.posts) == [f"{CHINA}/{A}.md"]


def test_long_titles_that_are_cut_alike_share_a_name(room: Newsroom) -> None:
    long = "【虚构】" + "长" * 90
    room.list((A, long + "甲"), (B, long + "乙"))
    room.look(A)
    room.look(B)
    assert len(room.posts) == 2
    assert max(len(path.rpartition("/")[2].encode()) for path in room.posts) <= 255


# --- what a post says ---


def test_the_largest_capture_that_is_an_article_gives_the_body(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, "<p>新</p>", after=60)
    assert room.look(A, "<p>旧</p>", after=30).outcome == "same"
    assert room.fail(A, "gone").state == "published"
    assert "新".encode() in room.posts[f"{CHINA}/{TITLE}.md"]


def test_an_article_that_no_list_showed_has_the_pages_title_and_time_until_one_does(room: Newsroom) -> None:
    room.look(A, title="【虚构】页面的标题")
    assert list(room.posts) == [f"{ROLL}/【虚构】页面的标题.md"]
    assert room.list((A, TITLE)) == (A,)
    assert list(room.posts) == [f"{CHINA}/{TITLE}.md"]


def test_the_same_list_again_changes_nothing(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A)
    before = room.posts
    assert room.list((A, TITLE)) == ()
    assert room.posts == before


# --- standings ---


@pytest.mark.parametrize(
    ("reason", "state"),
    [("gone", "gone"), ("robots", "refused"), ("no-layout", "refused"), ("ban", "failed"), ("stopped", "failed")],
)
def test_an_article_without_a_page_stands_by_its_last_look(room: Newsroom, reason: str, state: str) -> None:
    room.list((A, TITLE))
    room.fail(A, "server-error")
    assert room.fail(A, reason) == Settled(state, reason, state)
    assert room.posts == {}


def test_a_page_without_time_or_title_anywhere_is_refused_until_a_list_gives_them(room: Newsroom) -> None:
    assert room.look(A, title="").reason == "no-title"
    assert room.look(B, dated=False).reason == "no-time"
    assert room.posts == {}
    room.list((A, TITLE), (B, f"{TITLE}二"))
    assert set(room.posts) == {f"{CHINA}/{TITLE}.md", f"{CHINA}/{TITLE}二.md"}


def test_a_post_whose_page_the_parser_takes_no_more_keeps_its_body_and_is_told(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A, "<p>旧的正文</p>")
    room.pages.update(dict.fromkeys(room.pages, UNKNOWN))
    assert room.list((A, f"{TITLE}二")) == (A,)
    [(path, content)] = room.posts.items()
    assert path == f"{CHINA}/{TITLE}二.md"
    assert "旧的正文".encode() in content
    [told] = room.desk.outdated.values()
    assert told.startswith(URL.format(A))
    assert "this parser says no-layout: look at `scrapy replay --diff`" in told


def test_an_article_that_has_no_post_to_keep_is_refused_as_the_parser_says(room: Newsroom) -> None:
    room.list((A, TITLE))
    room.look(A)
    room.pages.update(dict.fromkeys(room.pages, UNKNOWN))
    assert isinstance(room.desk.shelf, PostShelf)
    (room.desk.shelf.root / f"{CHINA}/{TITLE}.md").unlink()
    room.list((A, f"{TITLE}二"))
    assert room.posts == {}
    assert room.desk.ledger.article(A).reason == "no-layout"  # type: ignore[union-attr]


def test_no_article_is_given_the_body_of_one_that_took_its_name(room: Newsroom) -> None:
    room.list((A, TITLE), (B, TITLE))
    room.look(A, "<p>甲</p>", after=50)
    room.look(B, "<p>乙</p>", after=100)
    room.list((A, "【虚构】换了"))
    room.pages.update(dict.fromkeys(room.pages, UNKNOWN))
    room.pages["urn:uuid:" + "50".zfill(32)] = Article(A, URL.format(A), TITLE, "<p>甲</p>", "", "test", "utf-8", NOW)
    room.list((A, TITLE))
    assert list(room.posts) == [f"{CHINA}/{TITLE}.md"]
    assert "甲".encode() in room.posts[f"{CHINA}/{TITLE}.md"]


def test_nothing_is_published_from_what_is_not_in_the_archive() -> None:
    with pytest.raises(CaptureBroken, match="without a record"):
        validate(Look(A, Capture("", stamp(NOW), URL.format(A), 200), Refusal("gone")))


# --- exchanges ---


@pytest.mark.parametrize(
    ("fields", "location", "reason"),
    [
        ({"status": 0, "error": "DownloadTimeoutError: 60 s"}, None, "no-answer"),
        ({"status": 0, "error": "AddressRefused: localhost is 127.0.0.1"}, None, "not-allowed"),
        ({"status": 0, "error": "aborted: SIGTERM"}, None, "stopped"),
        ({"status": 200, "truncated": "unspecified", "error": "aborted: SIGTERM"}, None, "stopped"),
        ({"status": 200, "truncated": "length"}, None, "too-large"),
        ({"status": 200, "truncated": "time"}, None, "cut"),
        ({"status": 503}, None, "server-error"),
        ({"status": 429}, None, "server-error"),
        ({"status": 302}, "/elsewhere", None),
        ({"status": 302}, "", None),
        ({"status": 200}, None, None),
        ({"status": 404}, None, None),
        ({"status": 200, "url": "https://www.sina.com.cn/"}, None, "redirected-away"),
        ({"status": 200, "url": URL.format(B)}, None, None),
        ({"status": 200, "url": URL.format(A).replace("https", "http") + "?from=wap#top"}, None, None),
    ],
)
def test_an_exchange_without_a_page_has_its_reason(
    fields: dict[str, str | int], location: str | None, reason: str | None
) -> None:
    capture = Capture(**({"record_id": "x", "date": stamp(NOW), "url": URL.format(A)} | fields))  # type: ignore[arg-type]
    refusal = judge_exchange(capture, URL.format(A), location)
    assert (refusal.reason if refusal else None) == reason


def test_a_redirect_is_a_hop_only_with_a_location() -> None:
    assert is_hop(302, "/x")
    assert is_hop(301, "")
    assert not is_hop(302, None)
    assert not is_hop(200, "/x")
    assert not is_hop(304, "/x")
