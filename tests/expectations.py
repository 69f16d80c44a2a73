"""`python -m tests.expectations`: what today's parser makes of the page fixtures, beside what they expect.

It shows the differences and ends with 3 where there are any. With --rewrite, and never else, it makes them the
expectation. `make fixtures` calls it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot import difference
from newsbot.console import paint
from newsbot.curation import fixture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGES = Path(__file__).parent / "fixtures" / "pages"


def folders(root: Path = PAGES) -> list[Path]:
    """Every fixture: `<layout>/<name>`."""
    return sorted(path.parent for path in root.glob("*/*/meta.json"))


def changes(name: str, old: bytes, new: bytes) -> Iterator[difference.Change]:
    """What differs between two states of an expectation's file, by field; b'' is no file."""
    if name == "post.md":
        yield from (
            difference.of_posts(old, new) if old and new else difference.of_values(name, old.decode(), new.decode())
        )
        return
    was, now = json.loads(old or b"{}"), json.loads(new or b"{}")
    for field in {**was, **now}:
        values = (json.dumps(side[field], ensure_ascii=False) if field in side else "" for side in (was, now))
        yield from difference.of_values(field, *values)


def write(folder: Path, wanted: dict[str, tuple[bytes, bytes]]) -> None:
    """Make `wanted` (fixture.outdated) what the fixture expects."""
    for name, (_, new) in wanted.items():
        if new:
            (folder / name).write_bytes(new)
        else:
            (folder / name).unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Show, and with --rewrite write; 3 when there are differences that were only shown."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.expectations", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rewrite", action="store_true", help="write what is shown into the fixtures")
    parser.add_argument("--pages", type=Path, default=PAGES, help="where the fixtures lie (default: %(default)s)")
    options = parser.parse_args(arguments)
    differing = 0
    for folder in (all_of_them := folders(options.pages)):
        if wanted := fixture.outdated(folder):
            differing += 1
            found = tuple(change for name, (old, new) in wanted.items() for change in changes(name, old, new))
            shown = difference.Difference(folder.name, str(folder.relative_to(options.pages)), found)
            print(*difference.lines(shown, paint), sep="\n")
            if options.rewrite:
                write(folder, wanted)
    will = "expect something else now" if options.rewrite else "would expect something else; --rewrite writes it"
    print(f"{differing} of {len(all_of_them)} fixtures {will}")
    return 3 if differing and not options.rewrite else 0


if __name__ == "__main__":
    sys.exit(main())
