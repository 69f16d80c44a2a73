"""What every test may ask for. Markers are declared in pyproject.toml: `slow` is for judges that take long."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of scrapy.cfg: the project's root."""
    return Path(__file__).resolve().parent.parent
