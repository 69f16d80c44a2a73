"""`access.aclj`: what replay engines may not show, in pywb's form (its manual, "Embargo and Access Control").

One line an address, `<SURT>### - {"access": "block", "url": …}`: `###` makes it that address alone and not all below
it, and the lines are sorted backwards, as pywb reads them. A view: it follows from the withdrawals in the WARC files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from newsbot.warc.files import write_durably
from newsbot.warc.surt import surt

if TYPE_CHECKING:
    from pathlib import Path

    from newsbot.ledger import ArticleRow, Ledger

NAME = "access.aclj"


def write(root: Path, ledger: Ledger) -> None:
    """Bring the archive's `access.aclj` in line with the ledger; none is there without withdrawals. ArchiveError."""
    path = root / NAME
    content = rules(ledger)
    if not content:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != content:
        write_durably(path, content)


def rules(ledger: Ledger) -> bytes:
    """The lines for every address under which a withdrawn article was captured."""
    lines = {f"{surt(url)}###": json.dumps({"access": "block", "url": url}) for url in blocked(ledger)}
    return "".join(f"{key} - {lines[key]}\n" for key in sorted(lines, reverse=True)).encode()


def blocked(ledger: Ledger) -> list[str]:
    """Every address under which a withdrawn article was captured."""
    return [url for row in ledger.withdrawn() for url in addresses(ledger, row)]


def addresses(ledger: Ledger, row: ArticleRow) -> list[str]:
    """Every address under which an article was captured, and its own."""
    return [row.url, *(capture.url for capture in ledger.captures(row.key))]
