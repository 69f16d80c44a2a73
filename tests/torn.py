"""The torn-file table: small invented WARC files, each with one defect that its folder is named by.

`python -m tests.torn` writes tests/fixtures/torn/ anew: `broken.warc.gz` (or another name), its CDXJ where it has one,
and `expected.json` with what `scrapy verify` must say (kind, offset, a part of the words), what recovery must keep of
the same bytes as `….open`, and which of the common checkers notice. Look at the difference before you keep it.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.warc import index
from newsbot.warc.original import Original
from tests.judges import opinions
from tests.warcs import NOTE, PAGE, URL, WIRE, answer, compose, composer, ends, exchange, plain, unfolded

if TYPE_CHECKING:
    from newsbot.warc.compose import Framed

FOLDER = Path(__file__).parent / "fixtures" / "torn"
NAME = "broken.warc.gz"

GOOD = compose([exchange(), WIRE["chunked"]])
#: Where its members end: warcinfo, (request, response, metadata) twice, a note.
ENDS = ends(GOOD)
MEMBERS = [GOOD[start:end] for start, end in zip([0, *ENDS], ENDS, strict=False)]
LAST = ENDS[-2]  #: where the last member begins, and the last exchange ends
PLAIN = b"".join(unfolded(GOOD))
PLAIN_LAST = len(PLAIN) - len(unfolded(GOOD)[-1])


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must be found."""

    kind: str
    offset: int | None
    what: str  #: part of the words


@dataclass(frozen=True, slots=True)
class Broken:
    """One file with one defect."""

    content: bytes
    faults: tuple[Expected, ...]
    kept: int | None = LAST  #: bytes that recovery keeps of it as `.open`; None: no such file can be left open
    name: str = NAME
    cdxj: bytes | None = None  #: the index beside it
    indexed: bool = False  #: its index is looked at


def torn(content: bytes, what: str, offset: int = LAST, kept: int | None = LAST, name: str = NAME) -> Broken:
    """A file that breaks off at `offset`."""
    return Broken(content, (Expected("torn", offset, what),), kept, name)


def remade(number: int, old: bytes, new: bytes) -> bytes:
    """The good file, with `old` replaced by `new` in the record of this number."""
    members = list(MEMBERS)
    record = gzip.decompress(members[number])
    assert record.count(old) == 1, (number, old)
    members[number] = gzip.compress(record.replace(old, new), mtime=0)
    return b"".join(members)


def length(number: int, more: int) -> bytes:
    """The good file, where the record of this number says so many bytes more."""
    [size] = re.findall(
        rb"\nContent-Length: (\d+)\r\n\r\n", gzip.decompress(MEMBERS[number]).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    )
    return remade(
        number,
        b"Length: %s\r\n\r\n" % size + block_begin(number),
        b"Length: %d\r\n\r\n" % (int(size) + more) + block_begin(number),
    )


def block_begin(number: int) -> bytes:
    """How the block of a record begins: `Content-Length` may stand in an HTTP head too."""
    return gzip.decompress(MEMBERS[number]).partition(b"\r\n\r\n")[2][:8]


def lines(content: bytes) -> bytes:
    """The right index of a file."""
    folder = FOLDER.parent / ".torn"
    folder.mkdir(exist_ok=True)
    path = folder / NAME
    path.write_bytes(content)
    try:
        return index.write(path).read_bytes()
    finally:
        shutil.rmtree(folder)


def joined(*framed: Framed) -> bytes:
    """A file of these records."""
    return b"".join(one.content for one in framed)


def revisiting(record_id: str, digest: str, *, whole: bool = True) -> tuple[bytes, int]:
    """A file with an exchange and a revisit of `record_id`, and where the revisit begins."""
    making = composer()
    first = making.exchange(WIRE["chunked"])
    original = Original(
        record_id or first[1].id,
        URL,
        "2026-09-29T00:39:35.120045Z",
        digest or (first[1].row.digest if first[1].row else ""),
    )
    again = making.exchange(plain(answer(PAGE, "Content-Type: text/html")), original)
    before = [making.warcinfo, *(first if whole else []), again[0]]
    return joined(*before, *again[1:]), len(joined(*before))


def table() -> dict[str, Broken]:
    """Every defect by its name."""
    half = (LAST + len(GOOD)) // 2
    dangling, at = revisiting("urn:uuid:00000000-0000-4000-8000-00000000dead", "")
    other, other_at = revisiting("", "sha256:" + "0" * 64)
    right = lines(GOOD)
    rows = right.splitlines(keepends=True)
    return {
        "last-byte": torn(GOOD[:-1], "ends in the middle"),
        "trailer": torn(GOOD[:-6], "ends in the middle"),
        "whole-trailer": torn(GOOD[:-8], "ends in the middle"),
        "half-member": torn(GOOD[:half], "ends in the middle"),
        "header-bytes": torn(GOOD[: LAST + 10], "ends in the middle"),
        "header-half": torn(GOOD[: LAST + 4], "ends in the middle"),
        "first-byte-only": torn(GOOD[: LAST + 1], "ends in the middle"),
        "zero-tail": torn(GOOD[:LAST] + bytes(4096), "zero bytes"),
        "zero-hole": torn(GOOD[:LAST] + bytes(100) + GOOD[LAST:], "zero bytes"),
        "zeroes-in-the-member": torn(GOOD[: LAST + 60] + bytes(len(GOOD) - LAST - 60), "damaged"),
        "append-after-a-tear": torn(GOOD[:-7] + GOOD[LAST:], "damaged"),
        "append-after-a-half-exchange": torn(GOOD[: ENDS[4] + 40] + GOOD[ENDS[4] :], "damaged", ENDS[4], ENDS[3]),
        "wrong-checksum": torn(GOOD[:-8] + bytes((GOOD[-8] ^ 1,)) + GOOD[-7:], "incorrect data check"),
        "wrong-size": torn(GOOD[:-4] + bytes((GOOD[-4] ^ 1,)) + GOOD[-3:], "incorrect length check"),
        "text-after": torn(GOOD[:LAST] + b"something else entirely", "no gzip member begins here"),
        "first-member": torn(GOOD[: ENDS[0] // 2], "ends in the middle", 0, 0),
        "hole-in-the-middle": torn(
            GOOD[: ENDS[1]] + bytes(len(MEMBERS[2])) + GOOD[ENDS[2] :], "zero bytes", ENDS[1], 0
        ),
        "empty": torn(b"", "the file is empty", 0, 0),
        "content-length-too-short": torn(length(2, -3), "is its Content-Length right?", ENDS[1], None),
        "content-length-too-long": torn(length(2, 99), "bytes, but", ENDS[1], 0),
        "content-length-no-number": torn(remade(7, b"Length: ", b"Length: x"), "Content-Length is 'x", LAST),
        "plain-half-a-version": torn(PLAIN[: PLAIN_LAST + 5], "header has no end", PLAIN_LAST, None, "broken.warc"),
        "plain-half-a-head": torn(PLAIN[: PLAIN_LAST + 90], "header has no end", PLAIN_LAST, None, "broken.warc"),
        "plain-half-a-block": torn(PLAIN[:-20], "bytes, but", PLAIN_LAST, None, "broken.warc"),
        "plain-line-ends-missing": torn(PLAIN[:-4], "line ends follow", PLAIN_LAST, None, "broken.warc"),
        "plain-zero-hole": torn(
            PLAIN[:PLAIN_LAST] + bytes(70) + b"\n" + PLAIN[PLAIN_LAST:], "zero bytes", PLAIN_LAST, None, "broken.warc"
        ),
        "line-ends-missing": torn(remade(7, NOTE_END + b"\r\n\r\n", NOTE_END), "0 bytes of line ends", LAST, None),
        "record-id-missing": torn(
            remade(7, b"WARC-Record-ID", b"WARC-Record-Name"), "has no WARC-Record-ID", LAST, None
        ),
        "record-id-twice": torn(
            remade(7, b"000000000007>", b"000000000001>"),
            f"the WARC-Record-ID of the record at offset {ENDS[0]} of",
            LAST,
            None,
        ),
        "records-in-one-member": torn(
            GOOD[: ENDS[3]] + gzip.compress(b"".join(unfolded(GOOD[ENDS[3] :])), mtime=0),
            "shares its gzip member",
            ENDS[3],
            None,
        ),
        "block-changed": Broken(
            remade(7, b'"complete":true', b'"complete":TRUE'), (Expected("digest", LAST, "WARC-Block-Digest"),), None
        ),
        "payload-digest-changed": Broken(
            remade(2, PAYLOAD, PAYLOAD[:-1] + bytes((PAYLOAD[-1] ^ 1,))),
            (Expected("digest", ENDS[1], "WARC-Payload-Digest"),),
            None,
        ),
        "half-an-exchange": Broken(
            GOOD[: ENDS[5]],
            (Expected("missing", ENDS[3], "the request of"), Expected("missing", ENDS[4], "the response of")),
            ENDS[3],
        ),
        "response-missing": Broken(
            b"".join([*MEMBERS[:5], *MEMBERS[6:]]),
            (Expected("missing", LAST - len(MEMBERS[5]) - len(MEMBERS[6]), "is not before it"),),
            None,
        ),
        "revisit-dangles": Broken(dangling, (Expected("missing", at, "which is in none of these files"),), None),
        "revisit-of-another-payload": Broken(
            other, (Expected("digest", other_at, "is not that of its original"),), None
        ),
        "index-missing": Broken(GOOD, (Expected("missing", None, "the index is not there"),), None, indexed=True),
        "index-of-another-file": Broken(
            GOOD,
            (Expected("missing", 0, "it is the index of other.warc.gz"),),
            None,
            cdxj=right.replace(b"broken.", b"other."),
            indexed=True,
        ),
        "index-cut": Broken(
            GOOD,
            (Expected("missing", len(right) - len(rows[-1]), "and all that follow are missing"),),
            None,
            cdxj=right[: -len(rows[-1])],
            indexed=True,
        ),
        "index-half-a-line": Broken(
            GOOD,
            (Expected("missing", len(right) - len(rows[-1]), "no CDXJ line begins here"),),
            None,
            cdxj=right[:-20],
            indexed=True,
        ),
        "index-not-in-order": Broken(
            GOOD,
            (Expected("missing", 0, "stands where the records give"),),
            None,
            cdxj=b"".join(reversed(rows)),
            indexed=True,
        ),
        "index-with-a-line-too-many": Broken(
            GOOD,
            (Expected("missing", len(right), "no record gives"),),
            None,
            cdxj=right + rows[-1].replace(b"urn:", b"urn:z"),
            indexed=True,
        ),
    }


NOTE_END = json.dumps(NOTE[1], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
PAYLOAD = re.findall(rb"WARC-Payload-Digest: (\S+)", gzip.decompress(MEMBERS[2]))[0]


def write() -> None:
    """All folders anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for defect, broken in table().items():
        folder = FOLDER / defect
        folder.mkdir(parents=True)
        file = folder / broken.name
        file.write_bytes(broken.content)
        if broken.cdxj is not None:
            index.beside(file).write_bytes(broken.cdxj)
        facts = {
            "faults": [{"kind": one.kind, "offset": one.offset, "what": one.what} for one in broken.faults],
            "indexed": broken.indexed,
            "noticed": opinions(file),
            "recovered": broken.kept,
        }
        (folder / "expected.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write()
