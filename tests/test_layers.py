"""Imports only go down, libraries stay behind the module that wraps them, and files stay small (design.md, "Layout").

Imports are read from the source, those under TYPE_CHECKING and inside functions included: nothing is imported here.
"""

from __future__ import annotations

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: From the bottom up. A name stands for the module and all below it; the longest that fits counts. A module may import
#: from its own layer (without cycles) and from those before it.
LAYERS = (
    {"newsbot", "newsbot.errors", "newsbot.article", "newsbot.clock", "newsbot.heap"},
    {"newsbot.text", "newsbot.characters"},
    {"newsbot.warc", "newsbot.sina.urls"},
    {"newsbot.sina", "newsbot.post", "newsbot.archive", "newsbot.shelf", "newsbot.difference"},
    {"newsbot.ledger"},
    {
        "newsbot.desk",
        "newsbot.publication",
        "newsbot.judgement",
        "newsbot.joining",
        "newsbot.health",
        "newsbot.baseline",
        "newsbot.watch",
        "newsbot.job",
        "newsbot.discovery",
    },
    {"newsbot.views"},
    {"newsbot.reports", "newsbot.curation"},
    {"newsbot.crawl"},
)

#: The only modules that know Scrapy and Twisted.
DOOR = {
    "newsbot.settings",
    "newsbot.spiders",
    "newsbot.handlers",
    "newsbot.middlewares",
    "newsbot.extensions",
    "newsbot.pipelines",
    "newsbot.process",
    "newsbot.commands",
    "newsbot.configuration",
    "newsbot.console",
}

#: Library → the only places of newsbot that may import it. What is not named here may not be imported at all.
WRAPPED = {
    "scrapy": DOOR,
    "twisted": DOOR,
    "zope": DOOR,
    "OpenSSL": DOOR,
    "cryptography": DOOR,
    "protego": {"newsbot.discovery.hosts"},
    "itemadapter": {"newsbot.pipelines"},
    "tqdm": DOOR,
    "warcio": {"newsbot.warc"},
    "fastwarc": {"newsbot.warc"},
    "isal": {"newsbot.warc"},
    "turbohtml": {"newsbot.sina"},
    "ada_url": {"newsbot.sina"},
    "yaml": {"newsbot.post"},
    "sqlalchemy": {"newsbot.ledger"},
}

#: Two halves that are usable without each other.
STRANGERS = ("newsbot.warc", "newsbot.sina")

LONGEST = 300  #: lines of a file


def modules(project: Path) -> dict[str, Path]:
    """Every module of newsbot by its dotted name."""
    found = {}
    for path in sorted((project / "newsbot").rglob("*.py")):
        parts = path.relative_to(project).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(source: str, module: str, *, package: bool = False) -> Iterator[str]:
    """The dotted names a module's source imports, `from a import b` as `a.b`; relative ones made absolute."""
    base = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            name = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{name}.{alias.name}" for alias in node.names)


def below(name: str, places: set[str]) -> bool:
    """Is the module one of these, or inside one of these packages?"""
    return any(name == place or name.startswith(place + ".") for place in places)


def layer(module: str) -> int | None:
    """The number of a module's layer, the door's being the highest; None when the table above does not name it."""
    if below(module, DOOR):
        return len(LAYERS)
    if "." not in module:
        return 0
    named = {name: number for number, layer in enumerate(LAYERS) for name in layer if name != "newsbot"}
    fits = [name for name in named if below(module, {name})]
    return named[max(fits, key=len)] if fits else None


def own(name: str, known: set[str]) -> str | None:
    """The module of newsbot that an imported name lies in: `newsbot.warc.index.write` → `newsbot.warc.index`."""
    while name not in known:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name


def complaints(module: str, names: set[str], known: set[str]) -> Iterator[str]:
    """What is wrong with the names that a module imports, one line each."""
    here = layer(module)
    if here is None:
        yield f"{module} stands in no layer: give it a place in LAYERS of tests/test_layers.py"
        return
    for name in sorted(names):
        root = name.partition(".")[0]
        if root == "newsbot":
            target = own(name, known) or name
            there = layer(target)
            if there is not None and there > here:
                yield f"{module} imports {target}, which stands above it"
            if any(below(module, {one}) and below(target, {other}) for one, other in (STRANGERS, STRANGERS[::-1])):
                yield f"{module} imports {target}: warc/ and sina/ do not know each other"
        elif root not in sys.stdlib_module_names and not below(module, WRAPPED.get(root, set())):
            places = ", ".join(sorted(WRAPPED.get(root, set()))) or "WRAPPED of tests/test_layers.py, once it is there,"
            yield f"{module} imports {root}; only {places} may"


@pytest.fixture(scope="module")
def graph(project: Path) -> dict[str, set[str]]:
    """Module → the names it imports."""
    return {
        name: set(imported(path.read_text("utf-8"), name, package=path.name == "__init__.py"))
        for name, path in modules(project).items()
    }


def test_imports_go_down_and_libraries_stay_wrapped(graph: dict[str, set[str]]) -> None:
    known = set(graph)
    wrong = [line for module, names in graph.items() for line in complaints(module, names, known)]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_way_of_others(graph: dict[str, set[str]]) -> None:
    known = set(graph)
    # A package's own __init__ is no edge: `from newsbot import text` means newsbot.text, which own() has found.
    edges = {module: {own(name, known) for name in names} - {module, None} for module, names in graph.items()}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail("imports run in a circle: " + " → ".join(map(str, error.args[1])))


def test_every_layer_and_wrapper_named_here_exists(graph: dict[str, set[str]]) -> None:
    named = set().union(*LAYERS) | DOOR | set().union(*WRAPPED.values()) | set(STRANGERS)
    assert not named - set(graph), "the tables of this test name modules that are gone"


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("newsbot.text", "import newsbot.desk", "stands above"),
        ("newsbot.post", "from newsbot import ledger", "stands above"),
        ("newsbot.warc.index", "from newsbot.sina.urls import docid", "do not know each other"),
        ("newsbot.sina.page", "def late():\n    from ..warc import index", "do not know each other"),
        ("newsbot.desk", "if TYPE_CHECKING:\n    import scrapy.http", "imports scrapy"),
        ("newsbot.spiders.sina_finance", "from itemadapter import ItemAdapter", "imports itemadapter"),
        ("newsbot.desk", "import requests", "imports requests"),
        ("newsbot.novelty", "import json", "no layer"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str, wrong: str, graph: dict[str, set[str]]) -> None:
    found = list(complaints(module, set(imported(source, module)), set(graph)))
    assert len(found) == 1
    assert wrong in found[0]


@pytest.mark.parametrize("folder", ["newsbot", "tests", "benchmarks"])
def test_no_file_is_longer_than_300_lines(project: Path, folder: str) -> None:
    lengths = {
        path.relative_to(project).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in sorted((project / folder).rglob("*.py"))
    }
    assert not {name: length for name, length in lengths.items() if length > LONGEST}
