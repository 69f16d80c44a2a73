"""How a walk through a list's window goes on and ends, in all three modes; and what a cross-check finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsbot.article import Refusal
from newsbot.discovery.walk import MAX_PAGES, Walk
from newsbot.discovery.windows import PastWindow, Window, not_shown, past_window
from tests.walking import HOUR, MINUTE, NOW, WHOLE, asked, cursor_walk, day_walk, page, pages_walk


def test_a_window_comes_back_from_its_facts() -> None:
    walk = Walk(Window("finance", NOW - HOUR, NOW, "pages", full=False))
    walk.first()
    walk.take(page([5]))
    walk.take(page([70]))
    assert past_window(walk.facts()) == PastWindow(NOW - HOUR, NOW, True, False, NOW - 5 * MINUTE, mode="pages", seen=2)
    day = Walk(Window("finance", NOW - HOUR, NOW, "days", back_fill=True))
    assert past_window(day.facts()).back_fill


def test_pages_are_turned_until_one_is_older_than_the_window() -> None:
    walk = pages_walk()
    assert asked(walk.take(page([1, 20])))["page"] == "2"
    assert asked(walk.take(page([21, 60])))["page"] == "3"
    assert walk.take(page([50, 55, 61])) is None
    assert walk.complete
    assert walk.newest == NOW - MINUTE
    assert (walk.answers, len(walk.seen)) == (3, 7)


def test_an_empty_page_is_asked_again_and_only_then_the_end() -> None:
    walk = pages_walk()
    walk.take(page([1, 20], total=2))
    assert asked(walk.take(page([])))["page"] == "2"
    assert walk.take(page([])) is None
    assert walk.complete


def test_a_page_that_was_empty_once_is_no_end() -> None:
    walk = pages_walk()
    walk.take(page([1]))
    assert asked(walk.take(page([])))["page"] == "2"
    assert asked(walk.take(page([2])))["page"] == "3"
    assert walk.take(page([61])) is None
    assert walk.complete


def test_an_empty_list_is_complete_only_while_it_never_showed_anything() -> None:
    for alive in (False, True):
        walk = pages_walk(alive=alive)
        walk.take(page([]))
        assert walk.take(page([])) is None
        assert walk.complete is not alive


def test_a_list_without_an_end_stops_at_some_point_and_says_so() -> None:
    walk = pages_walk()
    answers = 0
    while walk.take(page([1])) is not None:
        answers += 1
        assert answers < MAX_PAGES
    assert (walk.complete, walk.answers) == (False, MAX_PAGES)
    assert walk.why.startswith(f"stopped after {MAX_PAGES} answers")


def test_an_unreadable_answer_is_asked_again_three_times_in_all() -> None:
    walk = pages_walk()
    assert asked(walk.take(Refusal("server-error", "status.code 3")))["page"] == "1"
    assert asked(walk.take(Refusal("server-error", "status.code 3")))["page"] == "1"
    assert walk.take(Refusal("server-error", "status.code 3")) is None
    assert (walk.complete, walk.why, walk.unreachable) == (False, "server-error: status.code 3", False)


def test_an_answer_that_can_be_read_begins_the_count_of_failures_anew() -> None:
    walk = pages_walk()
    for age in (1, 2, 3):
        walk.take(Refusal("empty"))
        walk.take(Refusal("empty"))
        assert walk.take(page([age])) is not None
    assert walk.take(page([99])) is None
    assert walk.complete


@pytest.mark.parametrize(("reason", "answers"), [("ban", 1), ("no-answer", 3)])
def test_a_host_that_says_no_or_nothing_is_not_asked_for_other_lists(reason: str, answers: int) -> None:
    walk = pages_walk()
    for _ in range(answers - 1):
        assert walk.take(Refusal(reason)) is not None
    assert walk.take(Refusal(reason)) is None
    assert walk.unreachable


def test_a_day_is_over_when_as_many_pages_were_read_as_its_total_needs() -> None:
    walk = day_walk()
    ages = [float(age) for age in range(101)]
    assert asked(walk.take(page(ages[:50], total=101)))["page"] == "2"
    third = asked(walk.take(page(ages[50:100], total=101)))
    assert (third["page"], third["date"]) == ("3", "2026-09-29")
    assert walk.take(page(ages[100:], total=101)) is None
    assert walk.complete


def test_a_day_without_a_total_ends_at_its_empty_page() -> None:
    walk = day_walk()
    walk.take(page([1]))
    walk.take(page([]))
    assert walk.take(page([])) is None
    assert walk.complete


def test_a_day_that_ends_before_its_total_is_complete_only_by_another_way() -> None:
    walk = day_walk()
    walk.take(page([1], total=120))
    walk.take(page([], total=120))
    assert "ctime" in asked(walk.take(page([], total=120)))
    assert walk.notes == ["the list ended after 1 of 120 items; went on by cursor"]
    walk.take(page([]))
    assert walk.take(page([])) is None
    assert (walk.complete, walk.why, walk.total) == (False, "nothing older than 2026-09-29 12:29Z is shown", 120)


def test_where_day_windows_are_not_honoured_the_cursor_goes_back() -> None:
    walk = cursor_walk()
    assert walk.notes == ["finance does not honour day windows; went on by cursor"]
    second = asked(walk.take(page([30, 60])))
    assert second["ctime"] == str(int((NOW - 60 * MINUTE).timestamp()))
    assert walk.take(page([61, 60 * 40])) is None
    assert walk.complete
    assert walk.facts()["mode"] == "cursor"


def test_a_cursor_that_shows_its_last_item_again_is_at_the_end() -> None:
    walk = cursor_walk()
    walk.take(page([30, 60]))
    assert walk.take(page([60])) is None
    assert walk.complete


def test_where_the_cursor_is_not_honoured_either_pages_are_turned() -> None:
    walk = cursor_walk()
    walk.take(page([30, 60]))
    first = asked(walk.take(page([5, 60 * 40])))
    assert (first["page"], "ctime" in first, walk.mode) == ("1", False, "pages")
    assert walk.notes[-1] == "finance does not honour the cursor; went on by pages"
    assert walk.take(page([5, 60 * 40])) is None
    assert walk.complete


def test_a_day_that_shows_nothing_is_believed_only_when_the_cursor_shows_nothing_of_it_either() -> None:
    walk = day_walk()
    walk.take(page([], total=0))
    assert "ctime" in asked(walk.take(page([], total=0)))
    assert walk.take(page([60 * 40])) is None
    assert walk.complete
    walk = day_walk()
    walk.take(page([], total=0))
    walk.take(page([], total=0))
    assert walk.take(page([30, 60])) is not None
    assert walk.take(page([60 * 40])) is None
    assert "age30" in walk.seen


def test_a_list_that_shows_nothing_so_old_in_any_way_is_not_complete() -> None:
    walk = day_walk()
    for _ in range(3):
        assert walk.take(page([], total=0)) is not None
    assert walk.take(page([], total=0)) is None
    assert (walk.complete, walk.why) == (False, "nothing older than 2026-09-29 12:30Z is shown")


def test_a_cross_check_counts_what_the_list_of_all_finance_read_and_did_not_show() -> None:
    walk = pages_walk()
    walk.take(page([1, 9, 11, 30, 60 * 25]))
    past = [replace(WHOLE, low=NOW - 99 * HOUR, complete=False), WHOLE]
    # Younger than ten minutes may have come in between; older than what was read is unknown; 30 was shown.
    assert not_shown(walk.seen, ["age30"], past) == ["age11"]


def test_a_cross_check_says_nothing_while_the_list_of_all_finance_was_never_read_whole() -> None:
    walk = pages_walk()
    walk.take(page([11, 90]))
    assert not_shown(walk.seen, [], [replace(WHOLE, complete=False), replace(WHOLE, back_fill=True)]) == []
