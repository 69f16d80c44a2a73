"""`python -m tests.wirematrix`: newsbot beside other archiving tools over the wire's cases, into archive/README.md.

Each tool asks for every case over http and https, one request after the other, from a server that logs each byte that
it receives and sends (wireserver.py). Counted is how many of the logged request and response blocks stand in the tool's
WARC files byte for byte, as warcio reads them. What newsbot documents as a difference is allowed to all: 1xx heads and
bytes after the message may be there or not. The table goes between two markers of archive/README.md; `--print` only
shows it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warcio.exceptions import ArchiveLoadFailed

from newsbot import __version__
from tests.wirecases import CASES, Case
from tests.wirerun import stored
from tests.wireserver import WireServer
from tests.wiretools import ROOT, TOOLS, Ask, Tool, install

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.wireserver import Logged

PAGE = ROOT / "archive" / "README.md"
BEGIN, END = "<!-- wire matrix: begin -->", "<!-- wire matrix: end -->"
SCHEMES = ("http", "https")

#: The cases by what is odd about them.
GROUPS: dict[str, tuple[str, ...]] = {
    "ordinary": ("ok", "gzip", "missing", "empty", "redirect", "retry", "dropped"),
    "odd heads": ("odd-case", "duplicates", "latin-1", "gbk", "folded", "colon-less", "lf-only", "no-reason"),
    "chunked": ("chunked", "chunk-extras", "chunked-gzip", "chunked-big", "dribbled", "dribbled-big"),
    "without a body": ("no-content", "not-modified", "head"),
    "1xx before it": ("continue", "early-hints"),
    "POST": ("post", "post-empty"),
    "ended by closing": ("http-1.0", "until-close", "until-cut"),
    "bytes after it": ("surplus", "chunked-surplus", "head-surplus"),
    "cut": ("cut-body", "cut-in-order", "cut-chunk", "cut-head", "cut-interim"),
    "too late or never": ("no-answer", "silent", "slow", "slow-chunk"),
    "broken": ("bad-length", "no-http", "bad-chunk"),
}

#: Cases of what only a client of Scrapy is told to do: tolerate a loss, stop at a size or a signal.
NOT_ASKED = (
    *("cut-tolerated", "cut-chunk-tolerated", "bad-chunk-tolerated"),
    *("too-large", "too-large-chunked", "endless-head", "long-chunk-names"),
    *("stop-at-head", "stop-at-bytes", "stop-and-fail"),
)


@dataclass(slots=True)
class Score:
    """How many blocks of one group a tool kept, of how many the server logged."""

    requests: int = 0
    of_requests: int = 0
    responses: int = 0
    of_responses: int = 0

    def __str__(self) -> str:
        return f"{self.requests}/{self.of_requests} · {self.responses}/{self.of_responses}"

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, name) + getattr(other, name) for name in Score.__slots__))


@dataclass(slots=True)
class Column:
    """What the matrix says of one tool."""

    scores: dict[str, Score]  #: by group
    lost: dict[str, list[tuple[str, str]]]  #: `request` and `response` → (case, scheme) of each block that is not there


def asks() -> list[Ask]:
    """Every case over each scheme; those that answer otherwise the second time are asked twice."""
    names = [name for group in GROUPS.values() for name in group]
    twice = {"retry": 2, "dropped": 1}
    return [
        Ask(scheme, f"/{name}/{scheme}-0", CASES.get(name, Case()))
        for scheme in SCHEMES
        for name in names
        for _ in range(twice.get(name, 1))
    ]


def judge(files: Iterable[Path], log: Mapping[str, Sequence[Logged]]) -> Column:
    """Compare the blocks of WARC files with what a server logged, by path."""
    kept = blocks(files)
    column = Column({name: Score() for name in GROUPS}, {"request": [], "response": []})
    groups = {case: column.scores[group] for group, cases in GROUPS.items() for case in cases}
    for path, exchanges in log.items():
        score, ask = groups[case_of(path)], (case_of(path), scheme_of(path))
        for logged in exchanges:
            found = _take(kept, "request", path, [logged.request])
            score.of_requests += 1
            score.requests += found
            column.lost["request"] += [] if found else [ask]
            if logged.answer.startswith(b"HTTP/"):  # else there is no response to keep
                found = _take(kept, "response", path, logged.allowed())
                score.of_responses += 1
                score.responses += found
                column.lost["response"] += [] if found else [ask]
    return column


def case_of(path: str) -> str:
    """The case that a path belongs to."""
    return "redirect" if path.startswith("/ok/redirected-") else path.split("/")[1]


def scheme_of(path: str) -> str:
    """The scheme that a path was asked over."""
    return path.rpartition("/")[2].removeprefix("redirected-").partition("-")[0]


def _take(kept: Counter[tuple[str, str, bytes]], kind: str, path: str, blocks: Sequence[bytes]) -> bool:
    """Is one of the blocks there? Then it is used up."""
    for block in blocks:
        if kept[kind, path, block]:
            kept[kind, path, block] -= 1
            return True
    return False


def blocks(files: Iterable[Path]) -> Counter[tuple[str, str, bytes]]:
    """(record type, path of the target, block) of every request and response record that warcio can read."""
    found: Counter[tuple[str, str, bytes]] = Counter()
    for file in files:
        try:
            for record in stored([file]):
                found[record.type, record.path, record.block] += 1
        except (ArchiveLoadFailed, EOFError) as error:
            print(f"{file}: {error}", file=sys.stderr)
    return found


def column(tool: Tool, folder: Path) -> Column:
    """Run one tool over the matrix."""
    site, work = folder / "site", folder / "work"
    site.mkdir(parents=True)
    work.mkdir()
    with WireServer(site) as server:
        return judge(tool.run(server, asks(), work), server.log)


def table(columns: dict[str, Column]) -> str:
    """The table and what was lost, as Markdown."""
    lines = [f"| the answer is | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    lines += [f"| {group} | {' | '.join(str(one.scores[group]) for one in columns.values())} |" for group in GROUPS]
    sums = [str(sum(one.scores.values(), Score())) for one in columns.values()]
    lines += [f"| **all** | {' | '.join(f'**{one}**' for one in sums)} |", ""]
    for name, one in columns.items():
        for kind in ("request", "response"):
            lines.append(f"- {name}, {kind} blocks that are not there as on the wire: {lost(one, kind)}")
    return "\n".join(lines)


def lost(one: Column, kind: str) -> str:
    """The cases of which a tool lacks a block; the scheme is named where it is only one."""
    if not getattr(sum(one.scores.values(), Score()), f"{kind}s"):
        return "every one"
    schemes: dict[str, set[str]] = {}
    for case, scheme in one.lost[kind]:
        schemes.setdefault(case, set()).add(scheme)
    return ", ".join(case + (f" ({min(of)})" if len(of) == 1 else "") for case, of in schemes.items()) or "none"


def label(tool: Tool) -> str:
    """Name and version."""
    if tool.packages:
        return f"{tool.name} {tool.packages[0].partition('==')[2]}"
    if tool.name == "newsbot":
        return f"newsbot {__version__}"
    said = subprocess.run([tool.name, "--version"], capture_output=True, text=True, check=True).stdout
    return f"{tool.name} {said.split()[2]}"


def main() -> None:
    """Run all tools, print the table, put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", dest="only", help="leave archive/README.md as it is")
    parser.add_argument("--tool", help="run only this one")
    parser.add_argument("--keep", type=Path, help="leave each tool's files in this folder")
    wanted = parser.parse_args()
    columns = {}
    with tempfile.TemporaryDirectory(prefix="newsbot-wire-") as temporary:
        for tool in TOOLS:
            if wanted.tool in (None, tool.name):
                install(tool)
                columns[label(tool)] = column(tool, (wanted.keep or Path(temporary)) / tool.name)
    made = table(columns)
    print(made)
    if not wanted.only and not wanted.tool:
        text = PAGE.read_text("utf-8")
        head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{made}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
