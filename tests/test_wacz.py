"""`scrapy wacz`: what goes into a WACZ of a crawled archive, and what never does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsbot import post
from newsbot.sina import channels
from newsbot.warc.surt import surt
from tests.crawling import NOW, tree
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem
from tests.judging import table
from tests.waczs import Wacz, taken_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Many whole crawls: CI runs them with the slow ones.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(certified: Path) -> Iterator[Server]:
    with Server(Site(NOW, 40), certified) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(server: Server, forking: Stem, tmp_path_factory: pytest.TempPathFactory) -> ForkedBot:
    """An archive of two runs: every kind of article, redirects, missing pages, a revisit."""
    bot = ForkedBot(tmp_path_factory.mktemp("crawled") / "archive", server, stem=forking)
    assert bot.crawl().code == 0
    assert bot.crawl("-a", "urls=-", stdin="\n".join(story.url for story in server.site.in_lists()[:3])).code == 0
    return bot


@pytest.fixture
def bot(crawled: ForkedBot, tmp_path: Path) -> ForkedBot:
    """An archive of its own, to change."""
    shutil.copytree(crawled.root, tmp_path / "archive")
    return ForkedBot(tmp_path / "archive", crawled.server, stem=crawled.stem)


def made(bot: ForkedBot, out: Path, *words: str, code: int = 0) -> Wacz:
    """The WACZ that these words make."""
    ended = bot.run("wacz", str(out), *words)
    assert (ended.code, ended.out.count("\n")) == (code, 1), ended
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(f".{out.name}")] == []
    return taken_apart(out)


def articles(bot: ForkedBot, state: str = "published") -> list[dict[str, Any]]:
    """The ledger's rows of articles in this state."""
    return [row for row in table(bot, "article") if row["state"] == state]


def test_the_whole_archive_is_in_it_byte_for_byte_with_its_index(crawled: ForkedBot, tmp_path: Path) -> None:
    before = tree(crawled.root, "*.*")
    wacz = made(crawled, tmp_path / "all.wacz")
    assert wacz.warcs == {path.name: path.read_bytes() for path in crawled.warcs()}
    assert set(wacz.index) == {line for cdxj in crawled.cdxj().values() for line in cdxj.splitlines(keepends=True)}
    assert tree(crawled.root, "*.*").keys() - before.keys() <= {"ledger.sqlite-wal", "ledger.sqlite-shm"}
    assert wacz.package["title"] == "Sina Finance, newsbot"


@pytest.mark.parametrize("words", [(), ("--channels", "china")])
def test_scrapy_verify_finds_no_fault_with_it(crawled: ForkedBot, tmp_path: Path, words: tuple[str, ...]) -> None:
    made(crawled, tmp_path / "a.wacz", *words)
    ended = crawled.run("verify", str(tmp_path / "a.wacz"))
    assert (ended.code, ended.err) == (0, ""), ended


def test_each_published_article_is_a_page_with_title_time_and_text(crawled: ForkedBot, tmp_path: Path) -> None:
    wacz = made(crawled, tmp_path / "all.wacz")
    captured = {(row["url"], row["timestamp"]) for row in wacz.rows()}
    rows = {row["key"]: row for row in articles(crawled)}
    assert [page["id"] for page in wacz.pages] == sorted(rows, key=lambda key: (rows[key]["date"], key))
    for page in wacz.pages:
        written = post.read(crawled.posts()[rows[page["id"]]["post"]])
        moment = "".join(filter(str.isdigit, page["ts"]))
        assert (page["url"], moment) in captured
        assert len(moment) == 14
        assert page["title"] == rows[page["id"]]["title"]
        assert page["text"].strip()
        assert "责任编辑" in page["text"] or "责任编辑" not in written.body
        assert not {"<p>", "function", "{"} & set(page["text"].split())


def test_a_page_is_of_the_newest_capture(crawled: ForkedBot, tmp_path: Path) -> None:
    wacz = made(crawled, tmp_path / "all.wacz")
    moments = {page["url"]: "".join(filter(str.isdigit, page["ts"])) for page in wacz.pages}
    repeated = [row for row in wacz.rows() if row["mime"] == "warc/revisit" and row["url"] in moments]
    assert len(repeated) == 3
    assert {row["timestamp"] for row in repeated} == {moments[row["url"]] for row in repeated}
    assert min(moments.values()) < min(row["timestamp"] for row in repeated)


def test_a_channel_holds_every_exchange_of_its_articles_and_nothing_else(crawled: ForkedBot, tmp_path: Path) -> None:
    wacz = made(crawled, tmp_path / "china.wacz", "--channels", "china, stock")
    folders = {channels.post_name("china"), channels.post_name("stock")}
    wanted = {row["key"] for row in articles(crawled) if row["post"].split("/")[2] in folders}
    assert {page["id"] for page in wacz.pages} == wanted
    assert 0 < len(wanted) < len(articles(crawled))
    keys = set()
    for record in wacz.records(tmp_path):
        if record.type == "metadata":
            keys.add(record.context["article"])
    ours = {row["key"] for row in table(crawled, "article") if channels.post_name(row["channel"]) in folders}
    assert wanted <= keys <= ours


def test_every_redirect_on_the_way_to_a_chosen_article_comes_with_it(
    crawled: ForkedBot, server: Server, tmp_path: Path
) -> None:
    wacz = made(crawled, tmp_path / "day.wacz", "--since", "2d")
    [moved] = [story for story in server.site.in_lists() if story.variant == "moved"]
    assert [row["url"] for row in wacz.rows() if row.get("status") == "302"] == [moved.url]
    assert moved.home in {row["url"] for row in wacz.rows() if row.get("status") == "200"}
    assert "api/roll" not in str(wacz.index)
    assert "robots.txt" not in str(wacz.index)


def test_each_entry_keeps_its_files_name_and_warcinfo_and_copies_members_as_they_are(
    crawled: ForkedBot, tmp_path: Path
) -> None:
    wacz = made(crawled, tmp_path / "china.wacz", "--channels", "china")
    originals = {path.name: path.read_bytes() for path in crawled.warcs()}
    for record in wacz.records(tmp_path):
        name = record.file.rpartition("/")[2]
        member = wacz.warcs[name][record.offset : record.offset + record.length]
        assert member in originals[name]
        assert (record.type == "warcinfo") == (record.offset == 0)


def test_a_time_is_beijings_and_its_end_is_outside(crawled: ForkedBot, tmp_path: Path) -> None:
    rows = sorted(articles(crawled), key=lambda row: str(row["date"]))
    half = rows[len(rows) // 2]["date"]
    until = half.replace("Z", "+00:00")
    early = made(crawled, tmp_path / "early.wacz", "--until", until)
    late = made(crawled, tmp_path / "late.wacz", "--since", until)
    assert {page["id"] for page in early.pages} == {row["key"] for row in rows if row["date"] < half}
    assert {page["id"] for page in late.pages} == {row["key"] for row in rows if row["date"] >= half}
    made(crawled, tmp_path / "day.wacz", "--since", "2026-09-28", "--until", "2026-09-29")


@pytest.mark.parametrize("words", [(), ("--since", "7d")])
def test_a_withdrawn_article_never_goes_in_also_after_a_rebuild(
    bot: ForkedBot, server: Server, tmp_path: Path, words: tuple[str, ...]
) -> None:
    url = next(story.url for story in server.site.in_lists() if story.variant == "moved")
    assert bot.run("withdraw", url, "--reason", "虚构").code == 0
    for number in range(2):
        wacz = made(bot, tmp_path / f"{number}.wacz", *words)
        key = next(row["key"] for row in articles(bot, "withdrawn"))
        assert key not in {page["id"] for page in wacz.pages}
        assert surt(url) not in {surt(row["url"]) for row in wacz.rows()}
        assert all(
            record.context.get("article") != key for record in wacz.records(tmp_path) if b"newsbot: " in record.block
        )
        assert f"withdrawal:{key}" not in str(wacz.index)
        assert bot.run("replay").code == 0
    assert bot.run("withdraw", url, "--undo").code == 0
    assert len(made(bot, tmp_path / "again.wacz", *words).pages) == len(wacz.pages) + 1


def test_every_article_has_its_pictures_and_style_sheets_whoever_asked_for_them_first(
    certified: Path, tmp_path: Path, forking: Stem
) -> None:
    site = Site(NOW, 0, troubles=False)
    picture = "https://n.sinaimg.cn/finance/w48h32/{}.png"
    for name, lids in (("china", (1686, 2519)), ("stock", (2519, 2671))):
        shown = "".join(f'<img src="{picture.format(one)}" alt="虚构">' for one in (name, "both"))
        site.add(site.invent(body=f"<p>　　虚构的正文。</p>{shown}", lids=lids))
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path / "archive", server, stem=forking, settings={"REQUISITES": "page"})
        assert bot.crawl("-a", "channels=finance").code == 0
    styles = {row["url"] for row in table(bot, "requisite") if row["kind"] == "style"}
    for name in ("china", "stock"):
        wacz = made(bot, tmp_path / f"{name}.wacz", "--channels", name)
        [page] = wacz.pages
        assert wacz.targets(tmp_path) == {page["url"], *styles, picture.format(name), picture.format("both")}
    assert bot.run("withdraw", page["url"], "--reason", "虚构").code == 0
    left = made(bot, tmp_path / "left.wacz").targets(tmp_path)
    assert {*styles, picture.format("china"), picture.format("both")} < left
    assert picture.format("stock") not in left


def test_a_file_that_is_being_written_is_left_out_and_told(bot: ForkedBot, tmp_path: Path) -> None:
    second = bot.warcs()[1]
    second.rename(second.with_name(second.name + ".open"))
    ended = bot.run("wacz", str(tmp_path / "a.wacz"), "--json")
    assert (ended.code, ended.err) == (0, f"newsbot: {second.relative_to(bot.root)}.open is being written; left out\n")
    facts = json.loads(ended.out)
    assert (facts["files"], facts["open"]) == (1, [f"{second.relative_to(bot.root)}.open"])
    assert taken_apart(tmp_path / "a.wacz").warcs.keys() == {bot.warcs()[0].name}


def test_a_torn_file_goes_in_as_far_as_it_can_be_read_and_is_told(bot: ForkedBot, tmp_path: Path) -> None:
    torn = bot.warcs()[1]
    whole = torn.read_bytes()
    torn.write_bytes(whole[:-7])
    wacz = made(bot, tmp_path / "a.wacz", code=3)
    assert whole.startswith(wacz.warcs[torn.name])
    assert "the file ends in the middle" in bot.run("wacz", str(tmp_path / "b.wacz")).err


def test_an_article_whose_file_is_gone_is_told(bot: ForkedBot, tmp_path: Path) -> None:
    first, second = bot.warcs()
    first.unlink()
    ended = bot.run("wacz", str(tmp_path / "a.wacz"))
    assert (ended.code, ended.err.count("\n")) == (3, 2), ended
    assert "published articles have no page in it" in ended.err
    assert "4 revisits repeat records that are not in it" in ended.err
    assert taken_apart(tmp_path / "a.wacz").warcs.keys() == {second.name}


def test_two_files_of_one_name_are_both_in_it(bot: ForkedBot, tmp_path: Path) -> None:
    imported = bot.root / "warc" / "imported"
    imported.mkdir()
    name = Path(shutil.copy(bot.warcs()[0], imported)).name
    assert bot.run("replay").code == 0
    wacz = made(bot, tmp_path / "a.wacz")
    assert {name, f"2-{name}"} < wacz.warcs.keys()
    assert {row["filename"] for row in wacz.rows()} == wacz.warcs.keys()


def test_what_is_there_is_only_replaced_by_force_and_then_whole(bot: ForkedBot, tmp_path: Path) -> None:
    out = tmp_path / "a.wacz"
    out.write_bytes(b"older")
    ended = bot.run("wacz", str(out))
    assert (ended.code, ended.err.count("\n"), out.read_bytes()) == (1, 1, b"older"), ended
    made(bot, out, "--force")


def test_no_room_for_it_ends_with_one_line_and_nothing_left_behind(bot: ForkedBot, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.wacz").write_bytes(b"older")
    words = bot.command("wacz", str(folder / "a.wacz"), "--force")[3:]
    ended = bot.execute(*words, file_size=100_000)
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert "a.wacz could not be written: File too large" in ended.err
    assert tree(folder, "*") == {"a.wacz": b"older"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "give the name of one file"),
        (("a.wacz", "b.wacz"), 2, "unknown argument 'b.wacz'"),
        (("a.wacz", "--tomorrow"), 2, "unknown option --tomorrow"),
        (("a.zip",), 1, "must end in .wacz"),
        (("{tmp}/folder.wacz",), 1, "is no file"),
        (("{tmp}/none/a.wacz",), 1, "none is no folder"),
        (("/proc/a.wacz",), 1, "a.wacz"),  # where nobody may write, not even root
        (("{tmp}/a.wacz", "--channels", "chna"), 1, "did you mean china"),
        (("{tmp}/a.wacz", "--since", "yesterday"), 1, "'yesterday' is no date"),
        (("{tmp}/a.wacz", "--since", "2026-09-30", "--until", "2026-09-29"), 1, "is not before"),
        (("{tmp}/a.wacz", "--until", "2021-09-29"), 1, "no article of the archive is of that time"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(
    crawled: ForkedBot, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "folder.wacz").mkdir()
    ended = crawled.run("wacz", *(word.format(tmp=tmp_path) for word in words))
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1), ended
    assert said in ended.err
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder.wacz"]


def test_an_archive_that_is_not_there_or_not_known_to_its_ledger_gets_one_line(bot: ForkedBot, tmp_path: Path) -> None:
    nowhere = ForkedBot(tmp_path / "nowhere", stem=bot.stem)
    ended = nowhere.run("wacz", str(tmp_path / "a.wacz"))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert not nowhere.root.exists()
    known = bot.warcs()[0]
    shutil.copy(known, known.with_name("more.warc.gz"))
    ended = bot.run("wacz", str(tmp_path / "a.wacz"))  # nobody can say what is withdrawn in it
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert "the ledger does not know warc/" in ended.err
    for path in bot.root.glob("ledger.sqlite*"):
        path.unlink()
    ended = bot.run("wacz", str(tmp_path / "a.wacz"))
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended
    assert "has no ledger: make it with scrapy replay" in ended.err
    assert not (tmp_path / "a.wacz").exists()
