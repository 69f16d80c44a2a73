"""Invented text: places, firms, people, sentences, titles, ids. Nothing here is about anybody."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .stories import BEIJING, MARK

if TYPE_CHECKING:
    from datetime import datetime

CITIES = ("青屿市", "澜汀市", "云梯县", "白榆市", "望舒新区", "砚山湾", "枫桥镇", "南栀市", "鹿鸣港", "霁川市")
FIRMS = ("云杉湾重工", "青鹭岛银行", "白榆数控", "星河渡航运", "拾光乳业", "松果岭新能源", "砚台软件", "蓝鲸仓储",
         "半夏制药", "折纸机器人", "鹿鸣光伏", "萤火证券", "晚风家电", "石榴保险", "纸鸢航空")  # fmt: skip
CODES = ("sz009901", "sh609902", "sz009903", "hk09904", "sh609905", "usXVZQ", "sz009907", "sh609908")
PEOPLE = ("林示例", "周虚构", "陈样本", "吴测试", "郑草稿", "王占位", "赵假设", "孙如果", "钱比方", "许譬如")
THINGS = ("港口吞吐量", "居民储蓄", "工业用电量", "新房成交面积", "跨境电商零售额", "轻型货车产量", "旅游收入",
          "债券发行量", "充电桩数量", "水产品出口", "算力租赁价格", "绿色信贷余额", "仓储空置率",
          "乳制品批发价")  # fmt: skip
MOVES = ("同比增长", "同比下降", "环比回升", "环比回落", "连续三个月上升", "小幅收窄", "基本持平于")
MAKERS = ("虚构财经报", "样本证券时评", "假设商业周刊", "测试经济观察", "占位日报", "如果新闻社")
EDITORS = ("虚小构 SF001", "样本生", "林示例", "占位符 SN042", "草稿君")
SENTENCES = (
    "{city}统计部门（虚构）发布的数据显示，{month}月{thing}{move}{rate}%。",
    "{firm}在公告中称，公司拟投资{sum}亿元在{city}建设新的生产基地，预计两年后投产。",
    "{person}表示，“{thing}的变化与季节有关，不宜过度解读”，后续仍需观察。",
    "按照计划，{city}将在年内新增{count}个公共服务网点，覆盖主要街道和产业园区。",
    "{firm}与{firm2}签署合作协议，双方将在仓储、结算和数据方面展开试点，期限为{years}年。",
    "截至{month}月末，{firm}总资产为{sum}亿元，较年初{move}{rate}%，不良率保持在较低水平。",
    "市场人士{person}认为，{thing}短期内仍将维持震荡，中期取决于需求恢复的速度。",
    "这是继{city2}之后，又一个宣布实施该办法的城市，首批名单共{count}家企业。",
    "{firm}股价当日收于{price}元，成交额{sum}亿元，换手率{rate}%。",
    "会议指出，要进一步完善{thing}统计口径，减少重复填报，让基层把时间用在服务上。",
    "受访的{count}家企业中，超过六成表示订单{move}{rate}%左右，用工情况总体平稳。",
    "{person}告诉记者，{firm}上半年研发投入{sum}亿元，主要用于材料与控制系统。",
    "从结构看，{city}的{thing}{move}{rate}%，{city2}则{move2}{rate2}%，区域差异有所扩大。",
    "上述负责人强调，该项目不涉及新增债务，资金来自{firm}自有资金和{years}年期贷款。",
)  # fmt: skip
HEADLINES = (
    "{city}{month}月{thing}{move}{rate}%",
    "{firm}拟投资{sum}亿元落户{city}",
    "{person}：{thing}不宜过度解读",
    "{firm}与{firm2}签署{years}年合作协议",
    "{city}公布首批{count}家试点企业名单",
    "{firm}：上半年研发投入{sum}亿元，{thing}{move}{rate}%",
    "{thing}{move}{rate}%，{city}怎么做到的？",
    "一图读懂{city}的{thing}",
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One corner of the site."""

    label: str  #: in the breadcrumb
    path: str  #: of its URLs
    lids: tuple[int, ...]  #: the lists its articles are in, beside 2519 and some that are no channel


ALL = (2519, 2509, 2516)
TOPICS: dict[str, Topic] = {
    "china": Topic("国内财经", "china/gncj", (*ALL, 1686, 3231)),
    "macro": Topic("宏观经济", "china/hgjj", (*ALL, 1686, 1687)),
    "local": Topic("地方经济", "china/dfjj", (*ALL, 1686, 1688)),
    "ministry": Topic("部委动态", "china/bwdt", (*ALL, 1686, 1689)),
    "money": Topic("金融新闻", "china/jrxw", (*ALL, 1686, 1690)),
    "stock": Topic("证券", "stock/marketresearch", (*ALL, 2517, 2671)),
    "us": Topic("美股", "stock/usstock/c", (*ALL, 2518, 2671, 2672)),
    "concept": Topic("中国概念股", "stock/usstock/c", (*ALL, 2518, 2672, 2673)),
    "hk": Topic("港股", "stock/hkstock/ggscyd", (*ALL, 2671, 2674)),
    "research": Topic("研究报告", "stock/stockzmt", (*ALL, 2671, 2675)),
    "world": Topic("全球市场", "world/gjcj", (*ALL, 2676)),
    "forex": Topic("外汇", "money/forex/forexinfo", (*ALL, 2487)),
    "industry": Topic("产业新闻", "chanjing/cyxw", (*ALL, 1693, 1695)),
    "company": Topic("公司新闻", "chanjing/gsnews", (*ALL, 1693, 1694)),
    "consume": Topic("消费", "consume/puguangtai", (*ALL, 1703)),
    "broker": Topic("券商", "stock/quanshang/qsyj", (*ALL, 1746)),
    "ipo": Topic("新股", "stock/newstock/zxdt", (*ALL, 1789)),
}


class Prose:
    """A stream of invented text; the same seed tells the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def facts(self) -> dict[str, object]:
        """One set of fillings for a sentence."""
        pick, number = self.random.choice, self.random.random
        return {
            "city": pick(CITIES), "city2": pick(CITIES), "firm": pick(FIRMS), "firm2": pick(FIRMS),
            "person": pick(PEOPLE), "thing": pick(THINGS), "move": pick(MOVES), "move2": pick(MOVES),
            "rate": f"{number() * 30:.1f}", "rate2": f"{number() * 30:.2f}", "sum": f"{number() * 900:.2f}",
            "price": f"{number() * 200:.2f}", "count": int(number() * 400) + 3, "month": int(number() * 12) + 1,
            "years": int(number() * 9) + 1,
        }  # fmt: skip

    def sentence(self) -> str:
        """One sentence."""
        return self.random.choice(SENTENCES).format_map(self.facts())

    def paragraph(self) -> str:
        """Two to five sentences, without the leading U+3000."""
        facts = self.facts()
        count = self.random.randint(2, 5)
        return "".join(text.format_map(facts) for text in self.random.sample(SENTENCES, count))

    def headline(self) -> str:
        """A title, the mark in front."""
        return MARK + self.random.choice(HEADLINES).format_map(self.facts())

    def docid(self) -> str:
        """Seven letters and seven digits (sina.md 2.1)."""
        letters = "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=7))
        return f"{letters}{self.random.randrange(10**7):07d}"

    def picture(self, created: datetime) -> str:
        """The protocol-relative URL of a body picture, with its size in the path as Sina has it."""
        width, height = self.random.choice(((48, 32), (64, 40), (55, 31), (40, 60)))
        day = f"{created.astimezone(BEIJING):%Y%m%d}"
        name = f"{self.random.getrandbits(16):04x}-{self.random.getrandbits(64):016x}"
        return f"//n.sinaimg.cn/finance/transform/{self.random.randrange(1000)}/w{width}h{height}/{day}/{name}.png"
