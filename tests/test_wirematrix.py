"""The table of archive/README.md that shows newsbot beside other tools: it must not rot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.wirecases import CASES
from tests.wirematrix import BEGIN, END, GROUPS, NOT_ASKED, PAGE, case_of, column, judge, label, lost, table
from tests.wireserver import Logged
from tests.wiretools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

NEWSBOT = TOOLS[0]


def shown() -> dict[str, list[str]]:
    """The table on the page: group → its cells, the head as `the answer is`."""
    text = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    return {first: cells for first, *cells in rows}


def test_every_case_of_the_wire_is_in_one_group_or_named_as_not_asked() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted([*grouped, *NOT_ASKED]) == sorted([*CASES, "redirect", "retry", "dropped"])


def test_the_table_shows_each_tool_in_its_pinned_version() -> None:
    tools = shown()["the answer is"]
    assert tools[:-1] == [label(tool) for tool in TOOLS[:-1]]
    assert re.fullmatch(r"wget 1\.\d+\.\d+", tools[-1])  # Debian's, whichever it has


def test_a_block_counts_only_when_it_is_there_to_the_last_byte() -> None:
    log = {"/ok/http-0": [Logged(b"GET", b"", b"HTTP/1.1 200 OK\r\n\r\nx", b"", 0)]}
    nothing = judge([], log)
    assert str(nothing.scores["ordinary"]) == "0/1 · 0/1"
    assert lost(nothing, "response") == "every one"
    assert case_of("/ok/redirected-http-0") == "redirect"


@pytest.mark.slow
def test_newsbots_own_figures_on_the_page_are_true(tmp_path: Path) -> None:
    found = column(NEWSBOT, tmp_path / "newsbot")
    made = table({label(NEWSBOT): found})
    rows = dict(re.findall(r"^\| \**(.+?)\** \| \**(.+?)\** \|$", made, re.MULTILINE))
    page = {name: cells[0] for name, cells in shown().items()}
    assert page == rows
    assert [lost(found, kind) for kind in ("request", "response")] == ["none", "none"]
