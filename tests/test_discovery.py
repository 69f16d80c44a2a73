"""Which windows of which lists a run reads, by what is known of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsbot.discovery.windows import PastWindow, Window, plan, span
from newsbot.sina import channels
from newsbot.text import BEIJING

NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVERY = 2 * HOUR
ALL = [channel.name for channel in channels.CHANNELS]
OTHERS = [name for name in ALL if name not in channels.DEFAULT_LISTS]


def read(
    ago: timedelta, *, complete: bool = True, full: bool = True, newest: timedelta | None = None, **more: Any
) -> PastWindow:
    """A window that was read so long ago."""
    high = NOW - ago
    return PastWindow(high - 24 * HOUR, high, complete, full, None if newest is None else NOW - newest, **more)


def planned(past: dict[str, list[PastWindow]], *only: str) -> dict[str, Window]:
    """What is read now, by list; `past` holds windows with the newest first."""
    return {
        window.list_name: window
        for window in plan(NOW, lambda name: past.get(name, []), overlap_every=EVERY, only=only)
    }


def everything(*windows: PastWindow) -> dict[str, list[PastWindow]]:
    """The same past for every list."""
    return {name: list(windows) for name in ALL}


def test_the_first_run_reads_the_last_day_of_every_list_the_default_ones_first() -> None:
    windows = plan(NOW, lambda _: [], overlap_every=EVERY)
    assert [window.list_name for window in windows] == [*channels.DEFAULT_LISTS, *OTHERS]
    assert {(window.low, window.high, window.mode, window.full) for window in windows} == {
        (NOW - 24 * HOUR, NOW, "pages", True)
    }
    assert [window.cross_check for window in windows] == [False, False] + [True] * len(OTHERS)


def test_shortly_after_a_full_reading_ninety_minutes_past_the_newest_are_read() -> None:
    window = planned(everything(read(HOUR, newest=70 * MINUTE)))["finance"]
    assert (window.low, window.full) == (NOW - 70 * MINUTE - 90 * MINUTE, False)


def test_an_item_from_the_future_does_not_shorten_what_is_read() -> None:
    window = planned(everything(read(HOUR, newest=-5 * HOUR)))["finance"]
    assert window.low == NOW - HOUR - 90 * MINUTE


@pytest.mark.parametrize("ago", [EVERY, 3 * HOUR, -HOUR], ids=["due", "overdue", "clock put back"])
def test_after_two_hours_the_day_before_the_last_point_is_read_in_full(ago: timedelta) -> None:
    window = planned(everything(read(ago, newest=ago)))["finance"]
    assert (window.low, window.full) == (min(NOW, NOW - ago) - 24 * HOUR, True)


def test_short_readings_do_not_put_a_full_one_off() -> None:
    past = [read(20 * MINUTE, full=False, newest=HOUR), read(2 * HOUR, newest=2 * HOUR)]
    window = planned(everything(*past))["finance"]
    assert (window.low, window.full) == (NOW - 20 * MINUTE - 24 * HOUR, True)


def test_after_days_without_a_run_everything_since_the_last_complete_point_is_read() -> None:
    past = [read(HOUR, complete=False), read(5 * 24 * HOUR, newest=5 * 24 * HOUR)]
    window = planned(everything(*past))["finance"]
    assert window.low == NOW - 6 * 24 * HOUR


def test_a_back_filled_day_closes_no_gap() -> None:
    past = [read(HOUR, back_fill=True, newest=HOUR), read(5 * 24 * HOUR, newest=5 * 24 * HOUR)]
    assert planned(everything(*past))["finance"].low == NOW - 6 * 24 * HOUR


def test_a_back_fill_of_old_days_does_not_make_the_first_run_read_years() -> None:
    past = [read(3000 * 24 * HOUR, back_fill=True, newest=3000 * 24 * HOUR)]
    assert planned(everything(*past))["finance"].low == NOW - 24 * HOUR


def test_other_lists_are_read_once_a_day() -> None:
    past = everything(read(HOUR))
    assert list(planned(past)) == list(channels.DEFAULT_LISTS)
    past["hk"] = [read(24 * HOUR)]
    assert list(planned(past)) == [*channels.DEFAULT_LISTS, "hk"]


def test_a_cross_check_that_failed_is_made_up_for_at_the_next_run() -> None:
    past = everything(read(HOUR)) | {"hk": [read(HOUR, complete=False), read(25 * HOUR)]}
    assert "hk" in planned(past)


def test_what_twice_showed_more_than_the_list_of_all_finance_is_read_at_every_run() -> None:
    past = everything(read(HOUR)) | {"hk": [read(HOUR), read(25 * HOUR, extra=1)]}
    assert "hk" not in planned(past)
    past["hk"].append(read(49 * HOUR, extra=3))
    assert planned(past)["hk"].cross_check


def test_just_the_named_lists_are_read() -> None:
    windows = planned({}, "hk", "china")
    assert list(windows) == ["hk", "china"]
    assert not any(window.cross_check for window in windows.values())


def test_a_back_fill_reads_beijing_days_the_newest_first() -> None:
    since = datetime(2026, 9, 27, 21, tzinfo=BEIJING).astimezone(UTC)
    until = datetime(2026, 9, 29, tzinfo=BEIJING).astimezone(UTC)
    windows = list(span(["finance", "china"], since, until))
    midnight = datetime(2026, 9, 28, tzinfo=BEIJING)
    assert [(window.list_name, window.low, window.high) for window in windows] == [
        ("finance", midnight, until),
        ("china", midnight, until),
        ("finance", since, midnight),
        ("china", since, midnight),
    ]
    assert {(window.mode, window.back_fill) for window in windows} == {("days", True)}


def test_a_list_that_only_its_cursor_led_back_in_is_read_so_at_first() -> None:
    since, until = NOW - 72 * HOUR, NOW - 48 * HOUR

    def past(mode: str, *, read: datetime = NOW) -> PastWindow:
        low = NOW - 240 * HOUR
        return PastWindow(low, low + 24 * HOUR, complete=True, full=True, back_fill=True, mode=mode, read=read)

    for last, mode in (("cursor", "cursor"), ("pages", "days"), ("days", "days")):
        before = [past("cursor", read=NOW - HOUR), past(last), replace(past("cursor"), back_fill=False)]
        known = {"finance": before}
        assert {window.mode for window in span(["finance"], since, until, known.__getitem__)} == {mode}


def test_a_list_that_has_shown_items_is_known_to_be_alive() -> None:
    assert planned(everything(read(HOUR, newest=HOUR)))["finance"].alive
    assert not planned(everything(read(HOUR)))["finance"].alive
