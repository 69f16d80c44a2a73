"""What must hold for an archive after any run, however it ended: whole files, true views, nothing left behind."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot.archive import Archive
from newsbot.curation.audit import Audit
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from newsbot.views.rebuild import rebuild
from newsbot.warc.reader import Record, records
from tests.crawling import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from tests.crawling import Bot


def assert_sound(bot: Bot) -> None:
    """Every promise about an archive at rest."""
    assert_nothing_left_behind(bot)
    for path in bot.warcs():
        assert_exchanges_are_whole(path)
    assert_replay_equals_live(bot)
    assert_verified(bot)


def assert_verified(bot: Bot) -> None:
    """`scrapy verify` finds no fault."""
    archive = Archive(bot.root, bot.root / "posts", "")
    assert list(map(str, Audit(archive, lambda *_: None).faults())) == []


def assert_nothing_left_behind(bot: Bot) -> None:
    """No `.open` file, no temporary file, no lease of a run that has ended."""
    strays = [path.name for path in bot.root.rglob("*") if path.suffix in {".open", ".tmp", ".cut"}]
    assert strays == []
    with closing(sqlite3.connect(bot.root / "ledger.sqlite")) as database:
        assert database.execute("SELECT article FROM lease WHERE owner <> ''").fetchall() == []
        assert database.execute("SELECT kind FROM job").fetchall() == []


def assert_exchanges_are_whole(path: Path) -> None:
    """Every request and response stands beside a metadata record that names it, and none is named that is missing."""
    there: dict[str, str] = {}
    named: list[str] = []
    for record in whole_records(path):
        if record.type in {"request", "response", "revisit", "resource"}:  # the last two in the response's place
            there[record.id] = "request" if record.type == "request" else "response"
        elif record.type == "metadata" and not record.target.startswith("urn:newsbot:"):
            named += record.concurrent_to
            kinds = [there.get(one) for one in record.concurrent_to]
            assert kinds in (["request", "response"], ["request"], []), f"{path} at {record.offset}: {kinds}"
    assert sorted(named) == sorted(there)


def assert_replay_equals_live(bot: Bot) -> None:
    """The WARC files alone give the ledger and the posts that the runs left, byte for byte, and no post is stale."""
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder, closing(live(bot)) as ledger:
        posts, dump = replayed(bot.warcs(), bot.root, Path(folder))
        assert_same("ledger dump", set(ledger.dump()), set(dump))
        assert_same("posts", set(bot.posts().items()), set(posts.items()))
        assert_same("posts by the ledger", ledger.posts(), set(posts))


def assert_same(what: str, left: Set[Any], right: Set[Any]) -> None:
    """Two views are equal; else the message shows the first lines that only one of them has."""
    if left == right:
        return
    only = [
        f"{side}: {str(one)[:400]}"
        for side, rest in (("live", left - right), ("replay", right - left))
        for one in sorted(rest)
    ]
    raise AssertionError(f"{what} differs in {len(only)} lines\n" + "\n".join(only[:6]))


def replayed(paths: list[Path], root: Path, folder: Path, jobs: int = 1) -> tuple[dict[str, bytes], list[str]]:
    """Posts and ledger dump that these files give, made in `folder`."""
    with closing(Ledger(file_url(folder / "ledger.sqlite"))) as ledger:
        report = rebuild(paths, root, ledger, PostShelf(folder / "posts"), jobs=jobs)
        assert report.unreadable == []
        return tree(folder / "posts", "*.md"), list(ledger.dump())


def live(bot: Bot) -> Ledger:
    """The ledger that the runs left."""
    return Ledger(file_url(bot.root / "ledger.sqlite"))


def standing(bot: Bot) -> dict[str, tuple[str, str]]:
    """article key → (state, reason), read from the ledger's file."""
    return {row["key"]: (row["state"], row["reason"]) for row in table(bot, "article")}


def table(bot: Bot, name: str) -> list[dict[str, Any]]:
    """The rows of one archival table."""
    return tables(bot, name)[name]


def tables(bot: Bot, *names: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of several, as of one moment."""
    with closing(live(bot)) as ledger:
        lines = [line.partition("\t") for line in ledger.dump()]
    return {name: [json.loads(row) for of, _, row in lines if of == name] for name in names}


def whole_records(path: Path) -> Iterator[Record]:
    """The records of a file that has no tear."""
    for record in records(path):
        assert isinstance(record, Record), f"{path} is torn at {record.offset}: {record.why}"
        yield record


def targets(bot: Bot, kind: str) -> list[str]:
    """WARC-Target-URI of every record of this type in the archive, in order."""
    return [record.target for path in bot.warcs() for record in whole_records(path) if record.type == kind]
