"""README.md, archive/README.md and the settings' comments say what is there, all of it, and nothing else."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import default_settings

from newsbot import health, settings
from newsbot.discovery import arguments
from newsbot.sina.channels import CHANNELS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("README.md", "archive/README.md", "CHANGELOG.md", "docs/maintaining.md")
}
SOURCE = (ROOT / "newsbot/settings.py").read_text("utf-8")

COMMANDS = sorted(path.stem for path in (ROOT / "newsbot/commands").glob("[!_]*.py"))
SETTINGS: dict[str, Any] = {name: value for name, value in vars(settings).items() if name.isupper()}
SCRAPYS: dict[str, Any] = vars(default_settings)

#: A comment on a number says what the number counts.
UNITS = re.compile(
    r"\b(bytes?|seconds?|requests?|articles?|times|share|tasks?|hours?|\d+ m?s|\d+ [MG]i?B)\b", re.IGNORECASE
)

#: What names a developer's machine or a registry; the brackets keep this line itself from being found.
#: tests/postgres.sh needs a short path for its socket, below a name of its own.
ELSEWHERE = re.compile(
    r"/[w]ork/|/[r]oot/|/[h]ome/|/[U]sers/|/[t]mp/(?!newsbot-)|[p]ypi\.org|[p]ythonhosted\.org|[n]pmjs\.org|--(?:extra-)?[i]ndex-url"
)


def table(heading: str) -> dict[str, list[str]]:
    """A table of README.md by the code in its rows' first cells; `heading` is the first cell of its head."""
    rows = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert rows, f"README.md has no table that begins with | {heading} |"
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in rows[1].splitlines()]
    return {first.strip("`"): others for first, *others in cells}


def commented(name: str) -> str:
    """The comments that belong to a setting: the block above it, and those inside its value."""
    lines = SOURCE.splitlines()
    node = next(node for node in assignments() if name in targets(node))
    above = node.lineno - 1
    while above and lines[above - 1].startswith("#") and not lines[above - 1].startswith("# ---"):
        above -= 1
    return "\n".join(re.findall(r"#\s*(.*)", "\n".join(lines[above : node.end_lineno])))


def assignments() -> list[ast.Assign | ast.AnnAssign]:
    """Every assignment of the settings module."""
    return [node for node in ast.parse(SOURCE).body if isinstance(node, ast.Assign | ast.AnnAssign)]


def targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names an assignment gives a value."""
    places = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [place.id for place in places if isinstance(place, ast.Name)]


def is_wiring(value: Any) -> bool:
    """Does a setting only name parts of newsbot? Then it has no unit, and its reason is the part itself."""
    texts = [value] if isinstance(value, str) else list(value) if isinstance(value, list | dict) else []
    return bool(texts) and all(isinstance(text, str) and text.split(".")[0] == "newsbot" for text in texts)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_readme(command: str) -> None:
    assert [row for row in table("command") if row.split()[:2] == ["scrapy", command]]


@pytest.mark.parametrize("page", PAGES)
def test_every_scrapy_command_on_a_page_exists(page: str) -> None:
    named = set(re.findall(r"(?:`|/)scrapy ([a-z]+)", PAGES[page]))
    assert named <= set(COMMANDS)


def test_every_option_of_a_command_that_the_readme_names_exists() -> None:
    for row, (meaning, *_) in table("command").items():
        source = (ROOT / "newsbot/commands" / f"{row.split()[1]}.py").read_text("utf-8")
        for option in re.findall(r"--[a-z-]+", f"{row} {meaning}"):
            assert f'"{option}"' in source, f"README.md: {row}: {option}"


def test_spider_arguments_are_those_of_the_readme() -> None:
    known = set(arguments.read.__kwdefaults__ or {})
    assert {row.removeprefix("-a ").partition("=")[0] for row in table("argument")} == known


def test_every_channel_stands_in_the_readme() -> None:
    listed = re.search(r"^The names: ((?:`[a-z0-9-]+`\s)*`[a-z0-9-]+`)\.$", README, re.MULTILINE)
    assert listed
    assert re.findall(r"`(.+?)`", listed[1]) == [channel.name for channel in CHANNELS]


def test_every_exit_code_stands_in_the_readme() -> None:
    codes = {health.OK, health.FAILED, health.USAGE, health.HOLES, health.UNHEALTHY, health.UNWRITABLE}
    assert {int(code) for code in table("exit code")} == codes


def test_every_field_of_a_verdict_stands_in_the_readme() -> None:
    named = re.findall(r"[a-z_]+", " ".join(table("field")))
    # What run.py adds to the facts of a run when it writes them down.
    added = {"archive", "exit_code", "line", "reasons", "verdict"}
    assert sorted(named) == sorted({field.name for field in fields(health.Facts)} | added)


@pytest.mark.parametrize("name", [name for name, value in SETTINGS.items() if SCRAPYS.get(name, ...) != value])
def test_every_setting_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", table("setting"))
def test_a_setting_in_the_readme_exists_with_that_default(name: str) -> None:
    assert name in SETTINGS
    default = table("setting")[name][0]
    if default.startswith("`"):
        assert ast.literal_eval(default.strip("`")) == SETTINGS[name]


@pytest.mark.parametrize("name", [name for name, value in SETTINGS.items() if not is_wiring(value)])
def test_every_setting_has_a_comment_with_unit_and_reason(name: str) -> None:
    comment = commented(name)
    assert comment, f"{name} in settings.py has no comment that says why"
    if isinstance(SETTINGS[name], int | float) and not isinstance(SETTINGS[name], bool) and SETTINGS[name]:
        assert UNITS.search(comment), f"the comment on {name} in settings.py names no unit: {comment}"


def test_make_targets_and_the_readme_agree() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    rules = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        target for page in PAGES.values() for target in re.findall(r"(?:^    |`)make ([a-z]+)", page, re.MULTILINE)
    }
    assert named == rules


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    names = re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|txt|in|cfg|toml))`", PAGES[page])
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_no_committed_file_names_a_developers_machine_or_a_registry() -> None:
    if not (ROOT / ".git").exists() and not os.environ.get("CI"):
        pytest.skip("not a git checkout: what is committed is unknown")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    found = []
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found += [f"{name}: {match[0]}" for match in ELSEWHERE.finditer(text)]
    assert not found
