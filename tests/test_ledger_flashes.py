"""What the ledger knows of the live feed, and of articles that share an address; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsbot.ledger import MissingIds
from newsbot.sina.feed import Flash
from newsbot.text import stamp
from tests.ledgers import NOW, capture, entry, look

if TYPE_CHECKING:
    from newsbot.ledger import Ledger

MINUTE = timedelta(minutes=1)


def flash(number: int, *, key: str = "", deleted: bool = False) -> Flash:
    """An item that came so many minutes after NOW."""
    at = NOW + number * MINUTE
    return Flash(
        number, at, at, deleted, "【虚构】", key, f"https://finance.sina.cn/detail-i{key}.d.html" if key else ""
    )


def test_an_item_stands_as_its_newest_answer_shows_it(ledger: Ledger) -> None:
    later, earlier = (capture(number, at=NOW + number * MINUTE) for number in (2, 1))
    ledger.note_flashes(later, [flash(1, deleted=True)])
    ledger.note_flashes(earlier, [flash(1)])
    assert ledger.counted_flashes() == (1, 1, 1, 1)
    assert ledger.newest_flash() == (1, stamp(NOW + MINUTE))


def test_ids_between_known_ones_are_missing(ledger: Ledger) -> None:
    assert (ledger.newest_flash(), ledger.counted_flashes(), ledger.missing_flashes()) == ((0, ""), (0, 0, 0, 0), [])
    ledger.note_flashes(capture(1), [flash(number) for number in (9, 4, 3, 7)])
    first, second = ledger.missing_flashes()
    assert first == MissingIds(5, 6, stamp(NOW + 4 * MINUTE), stamp(NOW + 7 * MINUTE))
    assert (second.first, second.last) == (8, 8)


def test_articles_that_only_the_feed_names_are_found(ledger: Ledger) -> None:
    ledger.note_entries(capture(1), [entry("listed")])
    ledger.note_flashes(capture(2), [flash(1, key="listed"), flash(2, key="early"), flash(3, key="late"), flash(4)])
    found = ledger.only_in_feed(NOW, NOW + 3 * MINUTE, 9)
    assert found == [flash(2, key="early").url]


def test_articles_of_one_address_and_of_one_name_are_found(ledger: Ledger) -> None:
    url = "https://finance.sina.com.cn/x.shtml"
    ledger.note_looks([look(key, capture(number, url=url)) for number, key in enumerate(("a", "b"), 1)])
    ledger.note_looks([look("c", capture(3, url=url.replace("x", "y")))])
    assert {row.key for row in ledger.at(url)} == {"a", "b"}
    assert (ledger.at(""), ledger.shared_urls()) == ([], {url})
    for key, name in (("a", "n"), ("c", "n"), ("b", "")):
        state, reason = ("published", "") if name else ("merged", "a")
        ledger.settle(key, state=state, reason=reason, post="", name=name)
    assert ledger.merged_into("a") == ["b"]
    assert ledger.shared_names() == {"n"}
    assert sorted(row.key for row in ledger.recent(NOW - MINUTE, NOW - MINUTE)) == ["a", "c"]
