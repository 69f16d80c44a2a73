"""Sina Finance's lists and channels (sina.md 1.2; design.md, "A post's channel")."""

from __future__ import annotations

import pytest

from newsbot.errors import BadInput, UnknownChannel
from newsbot.sina import channels

#: sina.md 1.2, written down a second time so that a slip in the table shows.
KNOWN = {
    384: {
        2519: "财经",
        2671: "股市",
        2672: "美股",
        2673: "中国概念股",
        2674: "港股",
        2675: "研究报告",
        2676: "全球市场",
        2487: "外汇",
    },
    153: {2509: "全部", 2516: "财经", 2517: "股市", 2518: "美股"},
    155: {
        1686: "国内滚动",
        1687: "宏观经济",
        1688: "地方经济",
        1689: "部委动态",
        1690: "金融新闻",
        3231: "今日财经TOP10",
    },
    164: {1693: "产经", 1694: "公司新闻", 1695: "产业新闻"},
    166: {1703: "消费"},
    186: {1746: "券商"},
    205: {1789: "新股"},
}
PAIRS = [(pageid, lid) for pageid, lids in KNOWN.items() for lid in lids]

#: What ledgers and users' command lines hold: the table may only grow at its end.
ORDER = (
    *("china", "finance", "stock", "us", "adr", "hk", "research", "global", "forex", "news", "news-finance"),
    *("news-stock", "news-us", "macro", "local", "ministries", "banking", "top10", "industry", "company", "sector"),
    *("consumer", "broker", "ipo"),
)


@pytest.mark.parametrize(("pageid", "lid"), PAIRS)
def test_every_known_list_is_there_under_its_label(pageid: int, lid: int) -> None:
    channel = channels.by_lid(pageid, lid)
    assert channel is not None
    assert (channel.pageid, channel.lid, channel.label) == (pageid, lid, KNOWN[pageid][lid])


def test_there_are_no_others() -> None:
    assert len(channels.CHANNELS) == len(PAIRS)
    assert channels.by_lid(153, 2510) is None
    assert channels.by_lid(384, 1686) is None


def test_the_order_and_the_names_stay() -> None:
    assert tuple(channel.name for channel in channels.CHANNELS)[: len(ORDER)] == ORDER


def test_names_and_lids_are_unique() -> None:
    assert len({channel.name for channel in channels.CHANNELS}) == len(channels.CHANNELS)
    assert len({channel.lid for channel in channels.CHANNELS}) == len(channels.CHANNELS)


@pytest.mark.parametrize("channel", channels.CHANNELS, ids=lambda channel: channel.name)
def test_a_name_can_be_typed_in_a_comma_separated_list(channel: channels.Channel) -> None:
    assert channel.name.replace("-", "").isalnum()
    assert channel.name.isascii()
    assert channel.name == channel.name.lower()
    assert channels.by_name(channel.name) is channel


def test_the_seeds_channel_is_first_and_spelt_as_in_the_seed() -> None:
    assert channels.CHANNELS[0].lid == 1686
    assert channels.post_name("china") == "\u65b0\u6d6a\u8d22\u7ecf\uff0d\u56fd\u5167"


@pytest.mark.parametrize("channel", channels.CHANNELS[1:], ids=lambda channel: channel.name)
def test_the_others_are_named_by_their_own_label_or_give_no_channel(channel: channels.Channel) -> None:
    if channel.lid in {2519, 2509, 2516}:
        assert channel.post_name == ""
        assert channels.post_name(channel.name) == channels.ROLL == "新浪财经\uff0d滚动"
    else:
        assert channels.post_name(channel.name) == channel.post_name == f"新浪财经\uff0d{channel.label}"


def test_the_default_lists_are_all_of_finance_and_the_seeds() -> None:
    assert [(channel.pageid, channel.lid) for channel in map(channels.by_name, channels.DEFAULT_LISTS)] == [
        (384, 2519),
        (155, 1686),
    ]


@pytest.mark.parametrize(
    ("lids", "list_name", "channel"),
    [
        ((295, 2509, 2516, 2519, 2672, 2671, 1686), "finance", "china"),
        ((2672, 2671), "finance", "stock"),
        ((2671, 2672), "us", "stock"),
        ((1789, 2518), "china", "news-us"),
        ((), "china", "china"),
        ((295, 2519), "hk", "hk"),
        ((2509, 2516, 2519), "finance", "finance"),
        ((), "news", "finance"),
        ((), "news-finance", "finance"),
        ((), "153/2510", "finance"),
        ((), "", "finance"),
        ((2519, 1789), "", "ipo"),
    ],
)
def test_an_articles_channel_is_the_first_that_names_it(lids: tuple[int, ...], list_name: str, channel: str) -> None:
    assert channels.channel_of(lids, list_name) == channel
    assert channels.channel_of(iter(reversed(lids)), list_name) == channel


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chin", "china"),
        ("China", "china"),
        ("stocks", "stock"),
        ("news-finanse", "news-finance"),
        ("zzzz", "ipo"),
        ("", "ipo"),
    ],
)
def test_an_unknown_channel_is_refused_with_the_nearest_names(name: str, near: str) -> None:
    for ask in (channels.by_name, channels.post_name):
        with pytest.raises(UnknownChannel) as caught:
            ask(name)
        assert isinstance(caught.value, BadInput)
        line = str(caught.value)
        assert repr(name) in line
        assert near in line
        assert "\n" not in line
