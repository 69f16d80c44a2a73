"""The verdict: which facts of a run give which exit code, and what its one line says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from newsbot.health import Facts, judge, report

#: An ordinary good run; the cases below change it.
GOOD = Facts(
    run="20260929T123000000000Z",
    log="runs/20260929T123000000000Z.log",
    seconds=12.3,
    windows=2,
    listed=66,
    new=5,
    exchanges=80,
    captured=5,
    published=4,
    same=1,
    refused={"gone": 1},
)
HOLE = {"https://finance.sina.com.cn/x.shtml": "cut truncated: disconnect"}

#: Name of a case → what differs from a good run, the exit code, and what the line must say.
CASES: dict[str, tuple[dict[str, object], int, str]] = {
    "good": ({}, 0, "newsbot ok: 66 listed (5 new), 5 captured, 4 published, 1 refused (gone 1), 0 holes in 12 s"),
    "nothing new": ({"new": 0, "captured": 0, "published": 0, "same": 0, "refused": {}}, 0, "0 refused, 0 holes"),
    "revised": ({"revised": 2}, 0, "4 published and 2 revised"),
    "cross-check": ({"extra": {"hk": 2, "adr": 1}}, 0, "cross-check: adr +1, hk +2"),
    "error": ({"errors": ["ValueError: invented"]}, 1, "newsbot failed: "),
    "hole": (
        {"holes": HOLE, "holes_left": 1},
        3,
        "1 listed articles are open, https://finance.sina.com.cn/x.shtml: cut",
    ),
    "hole without a name": ({"holes_left": 3}, 3, "3 listed articles are open"),
    "window": ({"incomplete": ["finance: empty"]}, 3, "list not read to its end: finance: empty"),
    "stopped": ({"stopped": "SIGTERM"}, 3, "stopped: SIGTERM"),
    "stopped, so windows are open": (
        {"stopped": "SIGTERM", "incomplete": ["finance: the run was stopped"] * 2, "listed": 0},
        3,
        "— stopped: SIGTERM (and 2 more)",
    ),
    "stopped while a host was slow": (
        {"stopped": "closespider_timeout", "slow": ["h took 9.0 s an answer", "i took 2.0 s an answer"]},
        3,
        "— stopped: closespider_timeout; h took 9.0 s an answer",
    ),
    "holes while a host was slow": (
        {"incomplete": ["finance: empty"], "slow": ["h took 9.0 s an answer"]},
        3,
        "— list not read to its end: finance: empty (and 1 more)",
    ),
    "slow, but whole": ({"slow": ["h took 9.0 s an answer"]}, 0, "newsbot ok"),
    "ban": ({"bans": ["finance.sina.com.cn"]}, 4, "finance.sina.com.cn said no; it rests"),
    "no list": ({"incomplete": ["finance: no-answer", "china: ban"], "listed": 0}, 4, "no list could be read: finance"),
    "lists with nothing in them": ({"listed": 0}, 4, "every list was empty"),
    "a back-filled day with nothing in it": ({"listed": 0, "kind": "backfill"}, 0, "newsbot ok"),
    "just addresses": ({"listed": 0, "windows": 0, "kind": "urls"}, 0, "newsbot ok"),
    "pages that do not parse": ({"refused": {"no-layout": 4, "no-body": 2}}, 4, "6 of 11 pages did not parse"),
    "some that do not parse": ({"refused": {"no-layout": 5}}, 0, "5 refused (no-layout 5)"),
    "too few to tell": ({"refused": {"no-layout": 4}, "captured": 0}, 0, "newsbot ok"),
    "parser": ({"refused": {"parser-error": 1}}, 4, "1 pages made the parser fail; runs/"),
    "pages that hold less": ({"below": ["invented: half the text"]}, 4, "newsbot unhealthy: "),
    "disk": ({"unwritable": "the disk is full"}, 5, "newsbot archive not writable: "),
}


@pytest.mark.parametrize("case", CASES)
def test_facts_give_their_exit_code_and_one_line_that_says_why(case: str) -> None:
    changes, code, says = CASES[case]
    verdict = judge(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert verdict.exit_code == code, verdict
    assert says in verdict.line
    assert "\n" not in verdict.line
    assert bool(verdict.reasons) is bool(code)


def test_when_several_hold_the_gravest_is_the_exit_code_and_stands_first() -> None:
    facts = replace(GOOD, errors=["e"], holes_left=1, bans=["b"], unwritable="u")
    codes = []
    for name in ("unwritable", "bans", "holes_left", "errors"):
        verdict = judge(facts)
        codes.append(verdict.exit_code)
        assert len(verdict.reasons) == 4 - len(codes) + 1
        facts = replace(facts, **{name: type(getattr(facts, name))()})
    assert codes == [5, 4, 3, 1]
    assert judge(facts).exit_code == 0


def test_an_error_in_several_lines_is_told_in_one() -> None:
    verdict = judge(replace(GOOD, errors=["Invented: first\n  second\r\nthird"]))
    assert verdict.line.endswith("— Invented: first second third")


def test_the_report_holds_all_facts_and_the_verdict_as_json() -> None:
    told = json.loads(json.dumps(report(GOOD, judge(GOOD))))
    assert (told["exit_code"], told["verdict"], told["reasons"]) == (0, "ok", [])
    assert told["line"].startswith("newsbot ok: ")
    assert {name: told[name] for name in ("listed", "new", "refused")} == {
        "listed": 66,
        "new": 5,
        "refused": {"gone": 1},
    }
