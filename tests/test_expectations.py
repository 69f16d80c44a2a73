"""Page fixtures as `scrapy fixture` cuts them: each field is a test, and expectations change only on request."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.article import REASONS, Article, Refusal
from newsbot.curation import fixture
from tests import expectations
from tests.crawling import tree

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = expectations.folders()
READ = [folder for folder in FOLDERS if (folder / "article.json").exists()]
REFUSED = [folder for folder in FOLDERS if folder not in READ]
FIELDS = [field.name for field in fields(Article) if field.name != "body"]


def name(folder: Path) -> str:
    """What a test calls a fixture."""
    return f"{folder.parent.name}/{folder.name}"


def said(folder: Path, file: str) -> Any:
    """A JSON file of a fixture."""
    return json.loads((folder / file).read_text("utf-8"))


@cache
def result(folder: Path) -> Article | Refusal:
    """What today's parser makes of the page."""
    return fixture.read(said(folder, "meta.json"), (folder / "page.html").read_bytes())


@pytest.mark.parametrize("folder", READ, ids=name)
@pytest.mark.parametrize("field", FIELDS)
def test_a_page_gives_the_field(folder: Path, field: str) -> None:
    assert fixture.plain(getattr(result(folder), field)) == said(folder, "article.json")[field]


@pytest.mark.parametrize("folder", READ, ids=name)
def test_a_fixture_expects_every_field_and_no_other(folder: Path) -> None:
    assert sorted(said(folder, "article.json")) == sorted(FIELDS)


@pytest.mark.parametrize("folder", READ, ids=name)
def test_a_page_gives_the_post(folder: Path) -> None:
    made = fixture.expectations(said(folder, "meta.json"), (folder / "page.html").read_bytes())["post.md"]
    assert made.decode() == (folder / "post.md").read_bytes().decode()


@pytest.mark.parametrize("folder", REFUSED, ids=name)
def test_a_page_is_refused_with_reason_and_evidence(folder: Path) -> None:
    found = result(folder)
    assert isinstance(found, Refusal), found
    assert {"reason": found.reason, "evidence": found.evidence} == said(folder, "refusal.json")
    assert found.reason in REASONS


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_fixture_says_why_it_is_kept_and_is_invented(folder: Path) -> None:
    meta = said(folder, "meta.json")
    assert meta["why"]
    assert "【虚构】" in meta.get("listed", {}).get("title", "【虚构】")
    found = result(folder)
    assert isinstance(found, Refusal) or "【虚构】" in (found.title or "【虚构】")


@pytest.mark.parametrize("layout", ["a", "b", "c", "d", "mobile"])
def test_every_layout_has_eight_fixtures(layout: str) -> None:
    assert len([folder for folder in READ if folder.parent.name == layout]) >= 8


@pytest.mark.parametrize("folder", READ, ids=name)
def test_a_fixture_lies_with_its_layout(folder: Path) -> None:
    found = result(folder)
    assert isinstance(found, Article)
    assert found.layout.lower() == folder.parent.name


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of the fixtures of which two expect something else than the parser gives."""
    shutil.copytree(expectations.PAGES, tmp_path / "pages")
    article = tmp_path / "pages" / READ[0].relative_to(expectations.PAGES) / "article.json"
    article.write_bytes(article.read_bytes().replace(b'"layout": "', b'"layout": "old '))
    refused = tmp_path / "pages" / REFUSED[0].relative_to(expectations.PAGES)
    (refused / "refusal.json").rename(refused / "post.md")
    return tmp_path / "pages"


def test_nothing_is_written_unless_it_is_asked_for(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(pages, "*.*")
    assert expectations.main(["--pages", str(pages)]) == 3
    shown = capsys.readouterr().out
    assert '  layout\n    - "old ' in shown
    assert "  post.md\n    - {" in shown
    assert shown.endswith(f"2 of {len(FOLDERS)} fixtures would expect something else; --rewrite writes it\n")
    assert tree(pages, "*.*") == before


def test_what_is_asked_for_is_shown_first_and_then_holds(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert expectations.main(["--pages", str(pages), "--rewrite"]) == 0
    assert '  layout\n    - "old ' in capsys.readouterr().out
    assert tree(pages, "*.*") == tree(expectations.PAGES, "*.*")
    assert expectations.main(["--pages", str(pages)]) == 0
