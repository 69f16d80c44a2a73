"""Facts in any order, any number of times, on either database, give the same rows (design.md, "any reading order")."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledgers import NOW, capture, database, entry, fill, look, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from newsbot.ledger import Ledger

Fact = tuple[str, Any, Any]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Ledger]]:
    folder = tmp_path_factory.mktemp("both")
    with database("sqlite", folder) as file, database("postgresql", folder) as server:
        pair = open_ledger(file), open_ledger(server)
        yield pair
        for one in pair:
            one.close()


def facts(dice: random.Random) -> list[Fact]:
    """Two days of a small site: articles listed and looked at again and again, by two runs."""
    noted: list[Fact] = []
    for number in range(12):
        seen = capture(number, at=NOW + timedelta(minutes=dice.randrange(6)))
        keys = dice.sample(["a", "b", "c", "d"], 3)
        shown = [
            entry(key, position, age=dice.randrange(9), title=dice.choice(["【虚构】一", "【虚构】二", " "]))
            for position, key in enumerate(keys)
        ]
        shown = [
            replace(one, list_name=dice.choice(["finance", "china"]), channel=dice.choice(["china", "stock"]))
            for one in shown
        ]
        noted.append(("entries", seen, [replace(one, intime=dice.choice([one.intime, None])) for one in shown]))
    for number in range(20, 36):
        seen = capture(
            number, at=NOW + timedelta(minutes=dice.randrange(6)), url=f"https://finance.sina.com.cn/{number}.shtml"
        )
        row = look(dice.choice("abcd"), seen, dice.choice(["", "", "gone", "server-error"]))
        noted.append(
            (
                "looks",
                replace(row, title=dice.choice(["【虚构】甲", "【虚构】乙"]), time=dice.choice([NOW, None])),
                None,
            )
        )
    for number in range(3):
        high = (NOW + timedelta(hours=number)).isoformat()
        noted.append(("window", capture(50 + number).key(), {"list": "finance", "high": high, "complete": number != 1}))
    noted += [
        ("run", "one", {"run": "one", "began": "1", "kind": "schedule"}),
        ("run", "one", {"run": "one", "ended": "2"}),
    ]
    noted += [("run", "one", {"run": "one", "ended": "3"})]  # a contradiction is settled the same way, too
    return noted


def note(ledger: Ledger, fact: Fact) -> None:
    kind, one, other = fact
    match kind:
        case "entries":
            ledger.note_entries(one, other)
        case "looks":
            ledger.note_looks([one])
        case "window":
            ledger.note_window(one, other)
        case "run":
            ledger.note_run(one, other)


def test_a_hundred_orders_of_the_same_facts_give_the_same_dump(ledger: Ledger) -> None:
    dice = random.Random(20260929)
    known = facts(dice)
    dumps = set()
    for _ in range(100):
        dice.shuffle(known)
        with ledger.transaction():
            ledger.clear()
            for fact in known + dice.sample(known, 5):  # some are told twice
                note(ledger, fact)
        dumps.add("\n".join(ledger.dump()))
    assert len(dumps) == 1
    assert len(dumps.pop().splitlines()) > 30


def test_both_databases_give_the_same_dump(both: tuple[Ledger, Ledger]) -> None:
    dumps = []
    for ledger in both:
        ledger.clear()
        for fact in facts(random.Random(7)):
            note(ledger, fact)
        dumps.append(list(ledger.dump()))
    assert dumps[0] == dumps[1]


@given(st.lists(st.tuples(st.text(min_size=1), st.text(), st.text()), max_size=8))
@settings(deadline=None, max_examples=60)
def test_any_text_is_kept_and_ordered_alike_by_both_databases(
    both: tuple[Ledger, Ledger], rows: list[tuple[str, str, str]]
) -> None:
    dumps = []
    for ledger in both:
        ledger.clear()
        ledger.note_entries(capture(1), [replace(entry(k, i), title=t) for i, (k, t, _) in enumerate(rows)])
        ledger.note_looks([replace(look(k, capture(9 + i), "ban"), evidence=e) for i, (k, _, e) in enumerate(rows)])
        ledger.note_run("r", {t: e for _, t, e in rows})
        dumps.append(list(ledger.dump()))
    assert dumps[0] == dumps[1]


moments = st.integers(0, 3).map(lambda minutes: NOW + timedelta(minutes=minutes))
shown = st.tuples(
    moments, st.sampled_from(["", " ", "一", "二"]), st.none() | moments, st.sampled_from(["china", "stock"])
)
looked = st.tuples(
    moments, st.sampled_from(["", "gone", "no-body"]), st.sampled_from(["", "甲", "乙"]), st.none() | moments
)


@given(st.lists(shown, max_size=6), st.lists(looked, max_size=6))
@settings(deadline=None)
def test_an_article_is_the_minimum_and_maximum_of_its_facts(shows: list[Any], looks: list[Any]) -> None:
    """The rule of design.md ("any reading order gives the same views"), written a second time with min and max."""
    ledger = open_ledger("sqlite://")
    entries = [
        (capture(i, at=at), replace(entry("a"), title=title, intime=intime, channel=channel))
        for i, (at, title, intime, channel) in enumerate(shows)
    ]
    rows = [
        replace(
            look("a", capture(10 + i, at=at, url=f"https://x/{i}"), reason), title=title, time=None if reason else time
        )
        for i, (at, reason, title, time) in enumerate(looks)
    ]
    for seen, one in entries:
        ledger.note_entries(seen, [one])
    ledger.note_looks(rows)
    row = ledger.article("a")
    ledger.close()
    if not entries + rows:
        assert row is None
        return
    assert row is not None

    def chosen(choose: Callable[..., Any], pairs: list[tuple[str, Any]], nothing: Any) -> Any:
        return choose(pairs, key=lambda pair: pair[0])[1] if pairs else nothing

    listed = [(seen.key(), one) for seen, one in entries]
    pages = [(one.capture.key(), one) for one in rows if one.outcome == "article"]
    tried = [(one.capture.key(), one) for one in rows]
    urls = [(key, one.url) for key, one in listed] + [(key, one.capture.url) for key, one in tried]
    assert row.url == chosen(min, urls, "")
    assert row.channel == chosen(min, [(key, one.channel) for key, one in listed], "")
    date = chosen(min, [(key, one.intime) for key, one in listed if one.intime], None)
    assert row.date == (f"{date:%Y-%m-%dT%H:%M:%S}.000000Z" if date else "")
    assert row.title == chosen(max, [(key, one.title) for key, one in listed if one.title.strip()], "")
    assert row.first_key == min((key for key, _ in pages), default="")
    assert row.body_key == max((key for key, _ in pages), default="")
    assert row.page_title == chosen(max, [(key, one.title) for key, one in pages], "")
    page_date = chosen(min, [(key, one.time) for key, one in pages if one.time], None)
    assert row.page_date == (f"{page_date:%Y-%m-%dT%H:%M:%S}.000000Z" if page_date else "")
    assert row.look_reason == chosen(max, [(key, one.reason) for key, one in tried], "")


def test_clear_empties_what_the_records_say_and_keeps_hosts_and_jobs(ledger: Ledger) -> None:
    for fact in facts(random.Random(1)):
        note(ledger, fact)
    ledger.mark_absorbed("a", 1)
    ledger.lease("me", 2, NOW, 60)
    ledger.rest("h", NOW + timedelta(hours=1), 2)
    ledger.clear()
    assert list(ledger.dump()) == []
    assert ledger.absorbed() == {}
    assert ledger.strikes("h") == 2
    fill(ledger, 1)
    assert len(ledger.lease("you", 2, NOW, 60)) == 1
