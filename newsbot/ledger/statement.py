"""Statements, written once: SQLAlchemy turns them into each database's own SQL, the driver runs the text.

Running them through SQLAlchemy would cost 20 to 45 µs each even when its cache hits, the driver takes 4 to 10 µs, and
an article needs ten of them. So they have no values of their own, only named parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    bindparam,
    case,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy import literal_column as literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import CompilerElement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Dialect, Select

Insert = sqlite.Insert | postgresql.Insert

#: The text '' in SQL.
BLANK: ColumnElement[str] = literal("''")
#: A JSON array of texts; each text of it is a row of `Backend.each_key`.
KEYS: BindParameter[str] = bindparam("keys")


@dataclass(frozen=True, slots=True)
class Backend:
    """What the two databases spell differently."""

    insert: Callable[[Table], Insert]
    each_key: Select[Any]  #: as many keys as wanted in one parameter: the statement's text stays the same
    seconds: Callable[[ColumnElement[str]], ColumnElement[int]]  #: of `2026-09-29T12:00:00` since 1970
    least: Callable[..., ColumnElement[int]]  #: the smallest of several values


BACKENDS = {
    "sqlite": Backend(
        sqlite.insert,
        select(func.json_each(KEYS).table_valued("value").c.value),
        lambda moment: cast(func.strftime(literal("'%s'"), moment), Integer),
        func.min,
    ),
    "postgresql": Backend(
        postgresql.insert,
        select(func.json_array_elements_text(cast(KEYS, JSON)).column_valued("value")),
        lambda moment: cast(extract("epoch", cast(moment, TIMESTAMP)), BigInteger),
        func.least,
    ),
}


class Statement:
    """One statement for both databases; give a function of the Backend where they differ."""

    __slots__ = ("_build", "_texts")

    def __init__(self, build: CompilerElement | Callable[[Backend], CompilerElement]) -> None:
        self._build = build
        self._texts: dict[str, str] = {}

    def text(self, dialect: Dialect) -> str:
        """The SQL, with parameters in the driver's way; compiled at the first use."""
        known = self._texts.get(dialect.name)
        if known is None:
            build = self._build
            whole = build if isinstance(build, CompilerElement) else build(BACKENDS[dialect.name])
            compiled = whole.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker
            if own := [name for name, bind in compiled.binds.items() if not bind.required]:
                raise TypeError(f"a Statement has values of its own ({own}): name them or write them as literals")
            known = self._texts[dialect.name] = str(compiled)
        return known


def at_most(query: Select[Any]) -> Select[Any]:
    """The query with a LIMIT from the parameter `limit` (SQLAlchemy would give SQLite an OFFSET of its own)."""
    return query.limit(bindparam("limit")).offset(literal("0"))


def parameters(names: Iterable[str]) -> dict[str, Any]:
    """`{name: :name}`: each column from the parameter of its name."""
    return {name: bindparam(name) for name in names}


def put(table: Table, columns: Sequence[str], *, only: Sequence[str] = ()) -> Statement:
    """Insert a row, or set its other columns (`only` some of them) where one of that primary key is there."""
    keys = [column.name for column in table.primary_key.columns]

    def build(backend: Backend) -> Insert:
        row = backend.insert(table).values(parameters(columns))
        changed = only or [name for name in columns if name not in keys]
        return row.on_conflict_do_update(index_elements=keys, set_={name: row.excluded[name] for name in changed})

    return Statement(build)


def put_new(table: Table, columns: Sequence[str]) -> Statement:
    """Insert a row where none of that primary key is there."""
    return Statement(lambda backend: backend.insert(table).values(parameters(columns)).on_conflict_do_nothing())


def either(better: ColumnElement[bool], row: Insert, names: Iterable[str]) -> dict[str, Any]:
    """What an upsert sets: the new row's columns where it is `better`, else the old ones."""
    old = row.table.columns
    return {name: case((better, row.excluded[name]), else_=old[name]) for name in names}
