"""Which exchanges belong to an article: by context, by address, by who wanted them, by what they repeat."""

from __future__ import annotations

import gzip
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from newsbot.curation.catalogue import Catalogue
from newsbot.sina.urls import article_key
from newsbot.warc.original import Original
from newsbot.warc.reader import Record, records
from tests.warcs import REQUEST, answer, plain, writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsbot.warc.writer import Written

ONE = "https://finance.sina.com.cn/china/2026-09-29/doc-invented0000001.shtml"
TWO = "https://finance.sina.com.cn/china/2026-09-29/doc-invented0000002.shtml"
PICTURE = "https://n.sinaimg.cn/invented/{}.png"
PNG = answer(b"\x89PNG", "Content-Type: image/png")


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with closing(Catalogue()) as catalogue:
        yield catalogue


class Scene:
    """An archive being written, exchange by exchange."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writing = writer(root)

    def page(self, url: str, article: str, status: str = "200 OK", *, original: Original | None = None) -> Written:
        exchange = plain(answer(b"<html>", "Content-Type: text/html", status=status), url=url)
        exchange.context = {"article": article, "url": url}
        return self.writing.append(exchange, original)

    def picture(self, name: str, via: str, *, original: Original | None = None) -> Written:
        exchange = plain(PNG, url=PICTURE.format(name))
        exchange.via, exchange.context = via, {"requisite": "image", "url": exchange.url}
        return self.writing.append(exchange, original)

    def read(self, catalogue: Catalogue) -> None:
        self.writing.close()
        for path in sorted(self.root.rglob("*.warc.gz")):
            deque(catalogue.read(path, path.name), maxlen=0)
        catalogue.complete()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def original_of(written: Written, url: str) -> Original:
    return Original(written.response_id, url, written.date, "sha256:" + "0" * 64)


def chosen(catalogue: Catalogue, *, everything: bool = False) -> list[str]:
    """The target of every chosen response and revisit, in order."""
    catalogue.choose(everything=everything)
    targets = []
    for entry in catalogue.entries():
        places = [(member.offset, member.length) for member in entry.members]
        assert entry.size == sum(length for _, length in places)
        there = {record.offset: record for record in records(entry.path) if isinstance(record, Record)}
        kinds = [there[offset].type for offset, _ in places]
        assert kinds[0] == "warcinfo"
        assert kinds.count("request") == kinds.count("response") + kinds.count("revisit")
        targets += [there[at].target for at, _ in places if there[at].type in {"response", "revisit"}]
    return targets


def test_an_article_is_all_that_was_asked_for_it_whatever_the_address(scene: Scene, catalogue: Catalogue) -> None:
    elsewhere = "https://finance.sina.com.cn/moved.shtml"
    scene.page(ONE, "invented0000001", "302 Found")
    scene.page(TWO, "invented0000002")
    scene.page(elsewhere, "invented0000001")
    scene.read(catalogue)
    catalogue.want("invented0000001", [ONE], [])
    assert chosen(catalogue) == [ONE, elsewhere]


def test_pictures_come_with_every_article_that_shows_them_whoever_asked_first(
    scene: Scene, catalogue: Catalogue
) -> None:
    for number, url in enumerate((ONE, TWO), 1):
        scene.page(url, f"invented000000{number}")
    scene.picture("one", ONE)
    scene.picture("both", ONE)
    scene.picture("two", TWO)
    scene.read(catalogue)
    catalogue.want("invented0000002", [TWO], [PICTURE.format("both")])
    assert chosen(catalogue) == [TWO, PICTURE.format("both"), PICTURE.format("two")]


def test_a_picture_that_was_redirected_is_known_by_the_address_on_the_page(scene: Scene, catalogue: Catalogue) -> None:
    scene.page(TWO, "invented0000002")
    asked = PICTURE.format("both")
    for url, status in ((asked, "302 Found"), ("https://k.sinaimg.cn/elsewhere.png", "200 OK")):
        exchange = plain(answer(b"\x89PNG", status=status), url=url)
        exchange.via, exchange.context = ONE, {"requisite": "image", "url": asked}
        scene.writing.append(exchange)
    scene.read(catalogue)
    catalogue.want("invented0000002", [TWO], [asked])
    assert chosen(catalogue) == [TWO, asked, "https://k.sinaimg.cn/elsewhere.png"]


def test_a_revisit_brings_what_it_repeats_and_that_alone(scene: Scene, catalogue: Catalogue) -> None:
    first = scene.picture("first", ONE)
    scene.page(TWO, "invented0000002")
    scene.picture("again", TWO, original=original_of(first, PICTURE.format("first")))
    scene.picture("other", ONE)
    scene.read(catalogue)
    catalogue.want("invented0000002", [TWO], [])
    assert chosen(catalogue) == [PICTURE.format("first"), TWO, PICTURE.format("again")]
    assert catalogue.dangling() == 0


def test_what_is_withdrawn_goes_with_its_pictures_but_not_with_those_of_others(
    scene: Scene, catalogue: Catalogue
) -> None:
    scene.page(ONE, "invented0000001")
    scene.page(TWO, "invented0000002")
    for name in ("one", "both"):
        scene.picture(name, ONE)
    scene.writing.note("urn:newsbot:withdrawal:invented0000001", {"article": "invented0000001", "url": ONE})
    scene.read(catalogue)
    catalogue.remove(["invented0000001"], [ONE])
    catalogue.want("invented0000002", [TWO], [PICTURE.format("both")])
    assert chosen(catalogue, everything=True) == [TWO, PICTURE.format("both")]
    assert not any(
        member.row and "withdrawal" in member.row.url for one in catalogue.entries() for member in one.members
    )


def test_a_revisit_whose_original_is_in_no_file_is_counted(scene: Scene, catalogue: Catalogue) -> None:
    gone = Original("urn:uuid:gone", ONE, "2026-09-29T00:00:00.000000Z", "sha256:" + "0" * 64)
    scene.page(ONE, "invented0000001", original=gone)
    scene.read(catalogue)
    catalogue.want("invented0000001", [ONE], [])
    chosen(catalogue)
    assert catalogue.dangling() == 1


def foreign(path: Path, *, forward: bool) -> None:
    """A file of another tool: no metadata, and the request after its response or, naming it first, before."""
    members = [_record("warcinfo", "", "urn:uuid:info", b"software: another\r\n")]
    for url in (ONE, TWO):
        response = _record("response", url, f"urn:response:{url}", answer(b"<html>", "Content-Type: text/html"))
        named = f"WARC-Concurrent-To: <urn:response:{url}>\r\n"
        request = _record("request", url, f"urn:request:{url}", REQUEST, named)
        members += [request, response] if forward else [response, request]
    path.write_bytes(b"".join(members))


def _record(kind: str, url: str, record_id: str, block: bytes, more: str = "") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{record_id}>\r\nWARC-Date: 2026-09-29T00:39:35Z\r\n{more}"
    )
    head += (f"WARC-Target-URI: {url}\r\n" if url else "") + f"Content-Length: {len(block)}\r\n\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


@pytest.mark.parametrize("forward", [False, True])
def test_a_foreign_file_is_chosen_from_by_address_whatever_the_order_of_its_records(
    tmp_path: Path, catalogue: Catalogue, forward: bool
) -> None:
    foreign(tmp_path / "foreign.warc.gz", forward=forward)
    deque(catalogue.read(tmp_path / "foreign.warc.gz", "foreign.warc.gz"), maxlen=0)
    catalogue.complete()
    catalogue.want(article_key(TWO), [], [])
    assert chosen(catalogue) == [TWO]


def test_records_without_an_id_are_not_taken_for_one_exchange(tmp_path: Path, catalogue: Catalogue) -> None:
    members = [_record("warcinfo", "", "", b"software: another\r\n")]
    members += [_record("response", url, "", answer(b"<html>", "Content-Type: text/html")) for url in (ONE, TWO)]
    (tmp_path / "nameless.warc.gz").write_bytes(b"".join(members))
    deque(catalogue.read(tmp_path / "nameless.warc.gz", "nameless.warc.gz"), maxlen=0)
    catalogue.complete()
    catalogue.want(article_key(TWO), [], [])
    assert catalogue.choose(everything=False) == 1
    [entry] = catalogue.entries()
    assert [member.row.url for member in entry.members if member.row] == [TWO]


def test_records_that_share_a_gzip_member_are_told(tmp_path: Path, catalogue: Catalogue) -> None:
    foreign(tmp_path / "foreign.warc.gz", forward=False)
    content = gzip.decompress((tmp_path / "foreign.warc.gz").read_bytes())
    (tmp_path / "one.warc.gz").write_bytes(gzip.compress(content))
    deque(catalogue.read(tmp_path / "one.warc.gz", "one.warc.gz"), maxlen=0)
    [told] = catalogue.unreadable
    assert (told.file, told.offset) == ("one.warc.gz", 0)
    assert "share one gzip member" in told.why


def test_a_context_that_is_no_json_is_told_and_its_exchange_known_by_its_address(
    scene: Scene, catalogue: Catalogue
) -> None:
    scene.page(ONE, "invented0000001")
    scene.writing.close()
    [path] = scene.root.rglob("*.warc.gz")
    members = [record for record in records(path) if isinstance(record, Record)]
    content = path.read_bytes()
    last = members[-1]
    block = gzip.decompress(content[last.offset :]).replace(b'newsbot: {"article"', b'newsbot: ["article"')
    path.write_bytes(content[: last.offset] + gzip.compress(block))
    deque(catalogue.read(path, path.name), maxlen=0)
    catalogue.complete()
    assert [one.offset for one in catalogue.unreadable] == [last.offset]
    catalogue.want(article_key(ONE), [ONE], [])
    assert chosen(catalogue) == [ONE]
