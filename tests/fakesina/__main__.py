"""The fake site alone: `python -m tests.fakesina --directory DIR` serves until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .server import LOOPBACK, Server
from .site import Site


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakesina", description="Serve an invented Sina Finance on loopback."
    )
    parser.add_argument(
        "--directory", type=Path, required=True, help="gets ca.pem, hosts/*.pem, site.json and connect_to.json"
    )
    parser.add_argument(
        "--now", type=instant, help="the site's time at start, ISO 8601 with a zone (default: the system's)"
    )
    parser.add_argument("--articles", type=int, default=66, help="how many lie within the last 20 hours (default: 66)")
    parser.add_argument("--seed", type=int, default=1, help="another seed tells other stories (default: 1)")
    parser.add_argument("--size-kb", type=int, help="mean size of a page in 1,000 bytes, before compression")
    parser.add_argument("--no-troubles", action="store_true", help="leave out the missing pages and the 503")
    parser.add_argument("--plain-http", action="store_true", help="answer on plain http instead of sending to https")
    parser.add_argument("--warm", action="store_true", help="write every page before answering (for a bench)")
    parser.add_argument(
        "--state", type=Path, help="remember the beginning here: started again, the same world has gone on"
    )
    parser.add_argument("--ready", type=Path, help="this file is made when the site answers")
    parser.add_argument(
        "--log", type=Path, help="append every exchange to this file, one JSON line each (server.read_log)"
    )
    parser.add_argument("--port", type=int, default=0, help="plain port (default: any free one)")
    parser.add_argument("--tls-port", type=int, default=0, help="TLS port (default: any free one)")
    return parser


def instant(text: str) -> datetime:
    """An ISO 8601 instant with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone: give one, like 2026-09-29T00:39:35+08:00")
    return moment


def build(options: argparse.Namespace) -> Site:
    """The site as asked for; with a state file, the one that began there, its clock put to where it would be now."""
    started = datetime.now(UTC)
    facts = {
        "now": (options.now or started).isoformat(),
        "started": started.isoformat(),
        "articles": options.articles,
        "seed": options.seed,
        "size_kb": options.size_kb,
        "troubles": not options.no_troubles,
    }
    if options.state is not None:
        if options.state.exists():
            facts = json.loads(options.state.read_text("utf-8"))
        else:
            write(options.state, facts)
    site = Site(
        datetime.fromisoformat(str(facts["now"])),
        facts["articles"],
        facts["seed"],
        facts["size_kb"],
        troubles=facts["troubles"],
    )
    site.advance(max(timedelta(0), started - datetime.fromisoformat(str(facts["started"]))))
    site.redirect_http = not options.plain_http
    if options.warm:
        site.warm()
    return site


def write(path: Path, facts: object) -> None:
    """Write JSON so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")
    draft.replace(path)


def main() -> None:
    """Serve until told to end."""
    options = arguments().parse_args()
    if options.ready is not None:
        options.ready.unlink(missing_ok=True)  # of an earlier run
    site = build(options)
    ending = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # before the thread: it inherits this, so that sigwait gets them
    server = Server(
        site, options.directory, log=False, log_file=options.log, port=options.port, tls_port=options.tls_port
    )
    with server:
        facts = {
            "connect_to": server.connect_to(),
            "ca_file": str(server.ca_file),
            "now": site.now().isoformat(),
            "pid": os.getpid(),
            "look": f"http://{LOOPBACK}:{server.port}/",
            "listed": [asdict(one) for one in site.listed()],
        }
        write(options.directory / "site.json", facts)
        write(options.directory / "connect_to.json", facts["connect_to"])
        wires, authority = shlex.quote(str(options.directory / "connect_to.json")), shlex.quote(str(server.ca_file))
        print(f'crawl it: scrapy crawl sina_finance -s CONNECT_TO="$(cat {wires})" -s TLS_CA_FILE={authority}')
        print(f"look at it: {facts['look']}", flush=True)
        if options.ready is not None:
            options.ready.parent.mkdir(parents=True, exist_ok=True)
            options.ready.touch()
        signal.sigwait(ending)


if __name__ == "__main__":
    main()
