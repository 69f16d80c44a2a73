"""The cast: one article or more of every variant, then as many ordinary ones as are wanted, over twenty hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .prose import EDITORS, MAKERS, THINGS, TOPICS, Prose
from .stories import BEIJING, MARK, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPAN = timedelta(hours=20)
LATE = timedelta(minutes=85)  #: how late an article entered its lists in a real reply (sina.md fact 2)
#: Lists that real items name and that are no channel of newsbot.
OTHER_LIDS = (295, 747, 2544, 3318)
LONG = (
    "这是一个为了检查截断而写得非常非常长的标题，它列举了青屿市、澜汀市、云梯县、白榆市、望舒新区、砚山湾、枫桥镇、南栀市、鹿鸣港"
    * 2
)


@dataclass(frozen=True, slots=True)
class Part:
    """One place in the cast: a variant, and how that makes its Story special."""

    variant: str
    shape: Callable[[Story], Story]


def titled(title: str, list_title: str = "") -> Callable[[Story], Story]:
    """Give the story this title."""
    return lambda story: replace(story, title=title, list_title=list_title)


def at(pattern: str) -> Callable[[Story], Story]:
    """Give the story's URL this form: {day}, {docid}, {number} and {path} are filled in."""
    return lambda story: replace(story, url=fill(pattern, story))


def fill(pattern: str, story: Story) -> str:
    """An address from its pattern."""
    day = f"{story.created.astimezone(BEIJING):%Y-%m-%d}"
    number = 1_700_000_000 + story.seed
    return pattern.format(day=day, docid=story.docid, number=number, word=f"{number:x}", path=TOPICS[story.topic].path)


def same(story: Story) -> Story:
    """Nothing but the body is special."""
    return story


def edited(story: Story) -> Story:
    """Edited 24 minutes after it appeared, at most a minute ago."""
    return replace(story, updated=story.created + timedelta(minutes=24), revision=1)


def encoded(encoding: str, declared: str) -> Callable[[Story], Story]:
    """A page in another encoding than it says."""
    return lambda story: replace(story, encoding=encoding, declared=declared)


#: Order is place in the day, newest first.
CAST: tuple[Part, ...] = (
    Part("plain", same),
    Part("edited", edited),
    Part("no-keywords", lambda story: replace(story, keywords=())),
    Part("video", same),
    Part("bare-text", same),
    Part("live", at("https://finance.sina.com.cn/7x24/{day}/doc-i{docid}.shtml")),
    Part("column", at("https://finance.sina.com.cn/zl/china/{day}/zl-i{docid}.shtml")),
    Part("self-media", at("https://cj.sina.com.cn/articles/view/{number}/{word}0200abcd")),
    Part("self-media", at("https://k.sina.com.cn/article_{number}_{word}00100abcd.html")),
    Part("news-host", at("https://news.sina.com.cn/c/{day}/doc-i{docid}.shtml")),
    Part("self-media", at("https://finance.sina.com.cn/wm/{day}/doc-i{docid}.shtml")),
    Part("slide", same),
    Part("table", same),
    Part("reference", same),
    Part("captions", same),
    Part("stocks", same),
    Part("disclaimer", same),
    Part("kaihu", same),
    Part("gb2312", encoded("gb18030", "gb2312")),
    Part("gbk-unlabelled", encoded("gb18030", "")),
    Part("mostly-ascii", encoded("gb18030", "gb2312")),
    Part("mislabelled", encoded("utf-8", "gb2312")),
    Part("title-quotes", titled(f"{MARK}\"双引号\"与'单引号'同在一个标题")),
    Part(
        "title-references",
        titled(f'{MARK}云杉湾A&B股回购"分步走"，3<5', f"{MARK}云杉湾A&amp;B股回购&quot;分步走&quot;，3&lt;5"),
    ),
    Part("title-signs", titled(f"{MARK}访谈: 价格/数量 [第2季] <样例>? *星号* | 竖线 \\ 反斜杠 #话题# 1.5%")),
    Part("title-braces", titled(f"{MARK}模板 {{{{ page.title }}}} 与 {{% raw %}}")),
    Part("twin", titled(f"{MARK}两篇文章同一个标题")),
    Part("twin", titled(f"{MARK}两篇文章同一个标题")),
    Part("title-long", titled(MARK + LONG)),
    Part("title-curly", titled(f"“{MARK}引号开头”的标题")),  # the mark stands right behind the sign this one is about
    Part("late", lambda story: replace(story, intime=story.created + LATE)),
    Part("http", lambda story: replace(story, url=story.url.replace("https:", "http:"))),
    Part(
        "moved",
        lambda story: replace(story, home=fill("https://finance.sina.com.cn/roll/{day}/doc-i{docid}.shtml", story)),
    ),
)
#: What goes wrong at Sina on an ordinary day; `Site` takes care of the answers.
TROUBLES: tuple[Part, ...] = (
    Part("soft-404", lambda story: replace(story, missing="soft-404", outcome="gone")),
    Part("hard-404", lambda story: replace(story, missing="404", outcome="gone")),
    Part("busy", same),  # Site answers 503 the first time
)
#: Not in the cast: a body without text and media.
EMPTY = Part("empty", lambda story: replace(story, outcome="no-body"))
#: Every variant by name; of those that are there twice the last.
EVERY: dict[str, Part] = {part.variant: part for part in (*CAST, *TROUBLES, EMPTY)}


def invent(number: int, seed: int, created: datetime, part: Part = CAST[0]) -> Story:
    """Article `number` of this seed, created then; topics take turns."""
    prose = Prose(seed * 1_000_003 + number)
    topic = list(TOPICS)[number % len(TOPICS)]
    created = created.replace(microsecond=0)
    docid = prose.docid()
    story = Story(
        docid=docid,
        url="",
        title=prose.headline(),
        created=created,
        intime=created + timedelta(seconds=5 + number % 36),
        lids=tuple(sorted({*TOPICS[topic].lids, 2519, *OTHER_LIDS})),
        variant=part.variant,
        seed=seed * 100_000 + number,
        topic=topic,
        source=prose.random.choice(MAKERS),
        editor=prose.random.choice(EDITORS),
        keywords=tuple(prose.random.sample(THINGS, 3)),
    )
    return part.shape(replace(story, url=fill("https://finance.sina.com.cn/{path}/{day}/doc-i{docid}.shtml", story)))


def cast(now: datetime, count: int, seed: int, *, troubles: bool) -> Iterator[Story]:
    """`count` articles of the last twenty hours, newest first: the cast, the troubles when wanted, ordinary ones.

    The special ones are spread over the day. No two are of one second; what is late or edited was so before `now`.
    """
    special = [*CAST, *(TROUBLES if troubles else ())][:count]
    step = SPAN / max(count, 1)
    every = max(1, count // max(len(special), 1))
    taken: set[datetime] = set()
    for number in range(count):
        due = number % every == 0 and number // every < len(special)
        part = special[number // every] if due else CAST[0]
        age = timedelta(minutes=2) + step * number
        if part.variant in ("late", "edited"):
            age += LATE
        created = (now - age).replace(microsecond=0)
        while created in taken:
            created -= timedelta(seconds=1)
        taken.add(created)
        yield invent(number, seed, created, part)
