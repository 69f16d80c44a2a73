"""`scrapy fixture`: a folder cut from the archive, offline, that today's parser agrees with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.article import Refusal
from newsbot.curation import fixture
from newsbot.sina import layouts, page
from tests.crawling import NOW, tree
from tests.fakesina import pages
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.forked import ForkedBot, Stem

if TYPE_CHECKING:
    from tests.fakesina import Story


@pytest.fixture(scope="module")
def bot(certified: Path, tmp_path_factory: pytest.TempPathFactory, forking: Stem) -> ForkedBot:
    """An archive whose site is gone: a page, one in GBK, one that a 304 repeated, an edited one, a missing one."""
    site = Site(NOW, 0, troubles=False)
    for variant in ("plain", "gb2312", "plain", "plain", "hard-404"):
        site.add(site.invent(variant, age=site.now() - NOW))
    with Server(site, certified) as server:
        bot = ForkedBot(tmp_path_factory.mktemp("cut") / "archive", server, stem=forking)
        assert bot.crawl("-a", "channels=finance").code == 0
        _, _, repeated, edited, _ = stories(bot)
        site.edit(edited.docid, title="【虚构】改了标题")
        given = f"{repeated.url}\n{edited.url}\n"
        assert bot.crawl("-a", "urls=-", stdin=given).code == 0
    return bot


def stories(bot: ForkedBot) -> list[Story]:
    """The site's articles in the order they were invented."""
    assert bot.server is not None
    return sorted(bot.server.site._stories.values(), key=lambda story: story.seed)


def cut(bot: ForkedBot, out: Path, story: Story, *words: str) -> Path:
    """The one folder that is cut of a story."""
    ended = bot.run("fixture", story.url, "--why", "a  test\n", "--out", str(out), *words)
    assert (ended.code, ended.err) == (0, ""), ended
    [folder] = [path.parent for path in out.rglob("meta.json")]
    assert ended.out == f"newsbot fixture: {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}\n"
    return folder


def meta(folder: Path) -> dict[str, Any]:
    """What a fixture says of itself."""
    found: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("place", [0, 1], ids=["UTF-8", "GBK"])
def test_a_folder_has_the_page_the_heads_and_what_is_expected(bot: ForkedBot, tmp_path: Path, place: int) -> None:
    story = stories(bot)[place]
    folder = cut(bot, tmp_path, story)
    assert folder.relative_to(tmp_path).as_posix() == f"d/{story.docid}"
    assert (folder / "page.html").read_bytes() == pages.write(story)
    facts = meta(folder)
    assert (facts["url"], facts["status"], facts["why"]) == (story.url, 200, "a test")
    assert facts["captured"].startswith("2026-09-29T12:3")
    assert (folder / "request.http").read_bytes().startswith(b"GET /")
    head = (folder / "response.http").read_bytes()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    article = json.loads((folder / "article.json").read_text("utf-8"))
    assert (article["title"], article["key"]) == (story.title, story.docid)
    assert "body" not in article
    assert (folder / "post.md").read_bytes() in bot.posts().values()
    assert fixture.outdated(folder) == {}


def test_the_address_of_whoever_asked_is_not_in_a_fixture(bot: ForkedBot, tmp_path: Path) -> None:
    head = (cut(bot, tmp_path, stories(bot)[0]) / "response.http").read_bytes()
    assert b"c=0.0.0.0;" in head


def test_a_revisit_gives_the_page_that_it_repeats(bot: ForkedBot, tmp_path: Path) -> None:
    story = stories(bot)[2]
    folder = cut(bot, tmp_path, story)
    facts = meta(folder)
    assert facts["status"] == 200
    assert facts["captured"] < facts["revisit"]["captured"]
    assert (folder / "page.html").read_bytes() == pages.write(story)


def test_the_newest_capture_is_cut_unless_another_is_named(bot: ForkedBot, tmp_path: Path) -> None:
    story = stories(bot)[3]
    newest = cut(bot, tmp_path / "newest", story)
    assert "【虚构】改了标题".encode() in (newest / "page.html").read_bytes()
    ended = bot.run("fixture", story.url, "--why", "x", "--out", str(tmp_path), "--at", "1999")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    eldest = ended.err.partition("give one of ")[2].partition(",")[0]
    by_date = cut(bot, tmp_path / "date", story, "--at", eldest)
    assert "【虚构】改了标题".encode() not in (by_date / "page.html").read_bytes()
    by_record = cut(bot, tmp_path / "record", story, "--at", meta(by_date)["record"])
    assert tree(by_record, "*") == tree(by_date, "*")


def test_a_page_that_is_no_article_is_a_fixture_too(bot: ForkedBot, tmp_path: Path) -> None:
    story = stories(bot)[4]
    folder = cut(bot, tmp_path, story)
    assert folder.relative_to(tmp_path).as_posix() == f"refused/{story.docid}"
    assert json.loads((folder / "refusal.json").read_text("utf-8")) == {"reason": "gone", "evidence": "status 404"}
    assert not (folder / "post.md").exists()
    assert fixture.outdated(folder) == {}


def test_several_are_cut_at_once_and_told_as_json(bot: ForkedBot, tmp_path: Path) -> None:
    given = [story.url for story in stories(bot)]
    ended = bot.run("fixture", *given, given[0], "--why", "x", "--out", str(tmp_path), "--json")
    assert ended.code == 0, ended
    told = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["article"] for one in told] == [story.docid for story in stories(bot)]
    assert all(sorted(tree(Path(one["folder"]), "*")) == one["files"] for one in told)


def refused(bot: ForkedBot, *words: str) -> tuple[int, str]:
    """Exit code and the one line of what cannot be cut."""
    ended = bot.run("fixture", *words)
    assert (ended.out, ended.err.count("\n")) == ("", 1), ended
    return ended.code, ended.err


def test_what_cannot_be_cut_is_one_line_and_leaves_nothing(bot: ForkedBot, tmp_path: Path) -> None:
    first, second, *_ = stories(bot)
    out = ("--why", "x", "--out", str(tmp_path / "out"))
    code, line = refused(bot, "https://finance.sina.com.cn/china/2026-09-29/doc-izzzzzz9999999.shtml", *out)
    assert (code, "knows no such article" in line) == (1, True)
    assert refused(bot, first.url)[0] == 2
    assert refused(bot, "--why", "x")[0] == 2
    assert refused(bot, first.url, "--wy", "x")[0] == 2
    cut(bot, tmp_path / "out", second)
    code, line = refused(bot, first.url, second.url, *out)
    assert (code, "is there already" in line) == (1, True)
    assert len(list((tmp_path / "out" / "d").iterdir())) == 1
    (tmp_path / "file").write_text("in the way", "utf-8")
    code, line = refused(bot, first.url, "--why", "x", "--out", str(tmp_path / "file"))
    assert (code, "cannot be written" in line) == (1, True)


def test_no_archive_and_no_ledger_are_told_apart(bot: ForkedBot, tmp_path: Path) -> None:
    nothing = ForkedBot(tmp_path / "nothing", stem=bot.stem)
    assert "there is no archive" in refused(nothing, "https://a.example/", "--why", "x")[1]
    (nothing.root / "warc").mkdir(parents=True)
    assert "make it with scrapy replay" in refused(nothing, "https://a.example/", "--why", "x")[1]
    assert [path.name for path in nothing.root.iterdir()] == ["warc"]


def test_a_withdrawn_article_is_not_cut(bot: ForkedBot, tmp_path: Path) -> None:
    story = stories(bot)[0]
    assert bot.run("withdraw", story.url, "--reason", "a wish").code == 0
    code, line = refused(bot, story.url, "--why", "x", "--out", str(tmp_path))
    assert (code, "is withdrawn (a wish)" in line) == (1, True)
    assert bot.run("withdraw", story.url, "--undo").code == 0


def test_what_a_changed_expectation_would_become_is_told_and_not_written(bot: ForkedBot, tmp_path: Path) -> None:
    folder = cut(bot, tmp_path, stories(bot)[0])
    content = (folder / "article.json").read_bytes()
    (folder / "article.json").write_bytes(content.replace(b'"D"', b'"E"'))
    (folder / "post.md").unlink()
    before = tree(folder, "*")
    wanted = fixture.outdated(folder)
    assert set(wanted) == {"article.json", "post.md"}
    assert wanted["article.json"][1] == content
    assert wanted["post.md"][0] == b""
    assert tree(folder, "*") == before


def test_a_page_that_breaks_the_parser_can_be_kept(
    bot: ForkedBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cut(bot, tmp_path, stories(bot)[0])
    monkeypatch.setattr(page, "LAYOUTS", (replace(layouts.D, body=("#",)),))
    found = fixture.read(meta(folder), (folder / "page.html").read_bytes())
    assert isinstance(found, Refusal)
    assert found.reason == "parser-error"
    assert set(fixture.outdated(folder)) == {"article.json", "post.md", "refusal.json"}
