"""An archive to be replayed, and what its reader must see: one page for each way in which a replay can go wrong."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsbot.warc.index import beside, lookup
from tests.fakesina import bodies, failures

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crawling import Bot
    from tests.fakesina.site import Site
    from tests.fakesina.stories import Story

#: What is shown → the fields of its story. GBK is what browsers call gb2312 and gb18030 bytes that are labelled so.
STORIES: dict[str, dict[str, str]] = {
    "GBK by header only": {"encoding": "gb18030", "declared": "", "content_type": "text/html; charset=gbk"},
    "GBK by meta only": {"encoding": "gb18030", "declared": "gbk"},
    "gb2312 by meta, gzip": {"encoding": "gb18030", "declared": "gb2312"},
    "UTF-8 by length": {},
    "UTF-8 in chunks": {},
    "redirected": {},
    "deleted": {"missing": "404", "outcome": "gone"},
    "revisit, not modified": {},
    "revisit, same payload": {},
    "revisit, same payload, in chunks": {"encoding": "gb18030", "declared": "gb2312"},
    "withdrawn": {},
}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One page, and what must be seen of it."""

    name: str
    url: str  #: to ask for
    lands: str  #: where that leads
    moment: str  #: of the capture to show, 14 digits; a revisit where the name says so
    original: str  #: of the capture whose payload that is
    status: int
    charset: str  #: as a browser calls it
    headline: str
    text: str  #: of the body, without white space
    images: list[int]  #: widths of those in the body, pixels


def exhibit_archive(bot: Bot, site: Site) -> dict[str, Exhibit]:
    """Crawl the site, then the revisits, and then, a minute later, what has become of those pages: other text.

    A WACZ beside the archive, china.wacz, is packed before that last crawl: with a later capture in the WACZ,
    ReplayWeb.page 2.5.3 shows that in place of a revisit (it looks for the original from WARC-Refers-To-Date on, to the
    millisecond, in an index that knows seconds).
    """
    shown = {name: _story(site, name, fields) for name, fields in STORIES.items()}
    assert bot.crawl("-a", "channels=finance").code == 0
    site.advance(timedelta(minutes=10))
    for kind, conditional in (("not modified", True), ("same payload", False)):
        site.conditional = conditional
        again = [story.url for name, story in shown.items() if kind in name]
        assert _captured(bot, again)["revisits"] >= len(again)
    exhibits = {name: _exhibit(bot, name, story) for name, story in shown.items()}
    assert bot.run("withdraw", shown["withdrawn"].url, "--reason", "虚构").code == 0
    assert bot.run("wacz", str(bot.root.parent / "china.wacz")).code == 0
    site.advance(timedelta(minutes=1))
    edited = [site.edit(story.docid).url for name, story in shown.items() if "revisit" in name]
    assert _captured(bot, edited)["revised"] == len(edited)
    return exhibits


def _captured(bot: Bot, urls: list[str]) -> dict[str, int]:
    ended = bot.crawl("-a", "urls=-", stdin="\n".join(urls))
    assert ended.code == 0, ended
    return bot.verdicts()[-1]


def squeezed(text: str) -> str:
    """Without white space, which markup and browsers deal with each in its way."""
    return re.sub(r"\s+", "", text)


def joined(files: list[Path], whole: Path) -> Path:
    """WARC files as one, which gzip allows."""
    whole.write_bytes(b"".join(file.read_bytes() for file in files))
    return whole


def _story(site: Site, name: str, fields: dict[str, str]) -> Story:
    """A new story of the site whose answers have the framing that the name says."""
    while True:
        story = site.invent(age=timedelta(hours=1), **fields)
        if (story.seed % 3 == 0) == ("chunks" in name):  # site.py
            break
    if name == "redirected":
        story = site.invent("moved", age=timedelta(hours=1))
    return site.add(story)


def _exhibit(bot: Bot, name: str, story: Story) -> Exhibit:
    deleted = bool(story.missing)
    body = re.search("<body>(.*)</body>", failures.MISSING, re.DOTALL)[1] if deleted else bodies.inner(story)  # type: ignore[index]
    moments = [row["timestamp"] for path in bot.warcs() for row in lookup(beside(path), story.url)]
    assert len(moments) == 1 + ("revisit" in name)
    return Exhibit(
        name=name,
        url=story.url,
        lands=story.home or story.url,
        moment=max(moments),
        original=min(moments),
        status=404 if deleted else 200,
        charset="UTF-8" if story.encoding == "utf-8" else "GBK",
        headline="" if deleted else story.title,
        text=squeezed(_visible(body)),
        images=[int(width) for width in re.findall(r'class="img_wrapper"><img src="[^"]*/w(\d+)h', body)],
    )


def _visible(markup: str) -> str:
    """What a reader sees of HTML."""
    without = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", without))
