"""Second looks that find the page as it was."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from newsbot.desk import Settled
from tests.desking import TITLE, A

if TYPE_CHECKING:
    from tests.desking import Newsroom


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
