"""What must hold for any bytes that a server or a file can hold: one function a part of newsbot, for tests/fuzz.py.

Each takes a fuzzer's bytes (the first ones choose, the rest is the input) and raises AssertionError when a promise is
broken; whatever else is raised is a finding too. Bounded time is the fuzzer's to watch.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from newsbot import characters, post, text
from newsbot.article import REASONS, Article, Refusal
from newsbot.errors import BadInput, NotAWarc
from newsbot.sina import body, listing, page
from newsbot.warc import coding, message, reader
from tests.harmless import acts

if TYPE_CHECKING:
    from collections.abc import Callable

URLS = (
    "https://finance.sina.com.cn/china/2021-09-29/doc-iaaaaaaa0000001.shtml",
    "http://finance.sina.com.cn/g/20050305/10221234567.shtml",
    "https://finance.sina.cn/2026-09-29/detail-iaaaaaaa0000001.d.html",
    "https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=2519&k=&num=50&page=1",
)
STATUS = (200, 200, 200, 200, 404, 456, 502, 403)
TYPES = (
    *("", "text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "text/html;charset=GB2312"),
    *("text/html; charset=iso-8859-1", 'text/html; charset="gb18030', "application/json"),
)
WHEN = datetime(2021, 9, 29, 13, 59, 32, tzinfo=UTC)
#: Of a fuzzed answer; a small one finds what a large one would, sooner. Bytes.
DECODED_LIMIT = 1 << 20

_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_HOW = re.compile(r"bom:[a-z0-9-]+|(?:header|meta|trial):[\w.:-]+?(?:(?:->|!)(?:utf-8|gb18030))?")
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")


def one_of(choices: tuple[Any, ...], byte: int) -> Any:
    """The choice of one byte."""
    return choices[byte % len(choices)]


def _is_one_line(told: str) -> None:
    assert _ONE_LINE.fullmatch(told), told


def taken(data: bytes, number: int) -> tuple[bytes, bytes]:
    """The bytes that choose, and the rest."""
    return data[:number].ljust(number, b"\0"), data[number:]


def decoding(data: bytes) -> None:
    """What is valid is read without loss, whatever the label says; damage costs a sign, not the text."""
    chosen, content = taken(data, 1)
    content_type = one_of(TYPES, chosen[0])
    decoded, how = text.decode(content, content_type)
    decoded.encode()  # no lone surrogates
    assert _HOW.fullmatch(how), how
    for mark, codec in _BOMS.items():
        if content.startswith(mark):
            assert decoded == content[len(mark) :].decode(codec, "replace")
            return
    readings = {codec: reading for codec in ("utf-8", "gb18030") if (reading := _strictly(content, codec)) is not None}
    damaged = content.decode("utf-8", "replace")
    three = b"\xef\xbf\xbd" in content or any("\u0800" <= sign != "\ufffd" for sign in damaged)
    if three:  # bytes that only UTF-8 has in this order
        if "utf-8" in readings and "gb18030" not in readings:
            assert decoded == readings["utf-8"], "Chinese in UTF-8 became mojibake"
        if readings and "gb" not in content_type.lower():
            readings.setdefault("utf-8", damaged)  # it fits GB by chance now and then
    assert not readings or decoded in readings.values(), "valid bytes were read as what no codec says"


def _strictly(content: bytes, codec: str) -> str | None:
    """What the bytes say in `codec`, the last character may be cut off; None where they are not valid in it."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        reading = decoder.decode(content) + "\ufffd" * bool(decoder.getstate()[0])
    except UnicodeDecodeError:
        return None
    return reading.replace("\ue5e5", "\u3000") if codec == "gb18030" and b"\xa3\xa0" in content else reading


def articles(data: bytes) -> None:
    """A page gives an article that can be published, harmless and read back, or a refusal with a reason."""
    chosen, content = taken(data, 4)
    url, status, content_type = one_of(URLS[:3], chosen[0]), one_of(STATUS, chosen[1]), one_of(TYPES, chosen[2])
    if chosen[3] % 2:  # what a fuzzer writes is soon no page any more: here all of it is the article's own HTML
        content = b'<meta charset=utf-8><h1 class=main-title>\xe9\xa2\x98</h1><div id="artibody">' + content
    read = page.read(content, url, status=status, content_type=content_type)
    if isinstance(read, Refusal):
        assert read.reason in REASONS
        assert len(read.evidence) < 500
        return
    assert isinstance(read, Article)
    _harmless(read.body)
    assert len(read.body) <= body.MAX_BODY
    assert read.headimg == (read.images[0].url if read.images else "")
    _name_is_safe(read.title, read.key)
    for moment in (read.created, read.published, read.updated):
        assert moment is None or moment.utcoffset() is not None
    _comes_back(post.Post(read.title, "新浪财经－国內", read.time or WHEN, read.headimg, read.body))


def _harmless(html: str) -> None:
    for scripting in (False, True):
        found = acts(html, scripting=scripting)
        assert not found, f"{found} would run, scripting {scripting}"


def _name_is_safe(title: str, key: str) -> None:
    for suffixed in (False, True):
        name = post.file_name(title, key, suffixed=suffixed)
        assert 0 < len(name.encode()) <= 255
        assert name.endswith(".md")
        assert not name.startswith(("_", "."))
        assert not set(name) & set("/\\\0\n:*?<>|"), name


def _comes_back(written: post.Post) -> None:
    rendered = post.render(written)
    again = post.read(rendered)
    # A title that was cut is one sign too wide for the rule to leave it alone: nothing renders it a second time.
    assert post.render(replace(again, title=written.title)) == rendered
    assert again.title == post.title_text(written.title)
    assert again.image == characters.clean_line(written.image)
    assert again.date == written.date.replace(microsecond=0)
    braces = [("&#123;", "{"), ("&#125;", "}")]
    cleaned = characters.clean_markup(written.body)
    for reference, brace in braces:
        cleaned = cleaned.replace(reference, brace)
    assert again.body == cleaned


def posts(data: bytes) -> None:
    """Any title, address and body come back from the post's file; any file is a post or is refused."""
    try:
        held = post.read(data)
    except BadInput as error:
        _is_one_line(str(error))
    else:
        _comes_back(replace(held, channel="新浪财经－滚动"))
    words = data.decode("utf-16-le" if data[:1] == b"\xff" else "utf-8", "replace")  # the first has many odd signs
    title, image, inner, *_ = [*words.split("\0"), "", ""]
    _comes_back(post.Post(title, "新浪财经－国內", WHEN, image, inner))
    _name_is_safe(title, "aaaaaaa0000001")


def listings(data: bytes) -> None:
    """Each item of a list becomes an entry or is named; an entry's key and address can be used as they are."""
    chosen, content = taken(data, 3)
    read = listing.read(content, one_of(URLS, chosen[0] + 3), one_of(TYPES, chosen[1]), one_of(STATUS, chosen[2]))
    if isinstance(read, Refusal):
        assert read.reason in REASONS
        _is_one_line(read.evidence)
        return
    assert len(read.entries) + len(read.skipped) == read.size
    for line in read.skipped:
        _is_one_line(line)
    assert [entry.position for entry in read.entries] == sorted({entry.position for entry in read.entries})
    for entry in read.entries:
        assert entry.url.startswith("https://")
        assert re.fullmatch(r"[A-Za-z0-9_@.-]{1,64}", entry.key), entry.key
        assert entry.channel
        for words in (entry.title, entry.media, entry.url):
            words.encode()
        for moment in (entry.intime, entry.ctime, entry.mtime):
            assert moment is None or moment.utcoffset() is not None
        _name_is_safe(entry.title, entry.key)


def messages(data: bytes) -> None:
    """Head and body are the input, chunks come off as they were put on, no coding gives more than its limit."""
    coding.DECODED_LIMIT = DECODED_LIMIT
    parts = message.split(data)
    assert parts.head + parts.body == data
    assert parts.status == message.status(data[:256]) or len(data) > 256
    assert message.head_length(data) == len(parts.head)
    try:
        entity = parts.entity()
        given = coding.decoded(entity, parts.headers)
    except ValueError as error:
        _is_one_line(str(error))
    else:
        assert len(given) <= max(DECODED_LIMIT, len(data))
    size = 1 + (data[0] if data else 0)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    framed = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    assert message.dechunk(framed) == (data, True)
    for name, packed in ((b"gzip", gzip.compress(data, 1)), (b"deflate", zlib.compress(data, 1))):
        assert coding.decoded(packed, [(b"Content-Encoding", name)]) == data or not data


def _members(content: bytes) -> bytes:
    """A gzip member for what lies between two empty lines before WARC/: so that the fuzzer sees into them."""
    return b"".join(gzip.compress(part, 1, mtime=0) for part in re.split(rb"(?<=\r\n\r\n)(?=WARC/)", content) if part)


def records(data: bytes) -> None:
    """What a file gives can be fetched again from where it lies; a tear is told last and in one line."""
    coding.DECODED_LIMIT = DECODED_LIMIT
    forms: tuple[Callable[[bytes], bytes], ...] = (bytes, _members, gzip.compress)
    with NamedTemporaryFile(suffix=".warc.gz") as file:
        chosen, content = taken(data, 1)
        file.write(one_of(forms, chosen[0])(content))
        file.flush()
        path = Path(file.name)
        try:
            found = list(reader.records(path))
        except (NotAWarc, BadInput) as error:
            _is_one_line(str(error))
            return
        for one in found[:20]:
            if isinstance(one, reader.Torn):
                assert one is found[-1]
                _is_one_line(one.why)
            else:
                _is_sound(one, path)


def _is_sound(record: reader.Record, path: Path) -> None:
    assert len(record.block) == record.size
    assert b"".join(reader.raw(record)) == record.head + record.block
    with closing(reader.records(path, start=record.offset)):
        again = reader.fetch(path, record.offset, record.inner)
    assert (again.head, again.block) == (record.head, record.block)
    assert record.judged().keys() >= set(record.disagreements())
    for name in ("payload", "context", "facts"):
        try:
            getattr(record, name)
        except ValueError:
            continue
    assert isinstance(record.fields, dict)


TARGETS: dict[str, Callable[[bytes], None]] = {
    check.__name__: check for check in (decoding, articles, posts, listings, messages, records)
}
