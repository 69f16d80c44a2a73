"""What every test may ask for. Markers are declared in pyproject.toml: `slow` is for judges that take long."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.forked import ForkedBot, Stem, stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
