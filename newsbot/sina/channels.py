"""Sina Finance's lists and channels as data (sina.md 1.2).

The order binds: an article's channel is the first one here that names it, so the table grows only at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from newsbot.errors import UnknownChannel

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The category name of what stands in no channel of its own.
ROLL = "新浪财经－滚动"


@dataclass(frozen=True, slots=True)
class Channel:
    """One list of the roll API, and the channel it stands for."""

    name: str  #: English, for `-a channels=` and the ledger
    pageid: int
    lid: int  #: unique over all pages; items carry the lids of every list they are in
    label: str  #: Sina's own name for it
    post_name: str  #: category and folder of its posts; '' for a list of everything, which names no channel
    column: int = 0  #: number of its column page, for one that has no list (sina.md 1.3); `pageid` and `lid` are 0 then


def _channel(name: str, pageid: int, lid: int, label: str) -> Channel:
    return Channel(name, pageid, lid, label, f"新浪财经－{label}")


def _everything(name: str, pageid: int, lid: int, label: str) -> Channel:
    return Channel(name, pageid, lid, label, "")


def _column(name: str, column: int, label: str) -> Channel:
    return Channel(name, 0, 0, label, f"新浪财经－{label}", column)


CHANNELS: tuple[Channel, ...] = (
    Channel("china", 155, 1686, "国内滚动", "新浪财经－国內"),  # the seed's own, byte for byte: U+FF0D and 內 U+5167
    _everything("finance", 384, 2519, "财经"),
    _channel("stock", 384, 2671, "股市"),
    _channel("us", 384, 2672, "美股"),
    _channel("adr", 384, 2673, "中国概念股"),
    _channel("hk", 384, 2674, "港股"),
    _channel("research", 384, 2675, "研究报告"),
    _channel("global", 384, 2676, "全球市场"),
    _channel("forex", 384, 2487, "外汇"),
    _everything("news", 153, 2509, "全部"),
    _everything("news-finance", 153, 2516, "财经"),
    _channel("news-stock", 153, 2517, "股市"),
    _channel("news-us", 153, 2518, "美股"),
    _channel("macro", 155, 1687, "宏观经济"),
    _channel("local", 155, 1688, "地方经济"),
    _channel("ministries", 155, 1689, "部委动态"),
    _channel("banking", 155, 1690, "金融新闻"),
    _channel("top10", 155, 3231, "今日财经TOP10"),
    _channel("industry", 164, 1693, "产经"),
    _channel("company", 164, 1694, "公司新闻"),
    _channel("sector", 164, 1695, "产业新闻"),
    _channel("consumer", 166, 1703, "消费"),
    _channel("broker", 186, 1746, "券商"),
    _channel("ipo", 205, 1789, "新股"),
)

#: What has a column page and no list, or one of its own beside it; read only when COLUMNS or `-a channels=` name it.
COLUMNS: tuple[Channel, ...] = (
    _column("market-review", 56589, "大盘评述"),
    _column("macro-research", 56598, "宏观研究"),
    _column("market-research", 56605, "市场研究"),
    _column("views", 56978, "机构观点"),
    _column("listed-company", 56592, "上市公司"),
    _column("main-funds", 56615, "主力动向"),
    _column("hk-flash", 57027, "港股快讯"),
    _column("hk-research", 57028, "港股大行研报"),
    _column("hk-company", 57038, "港股公司"),
    _column("fund", 56907, "基金"),
    _column("currency", 56982, "外汇"),
    _column("futures", 56988, "期货"),
    _column("futures-market", 56995, "期市要闻"),
    _column("gold", 57085, "黄金分析"),
    _column("bank", 56683, "银行要闻"),
    _column("central-bank", 56689, "央行动态"),
    _column("bank-company", 80798, "银行公司"),
    _column("insurance", 56757, "保险要闻"),
    _column("insurance-industry", 56850, "保险行业"),
    _column("insurance-company", 56854, "保险公司"),
)

#: The lists asked at every run: all of finance, and the seed's own (design.md, "The contract").
DEFAULT_LISTS = ("finance", "china")
#: The channel of an article that is in none of the others; its posts go to ROLL.
NO_CHANNEL = "finance"

_BY_NAME = {channel.name: channel for channel in (*CHANNELS, *COLUMNS)}
_BY_COLUMN = {channel.column: channel for channel in COLUMNS}
_BY_LIST = {(channel.pageid, channel.lid): channel for channel in CHANNELS}
#: Only what names a channel: lid → place in the order that binds.
_RANK = {channel.lid: rank for rank, channel in enumerate(CHANNELS) if channel.post_name}


def by_name(name: str) -> Channel:
    """The channel of that name. Raises UnknownChannel, which names the nearest ones."""
    if channel := _BY_NAME.get(name):
        return channel
    near = get_close_matches(name.lower(), _BY_NAME, n=3, cutoff=0.4) or _BY_NAME
    raise UnknownChannel(f"channel {name!r} is not in newsbot/sina/channels.py: did you mean {', '.join(near)}?")


def by_lid(pageid: int, lid: int) -> Channel | None:
    """The channel of a list, by the two ids in its URL; None when it is not known here."""
    return _BY_LIST.get((pageid, lid))


def by_column(column: int) -> Channel | None:
    """The channel of a column page; None when it is not known here."""
    return _BY_COLUMN.get(column)


def is_column(name: str) -> bool:
    """Is there a channel of that name that has a column page?"""
    return name in _BY_NAME and bool(_BY_NAME[name].column)


def channel_of(lids: Iterable[int], list_name: str) -> str:
    """The name of an article's channel (design.md, "A post's channel").

    The first in CHANNELS that its item's `lids` name, else the list it stood in when that one names a channel, else
    `finance`, whose posts go to ROLL. `list_name` may be one that CHANNELS does not hold.
    """
    ranks = [_RANK[lid] for lid in lids if lid in _RANK]
    if ranks:
        return CHANNELS[min(ranks)].name
    channel = _BY_NAME.get(list_name)
    return channel.name if channel and channel.post_name else NO_CHANNEL


def post_name(name: str) -> str:
    """The category and folder of a channel's posts, `新浪财经－国內`; ROLL for the lists of everything.

    Raises UnknownChannel.
    """
    return by_name(name).post_name or ROLL
