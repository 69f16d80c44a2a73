"""The fake list API keeps to sina.md 1.1 and 1.2. Nothing of newsbot is used here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakesina import ListRules, Server, Site
from tests.fakesina.client import FEED, Client, ids
from tests.fakesina.roll import LISTS

NOW = datetime(2026, 9, 28, 16, 39, 35, tzinfo=UTC)


@pytest.fixture
def site() -> Site:
    return Site(NOW)


def test_a_list_item_has_every_key_and_the_same_facts_as_its_page(client: Client, server: Server) -> None:
    item = client.roll()["data"][0]
    story = server.site.story(item["docid"].removeprefix("comos:"))
    assert {"icons", "hqChart", "intime", "ctime", "mtime", "categoryid", "docid", "url", "urls", "title"} <= set(item)
    assert len(item) in (42, 44)  # two are optional
    assert json.loads(item["urls"]) == [item["url"]] == [story.url]
    assert int(item["mtime"]) <= int(item["intime"])
    created = datetime.fromtimestamp(int(item["ctime"]), UTC).astimezone().astimezone(UTC)
    page = client.get(story.url)[2].decode()
    shown = re.search(r'"weibo: article:create_at" content="([^"]+)"', page)
    assert shown
    assert datetime.fromisoformat(f"{shown[1]}+08:00") == created


def test_the_json_is_ascii_with_slashes_escaped(client: Client) -> None:
    body = client.get(f"{FEED}?pageid=384&lid=2519&num=50")[2]
    assert body.isascii()
    assert b'"url":"https:\\/\\/finance.sina.com.cn\\/' in body
    assert not re.search(rb"[^\\]/", body)


def test_the_images_of_items_come_in_three_shapes(client: Client) -> None:
    assert {type(item["img"]) for item in client.roll()["data"]} == {list, dict, type(None)}


def test_num_is_clamped_and_pages_go_on_without_overlap_until_they_are_empty(client: Client) -> None:
    pages = [client.roll(num=100, page=page) for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [50, 16, 0]
    times = [int(item["ctime"]) for page in pages for item in page["data"]]
    assert times == sorted(set(times), reverse=True)
    assert (pages[0]["start"], pages[0]["end"], pages[0]["total"]) == (times[0], times[49], 66)


def test_a_day_window_holds_that_day_and_its_total(client: Client) -> None:
    midnight = int(datetime(2026, 9, 27, 16, tzinfo=UTC).timestamp())
    window = {"etime": midnight, "stime": midnight + 86400, "ctime": midnight + 86400, "date": "2026-09-28"}
    result = client.roll(**window)
    assert result["total"] == client.roll()["total"] - client.roll(ctime=midnight)["total"] - 2  # 2 after midnight
    assert all(midnight <= int(item["ctime"]) < midnight + 86400 for item in result["data"])


def test_the_cursor_goes_back_from_one_end_to_the_next(client: Client) -> None:
    found: list[str] = []
    cursor = int(NOW.timestamp())
    while (result := client.roll(num=20, ctime=cursor))["data"]:
        found += ids(result)
        cursor = result["end"]
    assert found == ids(client.roll(page=1)) + ids(client.roll(page=2))


def test_a_callback_gives_jsonp(client: Client) -> None:
    body = client.get(f"{FEED}?pageid=155&lid=1686&callback=feedCallback")[2].decode()
    assert body.startswith("try{feedCallback({")
    assert body.endswith("});}catch(e){};")
    assert json.loads(body[len("try{feedCallback(") : -len(");}catch(e){};")])["result"]["lid"] == 1686


@pytest.mark.parametrize(("pageid", "lid"), [(pageid, lid) for pageid, lids in LISTS.items() for lid in lids])
def test_every_list_holds_the_items_that_name_it(client: Client, pageid: int, lid: int) -> None:
    result = client.roll(pageid=pageid, lid=lid)
    assert all(str(lid) in item["lids"].split(",") for item in result["data"])
    assert bool(result["data"]) == (lid not in (2510, 2511, 2669))  # those are not about finance


def test_a_list_that_does_not_exist_is_an_error_with_status_200(client: Client) -> None:
    result = client.roll(pageid=155, lid=2519)
    assert result["status"]["code"] != 0
    assert result["data"] == []


def test_a_list_can_ignore_windows_and_say_its_total_as_text(client: Client, server: Server) -> None:
    server.site.rules[2519] = ListRules(ignores_windows=True, ignores_cursor=True, total_as_text=True, most_pages=1)
    long_ago = {"etime": 1, "stime": 2}
    assert client.roll(**long_ago)["total"] == "66"
    assert client.roll(ctime=5)["total"] == "66"
    assert client.roll(page=2)["data"] == []


def test_an_article_can_enter_its_lists_late_by_the_clock_or_by_list_answers(client: Client, server: Server) -> None:
    site = server.site
    by_clock = site.add(site.invent(age=timedelta(minutes=85)), after=timedelta(minutes=5))
    by_count = site.add(site.invent(age=timedelta(minutes=85)), after_lists=2)
    seen = [{by_clock.docid, by_count.docid} & set(ids(client.roll())) for _ in range(3)]
    assert seen == [set(), set(), {by_count.docid}]
    site.advance(timedelta(minutes=5))
    result = client.roll()
    assert by_clock.docid in ids(result)[1:]
    assert by_clock.intime - by_clock.created > timedelta(minutes=85)
