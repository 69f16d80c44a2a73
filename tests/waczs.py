"""A WACZ taken apart, by zipfile and json alone: what the tests of `scrapy wacz` look at."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.warc.reader import Record, records

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Wacz:
    """What a WACZ holds; made by `taken_apart`."""

    warcs: dict[str, bytes] = field(default_factory=dict)  #: by file name
    index: list[bytes] = field(default_factory=list)  #: lines
    pages: list[dict[str, Any]] = field(default_factory=list)  #: without the header
    package: dict[str, Any] = field(default_factory=dict)  #: datapackage.json

    def rows(self) -> list[dict[str, Any]]:
        """The index, each line as its JSON and `timestamp`."""
        parts = [line.split(b" ", 2) for line in self.index]
        return [json.loads(body) | {"timestamp": moment.decode()} for _, moment, body in parts]

    def records(self, folder: Path) -> list[Record]:
        """Every record, in the order of the files."""
        found = []
        for name, content in self.warcs.items():
            (folder / name).write_bytes(content)
            found += [one for one in records(folder / name) if isinstance(one, Record)]
        return found

    def targets(self, folder: Path, kind: str = "response") -> set[str]:
        """WARC-Target-URI of every record of this type."""
        return {record.target for record in self.records(folder) if record.type == kind}


def taken_apart(path: Path) -> Wacz:
    """What the file holds, once everything that the specification asks of it has been checked."""
    found = Wacz()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        contents = {info.filename: archive.read(info) for info in archive.infolist()}
        stored = {info.filename for info in archive.infolist() if info.compress_type == zipfile.ZIP_STORED}
    assert {name for name in contents if name.endswith(".gz")} <= stored
    check_places(path)
    package = found.package = json.loads(contents.pop("datapackage.json"))
    assert (package["profile"], package["wacz_version"]) == ("data-package", "1.1.1")
    check_digest(path, json.loads(contents.pop("datapackage-digest.json")))
    resources = {one["path"]: (one["hash"], one["bytes"]) for one in package["resources"]}
    assert resources == {name: (digest(content), len(content)) for name, content in contents.items()}
    assert len({one["name"] for one in package["resources"]}) == len(resources)
    found.warcs = {name.removeprefix("archive/"): content for name, content in contents.items() if "archive/" in name}
    header, *pages = map(json.loads, contents["pages/pages.jsonl"].splitlines())
    assert (header["format"], header["id"], header["hasText"]) == ("json-pages-1.0", "pages", True)
    found.pages = pages
    found.index = unfolded(contents["indexes/index.cdx.gz"], contents["indexes/index.idx"])
    assert found.index == sorted(set(found.index))
    for row in found.rows():  # each line names a whole gzip member with the record of that address
        begin = int(row["offset"])
        member = gzip.decompress(found.warcs[row["filename"]][begin : begin + int(row["length"])])
        assert f"WARC-Target-URI: {row['url']}\r\n".encode() in member
    return found


def check_places(path: Path) -> None:
    """What ReplayWeb.page takes for a file's place is its place.

    wabac.js reads a file's own head only where the directory has an extra field for it, else it takes there to be none.
    """
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name, extra = (int.from_bytes(content[info.header_offset + at :][:2], "little") for at in (26, 28))
            assert not extra or info.extra, f"{info.filename}: {extra} bytes that the directory does not tell of"
            assert name == len(info.filename.encode())


def check_digest(path: Path, facts: dict[str, str]) -> None:
    """datapackage-digest.json has the digest of datapackage.json and no signature."""
    with zipfile.ZipFile(path) as archive:
        assert facts == {"path": "datapackage.json", "hash": digest(archive.read("datapackage.json"))}


def unfolded(packed: bytes, places: bytes) -> list[bytes]:
    """The index's lines, read by the list of its blocks, as a replay engine does."""
    header, *blocks = places.splitlines()
    assert json.loads(header.removeprefix(b"!meta 0 ")) == {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    lines: list[bytes] = []
    end = 0
    for block in blocks:
        key, _, facts = block.partition(b" {")
        place = json.loads(b"{" + facts)
        assert place["offset"] == end
        end += place["length"]
        member = packed[place["offset"] : end]
        assert place["digest"] == digest(member)
        found = gzip.decompress(member).splitlines(keepends=True)
        assert found[0].startswith(key + b" {")
        lines += found
    assert end == len(packed)
    return lines


def digest(content: bytes) -> str:
    """As in datapackage.json."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
