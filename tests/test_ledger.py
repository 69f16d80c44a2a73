"""What the ledger knows of articles: facts in any order give the same rows, on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.article import Capture
from newsbot.errors import LedgerError
from newsbot.ledger import Ledger, standing, work
from newsbot.sina.urls import article_key
from tests.ledgers import NOW, capture, entry, fill, keys_of, look, open_ledger

if TYPE_CHECKING:
    from newsbot.ledger.statement import Statement

Fact = tuple[str, Any, Any]


def test_text_comes_back_as_it_was_but_for_what_is_no_text(ledger: Ledger) -> None:
    ledger.note_entries(capture(1), [entry("a", title="【虚构】'引\"号\\ %s :x 😀\0\ud83d")])
    row = ledger.article("a")
    assert row is not None
    assert row.title == "【虚构】'引\"号\\ %s :x 😀\x01\ufffd"


def test_only_what_no_list_had_shown_is_new(ledger: Ledger) -> None:
    ledger.note_looks([look("c", capture(9))])
    assert ledger.note_entries(capture(1), [entry("b"), entry("a", 1), entry("b", 2)]) == ["b", "a"]
    assert ledger.note_entries(capture(2), [entry("a"), entry("c", 1)]) == ["c"]
    assert ledger.note_entries(capture(3), []) == []
    assert ledger.listed_by("finance", ["a", "c", "z"]) == {"a", "c"}
    assert ledger.listed_by("china", ["a"]) == set()


def test_every_article_comes_by_its_publication_time_while_others_are_asked_for(ledger: Ledger) -> None:
    ledger.note_entries(capture(1), [entry("late", age=-60), entry("early", 1, age=60), entry("b", 2), entry("a", 3)])
    ledger.note_looks([look("on-no-list", capture(2))])  # its page says NOW
    keys = []
    for row in ledger.everything():
        assert ledger.article(row.key) == row
        keys.append(row.key)
    assert keys == ["early", "a", "b", "on-no-list", "late"]


def test_a_capture_is_found_again_with_an_offset_above_two_gib(ledger: Ledger) -> None:
    seen = Capture("<urn:uuid:1>", "2026-09-29T12:00:00.000000Z", "https://x/", 200, "warc/big.warc.gz", 3 << 31)
    ledger.note_looks([look("a", seen)])
    ledger.mark_absorbed("warc/big.warc.gz", 5 << 31)
    assert ledger.capture("<urn:uuid:1>") == seen
    assert ledger.captures("a") == [seen]
    assert ledger.absorbed() == {"warc/big.warc.gz": 5 << 31}
    with pytest.raises(KeyError):
        ledger.capture("<urn:uuid:2>")


def test_the_captures_of_an_article_come_in_the_order_of_time(ledger: Ledger) -> None:
    seen = [capture(number, at=NOW + timedelta(days=number)) for number in (3, 1, 2)]
    ledger.note_looks([look("a", one) for one in seen] + [look("b", capture(4))])
    assert ledger.captures("a") == sorted(seen, key=Capture.key)


def test_more_keys_than_a_statement_has_parameters_are_looked_up_at_once(ledger: Ledger) -> None:
    keys = fill(ledger, 5)
    assert sorted(keys_of(ledger.articles([*(f"no{number}" for number in range(70_000)), *keys]))) == keys


def test_settled_articles_are_counted_named_and_found_by_name(ledger: Ledger) -> None:
    fill(ledger, 4)
    ledger.note_looks([look("key000002", capture(5)), look("key000000", capture(6))])
    for key in ("key000000", "key000002"):
        ledger.settle(key, state="published", reason="", post=f"{key}.md", name="same")
    ledger.settle("key000001", state="failed", reason="ban", post="", name="")
    assert ledger.counts() == {"published": 2, "failed": 1, "listed": 1}
    assert keys_of(ledger.holes(9)) == ["key000001", "key000003"]
    assert keys_of(ledger.holes(1)) == ["key000001"]
    assert keys_of(ledger.rivals("same")) == ["key000002", "key000000"]  # by their first captures
    assert ledger.posts() == {"key000000.md", "key000002.md"}
    assert ledger.claimed("key000002.md", "key000000")
    assert not ledger.claimed("key000002.md", "key000002")


def test_noting_more_leaves_what_the_desk_settled(ledger: Ledger) -> None:
    fill(ledger, 1)
    ledger.settle("key000000", state="published", reason="", post="a.md", name="a")
    ledger.note_entries(capture(2, at=NOW + timedelta(days=1)), [entry("key000000", title="【虚构】新标题")])
    row = ledger.article("key000000")
    assert row is not None
    assert (row.state, row.post, row.title) == ("published", "a.md", "【虚构】新标题")


def test_a_url_is_known_by_the_key_that_a_list_gave_it(ledger: Ledger) -> None:
    url = entry("docid").url
    assert ledger.key_of(url) == article_key(url)
    ledger.note_looks([look("000hash", capture(1, url=url))])
    assert ledger.key_of(url) == "000hash"
    ledger.note_entries(capture(2), [entry("docid")])
    assert ledger.key_of(url) == "docid"
    long = "https://finance.sina.com.cn/" + "".join(random.Random(1).choices("abcdefghij0123456789", k=9000))
    ledger.note_looks([look("long", capture(3, url=long))])
    assert ledger.key_of(long) == "long"


def test_windows_come_newest_first_whatever_zone_they_were_told_in(ledger: Ledger) -> None:
    highs = ["2026-09-29T01:00:00+00:00", "2026-09-29T08:30:00+08:00", "2026-09-29T02:00:00.500000+00:00"]
    for number, high in enumerate(highs):
        ledger.note_window(capture(number).key(), {"list": "finance", "high": high, "complete": True, "n": number})
    assert [row.facts["n"] for row in ledger.windows("finance")] == [2, 0, 1]
    assert [row.facts["n"] for row in ledger.windows("finance", 1)] == [2]
    assert ledger.windows("china") == []


def test_the_last_complete_window_is_found_behind_any_number_that_are_not(ledger: Ledger) -> None:
    for number in range(300):
        high = (NOW + timedelta(minutes=number)).isoformat()
        ledger.note_window(capture(number).key(), {"list": "finance", "high": high, "complete": number == 1})
    assert [row.facts["complete"] for row in ledger.windows("finance", 1, complete=True)] == [True]
    assert len(ledger.windows("finance", complete=True)) == 1


@pytest.mark.parametrize(
    "facts", [{}, {"list": "finance", "high": None, "complete": True}, {"list": "a", "high": "b", "complete": 1}]
)
def test_what_is_no_window_is_refused_in_one_line(ledger: Ledger, facts: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match=r"^the window record k is not one of newsbot's: .*$"):
        ledger.note_window("k", facts)


def test_the_dump_says_nothing_of_where_records_lie(ledger: Ledger) -> None:
    seen = capture(1)
    ledger.note_looks([look("a", seen)])
    before = list(ledger.dump())
    ledger.note_looks([look("a", replace(seen, file="elsewhere", offset=77))])
    assert list(ledger.dump()) == before
    assert ledger.capture(seen.record_id).file == "elsewhere"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (work._DUE, "article_due"),
        (standing._HOLES, "article_due"),
        (standing._BY_KEY, "sqlite_autoindex_article_1"),
        (standing._AMONG, "sqlite_autoindex_article_1"),
        (standing._BY_NAME, "article_by_name"),
        (standing._CLAIMS, "article_by_post"),
        (standing._OF_URL, "article_by_url"),
    ],
)
def test_no_question_reads_the_whole_table(statement: Statement, index: str) -> None:
    ledger = open_ledger("sqlite://")
    names = ("now", "far", "limit", "key", "name", "post", "url")
    query = "EXPLAIN QUERY PLAN " + statement.text(ledger._dialect)
    steps = ledger._execute(query, dict.fromkeys(names, "1") | {"keys": "[]", "limit": 1}, fetch=True)
    ledger.close()
    plan = [step[3] for step in steps if " article " in step[3]]
    assert [index in step for step in plan] == [True]
    if index == "article_due":
        assert not [step for step in steps if "TEMP B-TREE" in step[3]]
