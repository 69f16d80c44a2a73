"""How the desk keeps posts and ledger in step: file names that are shared, given up and come back; what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.desk import Settled
from newsbot.errors import CaptureBroken
from newsbot.judgement import is_hop, judge_exchange, validate
from newsbot.shelf import PostShelf
from newsbot.text import stamp
from tests.desking import CHINA, NOW, ROLL, TITLE, UNKNOWN, URL, A, B, C

if TYPE_CHECKING:
    from tests.desking import Newsroom

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
