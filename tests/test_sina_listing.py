"""The roll API's answers (sina.md 1.1): a fixture is a folder, and each of its fields is one test."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.article import Entry, Refusal
from newsbot.sina import channels, listing, urls

FIXTURES = sorted(path.parent for path in Path(__file__).parent.glob("fixtures/listing/*/answer.body"))
PAGE_FIELDS = [field.name for field in fields(listing.Page) if field.name != "entries"]
ENTRY_FIELDS = [field.name for field in fields(Entry)]
ROLL_URL = "https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=2519&k=&num=50&page=1"


@dataclass(frozen=True)
class Case:
    body: bytes
    meta: dict[str, Any]
    expected: dict[str, Any]

    def read(self) -> listing.Page | Refusal:
        return listing.read(self.body, self.meta["url"], self.meta["content_type"], self.meta["status"])


def load(folder: Path) -> Case:
    return Case(
        (folder / "answer.body").read_bytes(),
        json.loads((folder / "meta.json").read_text(encoding="utf-8")),
        json.loads((folder / "expected.json").read_text(encoding="utf-8")),
    )


CASES = {folder.name: load(folder) for folder in FIXTURES}
PAGES = [name for name, case in CASES.items() if "page" in case.expected]
REFUSALS = [name for name, case in CASES.items() if "refusal" in case.expected]


def plain(value: object) -> object:
    """A field's value in the form that expected.json can hold."""
    if isinstance(value, datetime):
        assert value.tzinfo is UTC
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return list(value) if isinstance(value, tuple) else value


def a_page(name: str) -> listing.Page:
    page = CASES[name].read()
    assert isinstance(page, listing.Page), page
    return page


def read_items(items: object, url: str = ROLL_URL) -> listing.Page:
    body = json.dumps({"result": {"status": {"code": 0}, "data": items}}).encode()
    page = listing.read(body, url)
    assert isinstance(page, listing.Page)
    return page


def test_there_are_fixtures_of_both_kinds() -> None:
    assert len(PAGES) >= 9
    assert len(REFUSALS) >= 14


@pytest.mark.parametrize("name", CASES)
def test_each_fixture_says_why_it_is_kept(name: str) -> None:
    assert CASES[name].meta["why"]


@pytest.mark.parametrize("name", PAGES)
def test_a_fixture_expects_every_field_and_no_other(name: str) -> None:
    expected = CASES[name].expected
    assert set(expected) == {"page", "entries"}
    assert list(expected["page"]) == PAGE_FIELDS
    assert all(set(entry) == set(ENTRY_FIELDS) for entry in expected["entries"])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("field", PAGE_FIELDS)
def test_a_page_has_the_expected(name: str, field: str) -> None:
    assert plain(getattr(a_page(name), field)) == CASES[name].expected["page"][field]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("field", ENTRY_FIELDS)
def test_the_entries_have_the_expected(name: str, field: str) -> None:
    found = [plain(getattr(entry, field)) for entry in a_page(name).entries]
    assert found == [entry[field] for entry in CASES[name].expected["entries"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_item_is_an_entry_or_is_named_as_skipped(name: str) -> None:
    page = a_page(name)
    named = {int(line.split()[1].rstrip(":")) for line in page.skipped}
    assert sorted({entry.position for entry in page.entries} | named) == list(range(page.size))
    assert len(page.entries) + len(page.skipped) == page.size


@pytest.mark.parametrize("name", PAGES)
def test_the_url_of_a_fixture_is_a_listing_and_its_entries_are_none(name: str) -> None:
    assert urls.is_listing(CASES[name].meta["url"])
    assert not any(urls.is_listing(entry.url) for entry in a_page(name).entries)


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("field", ["reason", "evidence"])
def test_a_refusal_has_the_expected(name: str, field: str) -> None:
    refusal = CASES[name].read()
    assert isinstance(refusal, Refusal), refusal
    assert getattr(refusal, field) == CASES[name].expected["refusal"][field]


@pytest.mark.parametrize("name", REFUSALS)
def test_the_evidence_of_a_refusal_is_one_short_line(name: str) -> None:
    refusal = CASES[name].read()
    assert isinstance(refusal, Refusal)
    assert len(refusal.evidence) < 160
    assert refusal.evidence.isprintable()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((0, "no-answer"), (204, "empty"), (301, "http-status"), (304, "http-status"), (400, "http-status")),
        *((401, "http-status"), (403, "ban"), (404, "gone"), (408, "server-error"), (410, "gone")),
        *((418, "http-status"), (429, "server-error"), (456, "ban"), (500, "server-error"), (503, "server-error")),
    ],
)
def test_a_status_gives_the_reason(status: int, reason: str) -> None:
    refusal = listing.read(b"", ROLL_URL, status=status)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason


@pytest.mark.parametrize("url", ["https://[finance.sina.com.cn/doc-iabcdefg1234567.shtml", "https://", "https://a b/"])
def test_an_item_whose_address_is_no_url_is_named_and_harms_no_other(url: str) -> None:
    answer = json.loads(CASES["a-page-of-fifty"].body)
    answer["result"]["data"][0] |= {"url": url, "urls": ""}
    page = listing.read(json.dumps(answer).encode(), ROLL_URL)
    assert isinstance(page, listing.Page)
    assert len(page.entries) == 49
    assert page.skipped[0].startswith("item 0: no usable url")


def test_an_answer_that_no_list_would_be_is_not_read() -> None:
    url = "https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=2519"
    long = listing.read(b" " * (listing.MAX_ANSWER + 1), url)
    assert long == Refusal("too-large", "an answer of 5000001 bytes, at most 5000000 are read")
    items = json.dumps({"result": {"data": [{}] * (listing.MAX_ITEMS + 1)}}).encode()
    assert listing.read(items, url) == Refusal("too-large", "a list of 5001 items, at most 5000 are read")


def test_late_inserted_items_stand_where_their_ctime_puts_them() -> None:
    page = a_page("a-page-of-fifty")
    late = page.entries[17]
    assert late.intime is not None
    assert late.ctime is not None
    assert (late.intime - late.ctime).total_seconds() == 85 * 60
    ctimes = [entry.ctime for entry in page.entries if entry.ctime]
    assert ctimes == sorted(ctimes, reverse=True)
    assert (page.start, page.end) == (ctimes[0], ctimes[-1])


def test_the_end_of_an_answer_is_the_next_cursor() -> None:
    page = a_page("a-page-of-fifty")
    url = listing.page_url(channels.by_name("finance"), cursor=int(page.end_raw))
    assert f"&ctime={page.end_raw}&" in url


@pytest.mark.parametrize(
    "wrap", ["{}", "cb({})", "try{{a.b$1({});}}catch(e){{}};", "/**/ cb ( {} );\r\n", "\ufeff {} \n\0"]
)
def test_an_answer_reads_the_same_in_every_wrapping(wrap: str) -> None:
    case = CASES["an-item-twice"]
    body = wrap.format(case.body.decode()).encode()
    assert listing.read(body, case.meta["url"]) == case.read()


def test_an_answer_cut_anywhere_is_never_taken_for_a_page() -> None:
    body = CASES["an-item-twice"].body
    for end in range(len(body)):
        refusal = listing.read(body[:end], ROLL_URL)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == ("cut" if end else "empty"), end


@pytest.mark.parametrize(
    "body",
    [
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"result":' + b"9" * 5000 + b"}", b"\x00" * 50, b"\xff\xfe\x00"),
        *(b"[]", b"0", b"true", b'{"result":[]}', b'{"result":{"data":{"0":{}}}}', b"NaN", b"cb(", b"cb()", b"\xb6"),
        b'{"result":{"status":{"code":[[]]},"data":[]}}',
        b'{"result":{"status":{"code":false,"msg":null},"data":' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_hostile_answers_end_as_values(body: bytes) -> None:
    assert isinstance(listing.read(body, ROLL_URL), Refusal | listing.Page)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "1" + "0" * 400, "-1", "0.5", "1e300"])
def test_absurd_numbers_are_no_moments_and_no_counts(number: str) -> None:
    body = f'{{"result":{{"total":{number},"start":{number},"end":{number},"data":[]}}}}'.encode()
    page = listing.read(body, ROLL_URL)
    assert isinstance(page, listing.Page)
    assert (page.total, page.start, page.end, page.end_raw) == (None, None, None, "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (ROLL_URL, "finance"),
        ("http://feed.sina.com.cn/api/roll/get?lid=1686&pageid=155", "china"),
        ("https://feed.mix.sina.com.cn/api/roll/get?pageid=384&lid=1686", "384/1686"),
        ("https://feed.mix.sina.com.cn/api/roll/get?pageid=&lid=x", ""),
        ("https://feed.mix.sina.com.cn/api/roll/get", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_list_is_named_by_the_urls_two_ids(url: str, name: str) -> None:
    assert read_items([], url).list_name == name


def test_an_item_keeps_what_its_title_held_but_for_one_level_of_references() -> None:
    title = " 【虚构】\u3000两头有空白 &amp;lt; &#39;\u0085 \n"
    (entry,) = read_items([{"url": "https://finance.sina.com.cn/doc-ixugouaa0000001.shtml", "title": title}]).entries
    assert entry.title == " 【虚构】\u3000两头有空白 &lt; '\u0085 \n"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ITEM_KEYS = ("url", "urls", "docid", "title", "intime", "ctime", "mtime", "lids", "categoryid", "media_name")
ITEMS = st.fixed_dictionaries({}, optional=dict.fromkeys(ITEM_KEYS, JSON_VALUES)) | JSON_VALUES
RESULTS = st.fixed_dictionaries(
    {"data": st.lists(ITEMS, max_size=4) | JSON_VALUES},
    optional=dict.fromkeys(("status", "total", "start", "end", "lid", "top"), JSON_VALUES),
)


@given(RESULTS, st.text())
def test_wrong_types_anywhere_never_raise_and_lose_no_item(result: dict[str, Any], url: str) -> None:
    page = listing.read(json.dumps({"result": result}).encode(), url)
    if isinstance(page, listing.Page):
        assert len(page.entries) + len(page.skipped) == page.size == len(result["data"])
        for entry in page.entries:
            assert entry.key
            assert entry.channel
            f"{entry}".encode()
    else:
        assert page.evidence.isprintable()


@given(st.binary(), st.text(), st.text(), st.integers(0, 999))
def test_no_answer_whatever_makes_it_raise(body: bytes, url: str, content_type: str, status: int) -> None:
    assert isinstance(listing.read(body, url, content_type, status), Refusal | listing.Page)


@pytest.mark.parametrize(
    ("name", "kwargs", "url"),
    [
        ("finance", {}, "pageid=384&lid=2519&k=&num=50&page=1"),
        ("china", {"page": 3}, "pageid=155&lid=1686&k=&num=50&page=3"),
        (
            "news-finance",
            {"page": 2, "day": date(2021, 9, 29)},
            "pageid=153&lid=2516&etime=1632844800&stime=1632931200&ctime=1632931200&date=2021-09-29&k=&num=50&page=2",
        ),
        ("finance", {"cursor": 1790596342}, "pageid=384&lid=2519&ctime=1790596342&k=&num=50&page=1"),
    ],
)
def test_the_url_of_a_page_is_the_sites_own(name: str, kwargs: dict[str, Any], url: str) -> None:
    found = listing.page_url(channels.by_name(name), **kwargs)
    assert found == f"https://feed.mix.sina.com.cn/api/roll/get?{url}"
    assert urls.is_listing(found)
    assert urls.canonical(found) == found


def test_a_page_is_not_asked_by_day_and_by_cursor_at_once() -> None:
    with pytest.raises(ValueError, match="give one"):
        listing.page_url(channels.CHANNELS[0], day=date(2021, 9, 29), cursor=1)
