"""`make demo`: the main job whole, on an invented Sina on loopback.

The site lives in this process, so it ends with it; the crawl is the one a user would start. Between runs the demo's
time stands still but for a few minutes a run: however late it is called again, the same articles are listed, and none
of them is captured twice.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakesina.server import Server
from tests.fakesina.site import Site

if TYPE_CHECKING:
    from types import FrameType

PROJECT = Path(__file__).resolve().parent.parent

#: The site's time between the beginnings of two runs; a run takes seconds.
STEP = timedelta(minutes=2)

#: A site on loopback needs no rest; and the archive says what it holds.
SETTINGS = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "8",
    "ARCHIVE_PART_OF": "newsbot-demo",
    "OPERATOR": "newsbot demo: invented pages, not from Sina",
    "CONTACT": "demo@newsbot.example",
}


def beginning(state: Path, articles: int) -> Site:
    """The site as the first run met it, its clock put to this run's time; the run is counted in `state`."""
    epoch, runs = datetime.now(UTC).replace(microsecond=0), 0
    if state.exists():
        facts = json.loads(state.read_text("utf-8"))
        epoch, runs, articles = datetime.fromisoformat(facts["epoch"]), int(facts["runs"]), int(facts["articles"])
    site = Site(epoch, articles)
    site.advance(STEP * runs)
    draft = state.with_suffix(".tmp")
    draft.write_text(json.dumps({"epoch": epoch.isoformat(), "runs": runs + 1, "articles": articles}) + "\n", "utf-8")
    draft.replace(state)
    return site


def crawl(server: Server, archive: Path) -> int:
    """`scrapy crawl sina_finance` on the invented site, to its end; its exit code."""
    settings = {**SETTINGS, **server.settings(), "ARCHIVE_DIR": str(archive)}
    pairs = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "sina_finance", *pairs]
    environment = {**os.environ, "NEWSBOT_CLOCK": server.site.now().isoformat()}

    # Ctrl-C reaches the crawl too (one terminal): it ends in its own way, and the site serves until then.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            process.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        return process.wait()


def tell(archive: Path) -> None:
    """Where things lie, and what to do next."""
    posts = sum(1 for _ in (archive / "posts").rglob("*.md"))
    warcs = list((archive / "warc").rglob("*.warc.gz"))
    size = sum(path.stat().st_size for path in warcs) / 1e6
    here = Path(os.path.relpath(archive))
    print(
        f"posts       {here / 'posts' / '金融' / '新浪财经'} ({posts})",
        f"WARC files  {here / 'warc'} ({len(warcs)}, {size:.1f} MB)",
        "next        make demo    again: what is there is not captured twice",
        f"            .venv/bin/scrapy replay --diff -s ARCHIVE_DIR={here}    the posts anew from the WARC files",
        f"            rm -r {here.parent}    to begin anew",
        sep="\n",
        flush=True,
    )


def main() -> int:
    """Serve, crawl, tell; the crawl's exit code, or 1 when it could not begin."""
    parser = argparse.ArgumentParser(prog="make demo", description="The main job whole, on an invented Sina.")
    parser.add_argument("--directory", type=Path, default=PROJECT / "demo", help="where it lives (default: demo)")
    parser.add_argument("--articles", type=int, default=66, help="how many the first run finds (default: 66)")
    options = parser.parse_args()
    root: Path = options.directory.absolute()
    try:
        (root / "site").mkdir(parents=True, exist_ok=True)
        site = beginning(root / "site" / "state.json", options.articles)
        server = Server(site, root / "site", log=False).start()
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"demo: cannot begin in {root}: {error}; remove that folder and try again", file=sys.stderr)
        return 1
    try:
        code = crawl(server, root / "archive")
    finally:
        server.stop()
    if code < 0:
        print(f"demo: {signal.Signals(-code).name} ended the crawl; make demo goes on from there", file=sys.stderr)
        return 128 - code
    try:
        tell(root / "archive")
    except BrokenPipeError:  # the reader of our output has gone (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == "__main__":
    sys.exit(main())
