"""What every test may ask for. Markers are declared in pyproject.toml: `slow` is for judges that take long."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsbot.desk import Desk
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from tests.crawling import NOW
from tests.desking import Newsroom
from tests.fakesina import Server, Site
from tests.fakesina.client import Client
from tests.forked import ForkedBot, stem
from tests.ledgers import BACKENDS, database, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.article import Article, Refusal
    from tests.forked import BotOf, Stem


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
def bot_of(tmp_path: Path, forking: Stem) -> BotOf:
    """Makes the test's newsbot, for a site or for none."""

    def made(server: Server | None = None, settings: dict[str, Any] | None = None) -> ForkedBot:
        return ForkedBot(tmp_path / "archive", server, settings or {}, stem=forking)

    return made


@pytest.fixture
def site() -> Site:
    """A site without articles, on which nothing goes wrong by itself."""
    return Site(NOW, 0, troubles=False)


@pytest.fixture
def server(site: Site, certified: Path) -> Iterator[Server]:
    """Serves the site."""
    with Server(site, certified) as serving:
        yield serving


@pytest.fixture
def client(server: Server) -> Client:
    """Looks at the site without newsbot."""
    return Client(server)


@pytest.fixture
def bot(server: Server, bot_of: BotOf) -> ForkedBot:
    """The test's newsbot, for that site."""
    return bot_of(server)


@pytest.fixture(params=BACKENDS)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a ledger can be: in a file, and in PostgreSQL."""
    with database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger in each of them."""
    with closing(open_ledger(ledger_url)) as opened:
        yield opened


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """A desk whose pages are given."""
    with closing(Ledger(file_url(tmp_path / "ledger.sqlite"))) as ledger:
        pages: dict[str, Article | Refusal] = {}
        yield Newsroom(Desk(ledger, PostShelf(tmp_path / "posts"), lambda seen: pages[seen.record_id]), pages)
