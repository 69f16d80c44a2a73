"""Archivists' replay engines show a crawl's pages as they were, by the commands of archive/README.md, in Chromium."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import Looked, Wish, browse, free_port, replaced, standing, told
from tests.crawling import NOW
from tests.exhibits import STORIES, Exhibit, exhibit_archive, joined, squeezed
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.webserver import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

pytestmark = pytest.mark.slow

SHOWN = [name for name in STORIES if name != "withdrawn"]
ENGINES = ("pywb", "ReplayWeb.page", "ReplayWeb.page, WACZ in ranges", "ReplayWeb.page, WARC")


@pytest.fixture(scope="module")
def archive(
    certified: Path, forking: Stem, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ForkedBot, dict[str, Exhibit]]:
    """The whole cast of the invented site, and the exhibits."""
    with Server(Site(NOW, 40), certified) as server:
        root = tmp_path_factory.mktemp("crawl") / "archive"
        bot = ForkedBot(root, server, stem=forking, settings={"REQUISITES": "page"})
        exhibits = exhibit_archive(bot, server.site)
    return bot, exhibits


@contextmanager
def pywb(judges: Path, root: Path, folder: Path) -> Iterator[Callable[[Exhibit], Wish]]:
    """As archive/README.md says."""
    port = free_port()
    commands = replaced("".join(told("With pywb")), {"/srv/newsbot": root, "/srv/pywb": folder / "pywb", "8080": port})
    with standing(commands, port, cwd=folder, path=[judges / "venv" / "bin"]) as url:
        yield lambda one: Wish(one.name, f"{url}/sina/{one.moment}/{one.url}")


@contextmanager
def replayweb(judges: Path, root: Path, folder: Path) -> Iterator[Callable[[Exhibit], Wish]]:
    """As archive/README.md says."""
    port, place = free_port(), folder / "replay"
    here = {
        "/srv/china.wacz": root.parent / "china.wacz",
        "/srv/replay": place,
        "replaywebpage@2.5.3": next((judges / "node").glob("replaywebpage-*.tgz")),
        "8000": port,
    }
    commands = replaced("".join(told("With ReplayWeb.page")), here)
    with standing(commands, port, cwd=folder) as url:
        yield lambda one: _page(place, one, url)


@contextmanager
def replayweb_from(source: Path, judges: Path, folder: Path) -> Iterator[Callable[[Exhibit], Wish]]:
    """The same page, from a server that knows byte ranges."""
    (folder / "replay").mkdir()
    os.link(source, folder / source.name)
    for script, place in (("ui.js", folder), ("sw.js", folder / "replay")):
        (place / script).write_bytes((judges / "replaywebpage" / script).read_bytes())
    tag = f'<replay-web-page source="{source.name}" url="https://finance.sina.com.cn/"></replay-web-page>'
    (folder / "index.html").write_text(f'<script src="ui.js"></script>\n{tag}\n')
    with serving(folder) as url:
        yield lambda one: _page(folder, one, url)


def _page(folder: Path, one: Exhibit, url: str) -> Wish:
    """README's page with the address and moment of this exhibit."""
    page = folder / f"{list(STORIES).index(one.name)}.html"
    text = (folder / "index.html").read_text("utf-8")
    page.write_text(
        replaced(text, {'url="https://finance.sina.com.cn/"': f'url="{one.url}" ts="{one.moment}" embed="replayonly"'})
    )
    return Wish(one.name, f"{url}/{page.name}")


@pytest.fixture(scope="module", params=ENGINES)
def looked(
    request: pytest.FixtureRequest,
    judges: Path,
    archive: tuple[ForkedBot, dict[str, Exhibit]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Looked]:
    """What each engine shows of every exhibit."""
    bot, exhibits = archive
    folder = tmp_path_factory.mktemp("replay")
    wacz = bot.root.parent / "china.wacz"
    engines: dict[str, Callable[[], AbstractContextManager[Callable[[Exhibit], Wish]]]] = {
        "pywb": lambda: pywb(judges, bot.root, folder),
        "ReplayWeb.page": lambda: replayweb(judges, bot.root, folder),
        "ReplayWeb.page, WACZ in ranges": lambda: replayweb_from(wacz, judges, folder),
        "ReplayWeb.page, WARC": lambda: replayweb_from(joined(bot.warcs(), bot.root / "all.warc.gz"), judges, folder),
    }
    shots = tmp_path_factory.mktemp("shots")
    with engines[request.param]() as wish:
        return request.param, browse(judges, [wish(one) for one in exhibits.values()], shots)


@pytest.fixture
def seen(looked: tuple[str, Looked], name: str) -> dict[str, Any]:
    """What an engine shows of one exhibit; {} when it shows no page."""
    return looked[1].pages[name] or {}


@pytest.fixture
def exhibit(archive: tuple[ForkedBot, dict[str, Exhibit]], name: str) -> Exhibit:
    return archive[1][name]


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_has_its_text_charset_moment_and_status(
    looked: tuple[str, Looked], seen: dict[str, Any], exhibit: Exhibit
) -> None:
    moment = exhibit.moment if looked[0] == "pywb" else exhibit.original  # of a revisit, ReplayWeb.page tells that
    assert seen, f"{looked[0]} never showed it"
    assert seen["headline"] == exhibit.headline
    assert squeezed(seen["body"]) == exhibit.text
    assert seen["charset"] == exhibit.charset
    assert (seen["moment"], seen["status"]) == (moment, exhibit.status)


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_at_its_address(seen: dict[str, Any], exhibit: Exhibit) -> None:
    assert seen["address"].endswith(f"mp_/{exhibit.lands}")
    assert (exhibit.lands != exhibit.url) == (exhibit.name == "redirected")


@pytest.mark.parametrize("name", [name for name in SHOWN if name != "deleted"])
def test_a_page_has_its_images_and_style_sheets(seen: dict[str, Any], exhibit: Exhibit) -> None:
    assert [one["width"] for one in seen["images"]] == exhibit.images
    assert seen["size"] == "38px"


@pytest.mark.parametrize("name", ["withdrawn"])
def test_a_withdrawn_page_is_shown_only_from_its_warc_file(
    looked: tuple[str, Looked], seen: dict[str, Any], exhibit: Exhibit
) -> None:
    assert (seen.get("headline") == exhibit.headline) == (looked[0] == "ReplayWeb.page, WARC")


def test_no_request_leaves_this_machine(looked: tuple[str, Looked]) -> None:
    assert looked[1].left == []
