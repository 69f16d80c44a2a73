"""Opening a ledger, and everything that is none: each ends in the right exception with one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from newsbot.errors import ArchiveError, BadInput, LedgerError, LedgerTooNew, NewsbotError
from newsbot.ledger import file_url, opening
from newsbot.ledger.schema import VERSION
from tests.ledgers import NOW, database, fill, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


def execute(url: str, *statements: str) -> None:
    """Do to the database what newsbot never would."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def refusal(url: str, kind: type[NewsbotError]) -> str:
    """The one line with which the URL is refused."""
    with pytest.raises(NewsbotError) as caught:
        open_ledger(url)
    assert type(caught.value) is kind
    words = str(caught.value)
    assert "\n" not in words
    assert "; " in words or ": " in words
    return words


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder that is root's, and for a while a process that is not: nobody may write to it."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def forbid(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(NOBODY)


def test_what_was_noted_is_there_when_the_ledger_is_opened_again(ledger_url: str) -> None:
    with closing(open_ledger(ledger_url)) as ledger:
        keys = fill(ledger, 3)
        before = list(ledger.dump())
    with closing(open_ledger(ledger_url)) as ledger:
        assert list(ledger.dump()) == before
        assert [one.key for one in ledger.holes(9)] == keys


def test_a_newer_schema_is_left_to_the_newer_newsbot(ledger_url: str) -> None:
    open_ledger(ledger_url).close()
    execute(ledger_url, "UPDATE newsbot_schema SET version = 99")
    words = refusal(ledger_url, LedgerTooNew)
    assert f"has schema 99, this newsbot knows {VERSION}: use the newer newsbot" in words


def test_an_older_schema_names_the_way_to_a_new_ledger(ledger_url: str) -> None:
    open_ledger(ledger_url).close()
    execute(ledger_url, "UPDATE newsbot_schema SET version = 0")
    assert refusal(ledger_url, LedgerError).endswith("has the older schema 0: `scrapy replay` makes it anew")


def test_an_older_schema_makes_room_for_a_replay(ledger_url: str) -> None:
    with closing(open_ledger(ledger_url)) as ledger:
        fill(ledger, 3)
    execute(ledger_url, "UPDATE newsbot_schema SET version = 0", "CREATE TABLE of_that_time (name TEXT)")
    assert opening.renew(ledger_url, NOW).endswith("has the older schema 0: it is made anew")
    with closing(open_ledger(ledger_url)) as ledger:
        assert list(ledger.dump()) == []
    execute(ledger_url, "CREATE TABLE of_that_time (name TEXT)")  # it is gone


def test_a_ledger_that_is_sound_newer_or_of_someone_else_is_not_made_anew(ledger_url: str) -> None:
    assert opening.renew(ledger_url, NOW) == ""
    with closing(open_ledger(ledger_url)) as ledger:
        fill(ledger, 3)
        before = list(ledger.dump())
    assert opening.renew(ledger_url, NOW) == ""
    with closing(open_ledger(ledger_url)) as ledger:
        assert list(ledger.dump()) == before
    execute(ledger_url, "UPDATE newsbot_schema SET version = 99")
    assert opening.renew(ledger_url, NOW) == ""
    execute(ledger_url, "DROP TABLE newsbot_schema")
    assert opening.renew(ledger_url, NOW) == ""
    refusal(ledger_url, LedgerError)


@pytest.mark.parametrize("damage", ["head", "middle"])
def test_a_damaged_file_is_renamed_and_a_replay_begins_anew(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "ledger.sqlite"
    with closing(open_ledger(file_url(file))) as ledger:
        fill(ledger, 500)
    content = file.read_bytes()
    at = 0 if damage == "head" else len(content) // 2
    broken = content[:at] + b"\xff" * 8192 + content[at + 8192 :]
    file.write_bytes(broken)
    line = opening.renew(file_url(file), NOW)
    away = tmp_path / "ledger.sqlite.damaged-20260929T120000Z"
    assert line.endswith(f"it is {away.name} now, and a new one is made")
    assert "\n" not in line
    assert away.read_bytes() == broken
    with closing(open_ledger(file_url(file))) as ledger:
        assert list(ledger.dump()) == []


def test_a_schema_without_a_version_is_none(ledger_url: str) -> None:
    open_ledger(ledger_url).close()
    execute(ledger_url, "DELETE FROM newsbot_schema")
    refusal(ledger_url, LedgerError)


def test_a_database_of_someone_else_is_left_alone(ledger_url: str) -> None:
    execute(ledger_url, "CREATE TABLE cookies (name TEXT)")
    assert "it has a table 'cookies'" in refusal(ledger_url, LedgerError)
    execute(ledger_url, "DROP TABLE cookies")
    open_ledger(ledger_url).close()


@pytest.mark.parametrize("content", [b"this is no database\n" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(content)
    assert str(file) in refusal(file_url(file), LedgerError)
    assert file.read_bytes() == content


def test_a_folder_that_does_not_exist_is_an_archive_error(tmp_path: Path) -> None:
    words = refusal(file_url(tmp_path / "none" / "ledger.sqlite"), ArchiveError)
    assert "unable to open database file; check disk space and permissions" in words


def test_a_folder_in_the_place_of_the_file_is_an_archive_error(tmp_path: Path) -> None:
    refusal(file_url(tmp_path), ArchiveError)


def test_a_read_only_folder_is_an_archive_error() -> None:
    with unprivileged() as folder:
        forbid(folder)
        refusal(file_url(folder / "ledger.sqlite"), ArchiveError)


@pytest.mark.parametrize("name", ["ledger.sqlite", "a?b%41 新.sqlite"])
def test_a_read_only_ledger_can_be_read_and_not_written(name: str) -> None:
    with unprivileged() as folder:
        with closing(open_ledger(file_url(folder / name))) as ledger:
            keys = fill(ledger, 3)
            before = list(ledger.dump())
        forbid(folder)
        with closing(open_ledger(file_url(folder / name))) as ledger:
            assert list(ledger.dump()) == before
            with ledger.transaction():
                assert [one.key for one in ledger.holes(9)] == keys
            with pytest.raises(ArchiveError, match="readonly database; check disk space and permissions"):
                fill(ledger, 1)
        assert [path.name for path in folder.iterdir()] == [name]


def test_a_ledger_that_another_user_has_open_can_be_read_beside_him() -> None:
    with unprivileged() as folder, closing(open_ledger(file_url(folder / "ledger.sqlite"))) as theirs:
        fill(theirs, 3)
        forbid(folder)
        with closing(open_ledger(file_url(folder / "ledger.sqlite"))) as ledger:
            assert list(ledger.dump()) == list(theirs.dump())


def test_a_file_that_another_process_is_just_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ledger.sqlite"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    monkeypatch.setattr(time, "sleep", lambda _: other.close())  # the other one is done by the first time we look again
    open_ledger(file_url(file)).close()


@pytest.mark.parametrize("name", ["a?b.sqlite", "a%41#b.sqlite", "新 浪.sqlite", "a'b\".sqlite"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    open_ledger(file_url(tmp_path / name)).close()
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        assert connection.execute("SELECT version FROM newsbot_schema").fetchall() == [(VERSION,)]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://newsbot:secret@/newsbot?host=/nowhere",
        "postgresql://newsbot:secret@127.0.0.1:1/newsbot?connect_timeout=3",
        "postgresql://newsbot@/newsbot?host=/nowhere&password=secret",
    ],
)
def test_a_server_that_cannot_be_reached_is_named_without_its_password(url: str) -> None:
    words = refusal(url, LedgerError)
    assert words.startswith("the ledger postgresql")
    assert "secret" not in words


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.sqlite",
        "nosuchdatabase://x",
        "mysql://root:secret@localhost/newsbot",
        "postgresql+pg8000://newsbot:secret@localhost/newsbot",
        "postgresql+psycopg://newsbot:secret@localhost:port/newsbot",
    ],
)
def test_what_is_no_url_of_a_ledger_is_bad_input(url: str) -> None:
    words = refusal(url, BadInput)
    assert words.startswith("LEDGER_URL ")
    assert "secret" not in words


def test_a_ledger_in_latin_letters_only_is_refused(tmp_path: Path) -> None:
    with database("postgresql", tmp_path) as url:
        name = "latin_" + os.urandom(4).hex()
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
        assert "keeps text as LATIN1" in refusal(url.replace("/newsbot?", f"/{name}?"), LedgerError)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        engine.dispose()
