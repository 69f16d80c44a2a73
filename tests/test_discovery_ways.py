"""The ways back in a list's time, each tried where another fails: pages, cursor, days."""

from __future__ import annotations

from datetime import UTC

from newsbot.article import Refusal
from newsbot.discovery.walk import Walk
from newsbot.discovery.windows import Window
from tests.walking import DAY, HOUR, MINUTE, NOW, asked, page


def ended_walk() -> Walk:
    """A walk through two days whose pages ended after three of many items; it went on by cursor."""
    walk = Walk(Window("finance", NOW - 48 * HOUR, NOW, "pages"))
    walk.first()
    walk.take(page([1, 20], total=100_350, skipped=1))
    walk.take(page([]))
    cursor = asked(walk.take(page([])))
    assert (cursor["ctime"], walk.mode) == (str(int((NOW - 20 * MINUTE).timestamp())), "cursor")
    assert walk.notes == ["the list ended after 3 of 100350 items; went on by cursor"]
    return walk


def test_where_pages_end_before_the_list_does_the_cursor_goes_on_from_there() -> None:
    walk = ended_walk()
    assert walk.take(page([20, 90])) is not None
    assert walk.take(page([90, 60 * 49])) is None
    assert walk.complete
    assert walk.facts()["total"] == 100_350


def test_where_the_cursor_fails_each_day_back_to_the_window_is_read() -> None:
    walk = ended_walk()
    walk.take(page([5]))  # younger than the cursor
    assert walk.notes[-1] == "finance does not honour the cursor; went on by days"
    walk = ended_walk()
    walk.take(page([]))
    assert asked(walk.take(page([])))["date"] == "2026-09-29"
    assert walk.notes[-1] == "nothing older than 2026-09-29 12:10Z is shown; went on by days"
    assert asked(walk.take(page([1, 20, 90], total=3)))["date"] == "2026-09-28"
    assert asked(walk.take(page([60 * 24], total=1)))["date"] == "2026-09-27"
    assert walk.take(page([60 * 47], total=1)) is None
    assert walk.complete
    assert walk.facts()["mode"] == "days"


def test_where_no_way_leads_back_the_walk_is_not_complete_and_says_why() -> None:
    walk = ended_walk()
    walk.take(page([]))
    walk.take(page([]))
    walk.take(page([]))
    assert walk.take(page([])) is None
    assert (walk.complete, walk.why) == (False, "finance shows nothing of 2026-09-29")
    assert len(walk.notes) == 2


def back_walk() -> Walk:
    """A walk through a day that goes by cursor at first."""
    walk = Walk(Window("finance", DAY.astimezone(UTC), NOW, "cursor", back_fill=True))
    assert asked(walk.first())["ctime"] == str(int(NOW.timestamp()))
    return walk


def test_a_cursor_that_is_not_honoured_or_shows_nothing_gives_way_to_days() -> None:
    walk = back_walk()
    walk.take(page([]))
    assert asked(walk.take(page([])))["date"] == "2026-09-29"
    assert walk.notes == ["nothing older than 2026-09-29 12:30Z is shown; went on by days"]
    assert walk.take(page([30], total=1)) is None
    assert (walk.complete, walk.total) == (True, 1)
    walk = Walk(Window("finance", DAY.astimezone(UTC), NOW - HOUR, "cursor", back_fill=True))
    walk.first()
    assert asked(walk.take(page([5])))["date"] == "2026-09-29"
    assert walk.notes == ["finance does not honour the cursor; went on by days"]


def test_a_cursor_that_fails_gives_way_to_days() -> None:
    walk = back_walk()
    failing = Refusal("server-error", "status.code 3")
    walk.take(failing)
    walk.take(failing)
    assert asked(walk.take(failing))["date"] == "2026-09-29"
    assert walk.notes == ["finance fails by cursor, server-error: status.code 3; went on by days"]
    for _ in range(2):
        assert walk.take(failing) is not None
    assert walk.take(failing) is None
    assert (walk.complete, walk.unreachable) == (False, False)
