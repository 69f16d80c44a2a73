"""`python -m tests.foreign`: see the package."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests import foreign
from tests.fakesina.server import Server
from tests.fakesina.site import Site
from tests.foreign.composed import browsertrix, heritrix
from tests.foreign.making import FIXTURES, NOW, Making
from tests.foreign.tools import pywb, warcio, warcprox, wget


def main() -> None:
    """Make what the tools at hand can make."""
    parser = argparse.ArgumentParser(prog="python -m tests.foreign", description=foreign.__doc__)
    parser.add_argument("--pywb", type=Path, metavar="VENV", help="a virtual environment with pywb")
    parser.add_argument("--warcprox", type=Path, metavar="VENV", help="a virtual environment with warcprox")
    parser.add_argument("--out", type=Path, default=FIXTURES, help="where to put them (default: the fixtures' folder)")
    options = parser.parse_args()
    site = Site(NOW, 6, troubles=False, size_kb=4)
    site.redirect_http = False
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder, Server(site, Path(folder) / "site") as server:
        making = Making(server, options.out, Path(folder))
        for make in (wget, warcio, browsertrix, heritrix):
            make(making)
        if options.pywb:
            pywb(making, options.pywb.absolute())
        if options.warcprox:
            warcprox(making, options.warcprox.absolute())


if __name__ == "__main__":
    main()
