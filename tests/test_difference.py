"""What differs between two posts: told by field, and of a body by sentence and paragraph."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot import post
from newsbot.difference import ORDER, Change, Difference, lines, of_posts

POST = post.Post(
    "【虚构】标题",
    "新浪财经－国內",
    datetime(2026, 9, 29, 12, 30, tzinfo=UTC),
    "https://n.sinaimg.cn/sample/a.jpg",
    "<p>　　第一句。第二句！</p>\n<p>　　第三句？第四句</p>",
)


def changes(old: post.Post, new: post.Post) -> dict[str, tuple[tuple[str, str], ...]]:
    """Field → where it differs."""
    return {change.field: change.places for change in of_posts(post.render(old), post.render(new))}


def shown(*found: Change) -> list[str]:
    """The lines that tell of these, without colour and heading."""
    return list(lines(Difference("key", "a.md", found), lambda text, _: text))[1:]


def test_equal_posts_do_not_differ() -> None:
    assert changes(POST, POST) == {}


@pytest.mark.parametrize(
    ("field", "other", "values"),
    [
        ("title", replace(POST, title="【虚构】改了"), ("【虚构】标题", "【虚构】改了")),
        ("channel", replace(POST, channel="新浪财经－滚动"), ("新浪财经－国內", "新浪财经－滚动")),
        (
            "date",
            replace(POST, date=datetime(2026, 9, 30, tzinfo=UTC)),
            ("Tue, 29 Sep 2026 12:30:00 GMT", "Wed, 30 Sep 2026 00:00:00 GMT"),
        ),
        ("image", replace(POST, image=""), ("https://n.sinaimg.cn/sample/a.jpg", "")),
    ],
)
def test_a_field_is_named_with_both_values(field: str, other: post.Post, values: tuple[str, str]) -> None:
    assert changes(POST, other) == {field: (values,)}
    assert field in ORDER


def test_a_body_differs_by_sentence() -> None:
    other = replace(POST, body=POST.body.replace("第二句", "换掉的一句").replace("第四句", "第四句加长"))
    assert changes(POST, other) == {
        "body": (("第二句！</p>\n", "换掉的一句！</p>\n"), ("第四句</p>", "第四句加长</p>"))
    }


def test_a_paragraph_that_is_gone_has_nothing_on_the_new_side() -> None:
    other = replace(POST, body="<p>　　第一句。第二句！</p>\n")
    assert changes(POST, other)["body"] == (("<p>　　第三句？第四句</p>", ""),)


def test_a_post_that_somebody_changed_by_hand_is_told_as_such() -> None:
    [change] = of_posts(post.render(POST) + b"\nmine", post.render(POST))
    assert (change.field, change.places[0][0][:7]) == ("form", "no post")


def test_the_same_in_another_notation_is_a_difference_of_form() -> None:
    content = post.render(POST)
    [change] = of_posts(content.replace(b"title: '", b"title:  '"), content)
    assert change.field == "form"


def test_long_pieces_are_cut_to_where_they_differ() -> None:
    long = "长" * 1000
    [_, old, new] = shown(Change("body", ((f"{long}甲{long}", f"{long}乙{long}"),)))
    assert (len(old), len(new)) == (len(new), len(old))
    assert len(old) < 300
    assert "甲" in old
    assert "乙" in new


def test_many_places_are_counted_and_the_first_shown() -> None:
    told = shown(Change("body", tuple((str(i), str(-i)) for i in range(1, 40))))
    assert told[0] == "  body, 39 places"
    assert told[-1] == "    … and 27 places more; --json has all of them"


def test_no_sign_of_a_post_reaches_the_terminal_as_a_command() -> None:
    told = shown(Change("title", (("\x1b]0;owned\x07a\x9b31m", "b\r\n"),)))
    assert all(sign.isprintable() for line in told for sign in line)


def test_bodies_without_one_equal_sentence_are_compared_in_bounded_time() -> None:
    begin = time.process_time()
    [place] = changes(replace(POST, body="甲。" * 50_000), replace(POST, body="乙。" * 50_000))["body"]
    assert place == ("甲。" * 50_000, "乙。" * 50_000)
    assert changes(replace(POST, body="甲。乙。" * 490), replace(POST, body="乙。甲。" * 490))
    assert time.process_time() - begin < 10


TEXT = st.text(st.sampled_from("甲乙。！\n<p></>br &"), max_size=40)


@given(TEXT, TEXT)
def test_two_bodies_differ_somewhere_unless_they_are_equal(one: str, other: str) -> None:
    found = changes(replace(POST, body=one), replace(POST, body=other))
    assert bool(found) is (one != other)
    for old, new in found.get("body", ()):
        assert old != new
        assert old in one
        assert new in other
