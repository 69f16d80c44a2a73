"""One contender of benchmarks/parsing.py: a process that reads all pages of a folder and says what that took.

    python benchmarks/parsers.py NAME FOLDER

Only the standard library is imported at the top, because each contender runs in its own environment. A contender is two
functions: `read` takes a page's bytes and address as they come from an archive and is what is measured; `told` puts
what it gave into one form for all, and is not.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Callable

_MOMENT = re.compile(r"(\d{4})\D(\d\d)\D(\d\d)(?:\D+(\d\d):(\d\d))?")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Contender:
    """How to read a page, and how to tell what was read: title, date, source, paragraphs, images."""

    read: Callable[[bytes, str], Any]
    told: Callable[[Any], dict[str, Any]]


def newsbot() -> Contender:
    """Bytes to Article to the bytes of a post."""
    page, post, plain = (importlib.import_module(f"newsbot.{name}") for name in ("sina.page", "post", "sina.plain"))

    def read(content: bytes, url: str) -> Any:
        article = page.read(content, url)
        said = post.Post(article.title, "新浪财经－国內", article.time, article.headimg, article.body)
        return article, post.render(said)

    def told(given: Any) -> dict[str, Any]:
        article, rendered = given
        return {
            "title": article.title,
            "date": article.time.isoformat(),
            "source": article.source,
            "paragraphs": plain.plain_text(post.read(rendered).body).split("\n"),
            "images": [image.url for image in article.images],
        }

    return Contender(read, told)


def parsel() -> Contender:
    """The selectors of today's layout, as a Scrapy spider would have them."""
    selector = importlib.import_module("parsel").Selector

    def read(content: bytes, url: str) -> Any:
        page = selector(body=content, encoding="utf-8")
        return {
            "title": page.css("h1.main-title::text").get(""),
            "date": page.css('meta[name="weibo: article:create_at"]::attr(content)').get(""),
            "source": page.css(".date-source .source::text").get(""),
            "paragraphs": ["".join(one.css("::text").getall()) for one in page.css("#artibody p, #article p")],
            "images": [urljoin(url, src) for src in page.css("#artibody img::attr(src)").getall()],
        }

    return Contender(read, dict)


def soup(tree: str) -> Contender:
    """The same with BeautifulSoup, over this parser."""
    beautiful = importlib.import_module("bs4").BeautifulSoup

    def read(content: bytes, url: str) -> Any:
        page = beautiful(content, tree, from_encoding="utf-8")
        return {
            "title": page.select_one("h1.main-title").get_text(),
            "date": page.select_one('meta[name="weibo: article:create_at"]')["content"],
            "source": page.select_one(".date-source .source").get_text(),
            "paragraphs": [one.get_text() for one in page.select("#artibody p, #article p")],
            "images": [urljoin(url, one["src"]) for one in page.select("#artibody img[src]")],
        }

    return Contender(read, dict)


def trafilatura() -> Contender:
    """`trafilatura.extract` with metadata and images."""
    extract = importlib.import_module("trafilatura").extract

    def read(content: bytes, url: str) -> Any:
        return extract(content, url=url, output_format="json", with_metadata=True, include_images=True)

    def told(given: Any) -> dict[str, Any]:
        found = json.loads(given)
        return {
            "title": found["title"] or "",
            "date": found["date"] or "",
            "source": found["author"] or "",
            "paragraphs": _IMAGE.sub("", found["text"]).split("\n"),
            "images": [src for _, src in _IMAGE.findall(found["text"])],
        }

    return Contender(read, told)


def newspaper4k() -> Contender:
    """`Article.parse`, without the network that it would otherwise ask for images and for a list of domains."""
    domains: Any = importlib.import_module("tldextract.tldextract")
    domains.TLD_EXTRACTOR = domains.TLDExtract(suffix_list_urls=(), cache_dir=None)
    importlib.import_module("jieba").setLogLevel("ERROR")
    module = importlib.import_module("newspaper")
    config = module.Config()
    config.fetch_images, config.memorize_articles, config.language = False, False, "zh"

    def read(content: bytes, url: str) -> Any:
        article = module.Article(url, config=config)
        article.download(input_html=content.decode())
        article.parse()
        return article

    def told(given: Any) -> dict[str, Any]:
        return {
            "title": given.title,
            "date": str(given.publish_date or ""),
            "source": "".join(given.authors) or given.meta_site_name or "",
            "paragraphs": given.text.split("\n"),
            "images": list(given.images),
        }

    return Contender(read, told)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "newsbot": newsbot,
    "parsel": parsel,
    "BeautifulSoup, lxml": lambda: soup("lxml"),
    "BeautifulSoup, html.parser": lambda: soup("html.parser"),
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
}


def beijing(written: str) -> str:
    """`2026-09-29 00:34` in Beijing, of a time as any contender writes it; `2026-09-29` when it is a day only."""
    if "+" in written[10:] or written.endswith("Z"):
        moment = datetime.fromisoformat(written).astimezone(UTC).timestamp() + 8 * 3600
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
    found = _MOMENT.search(written)
    if not found:
        return ""
    year, month, day, hour, minute = found.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")


def main() -> None:
    """Read all pages; figures and findings as JSON on standard output."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")  # other people's
    contender = CONTENDERS[name]()
    urls: list[str] = json.loads((folder / "urls.json").read_text("utf-8"))
    pages = [((folder / f"{number}.html").read_bytes(), url) for number, url in enumerate(urls)]
    contender.read(*pages[0])  # dictionaries and caches are made now
    begin = time.process_time()
    given = [contender.read(*page) for page in pages]
    cpu = time.process_time() - begin
    found = [contender.told(one) for one in given]
    for one in found:
        one["date"] = beijing(one["date"])
        one["paragraphs"] = [line for line in ("".join(text.split()) for text in one["paragraphs"]) if line]
    json.dump({"cpu": cpu, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
