"""What every test may ask for. Markers are declared in pyproject.toml: `slow` is for judges that take long."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbot.desk import Desk
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from tests.desking import Newsroom
from tests.forked import ForkedBot, Stem, stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from newsbot.article import Article, Refusal
    from tests.fakesina.server import Server


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of scrapy.cfg: the project's root."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def forking() -> Iterator[Stem]:
    """The process that the commands of ForkedBots are forked off."""
    with stem() as process:
        yield process


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the fake site keeps its certificates, so that they are made once."""
    return tmp_path_factory.mktemp("certified")


@pytest.fixture(scope="session")
def judges(project: Path) -> Path:
    """The folder of the field's own tools (judges.sh), installed now where they are missing."""
    done = subprocess.run([project / "tests" / "judges.sh"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


@pytest.fixture
def bot_of(tmp_path: Path, forking: Stem) -> Callable[[Server], ForkedBot]:
    """Makes the test's newsbot for a site."""
    return lambda server: ForkedBot(tmp_path / "archive", server, stem=forking)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with closing(Ledger(file_url(tmp_path / "ledger.sqlite"))) as ledger:
        pages: dict[str, Article | Refusal] = {}
        yield Newsroom(Desk(ledger, PostShelf(tmp_path / "posts"), lambda seen: pages[seen.record_id]), pages)
