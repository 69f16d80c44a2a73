"""`python -m tests.sample`: archive/sample anew, a small collection of invented pages as newsbot leaves it.

Its posts are a golden test (test_sample.py): today's parser must give their bytes from its WARC file. So make it anew
only where posts are meant to change, and read the difference.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.crawling import NOW, PROJECT, Bot
from tests.fakesina.server import Server
from tests.fakesina.site import Site

SAMPLE = PROJECT / "archive" / "sample"
ARTICLES = 30


def main() -> int:
    """Crawl the fake site into a fresh sample; the crawl's exit code."""
    with tempfile.TemporaryDirectory() as folder, Server(Site(NOW, ARTICLES), Path(folder) / "site") as server:
        made = Path(folder) / "archive"
        # The certificate's path goes into warcinfo: one that means something elsewhere too.
        settings = {"ARCHIVE_PART_OF": "newsbot-demo", "OPERATOR": "invented pages, not from Sina"}
        bot = Bot(made, server, settings | {"TLS_CA_FILE": "site/ca.pem"}, cwd=Path(folder))
        shutil.copy(PROJECT / "scrapy.cfg", folder)
        ended = bot.crawl("-a", "channels=finance,china")
        if ended.code:
            sys.stderr.write(ended.err)
            return ended.code
        shutil.rmtree(SAMPLE, ignore_errors=True)
        for view in ("archive.json", "warc", "posts"):
            copy = shutil.copy if (made / view).is_file() else shutil.copytree
            SAMPLE.mkdir(parents=True, exist_ok=True)
            copy(made / view, SAMPLE / view)
    return 0


if __name__ == "__main__":
    sys.exit(main())
