"""Coverage-guided fuzzing of what reads other people's bytes: libFuzzer by way of Atheris, over tests/invariants.py.

    python -m tests.fuzz                       every part for a minute and a half, one after the other
    python -m tests.fuzz articles --seconds 600

It makes itself a virtual environment in .fuzz/ (tests/judges/fuzz.txt), begins with the fixtures, and keeps in
.fuzz/corpus/ what led it on, so that the next call goes on from there. For each part it prints executions, executions a
second, and how many branches of newsbot's code it has seen. Exit code 1 when something was found: the bytes lie in
.fuzz/findings/. Mend it, and keep them as tests/fixtures/fuzz/<part>/<name>, which tests/test_invariants.py reads.
Memory and time are bounded: an input that takes ten seconds or 2 GB is a finding.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
HOME = HERE.parent / ".fuzz"
FIXTURES = HERE / "fixtures"
PARTS = ("decoding", "articles", "posts", "listings", "messages", "records")

#: Bytes of an input at most; pages need room for a head.
LONGEST = {"articles": 8192, "records": 8192}

#: What a part's inputs are made of, so that the fuzzer need not find these out sign by sign.
WORDS = {
    "articles": (
        *("<script>", "<img src=", " onerror=", "javascript:", "<svg>", "<math>", "<template>", "<noscript>", "</p>"),
        *("<table>", "<p>", "<font>", "<!--", "-->", "<![CDATA[", "<style>", "<textarea>", "<iframe>", "<a href="),
        *(' id="artibody"', "<select>", "&#", "srcdoc=", "data:text/html,", "\u2028", "{{", "<plaintext>", "&lt;"),
        *("<base href=", "<foreignObject>", "<annotation-xml>", "<mtext>", "<style><!--", "</title>", "vbscript:"),
        *("<form>", "<frameset>"),
    ),
    "decoding": ("charset=", "<meta ", "gb2312", "utf-8", "\ufeff", "\u4e2d", "\u3000", "<!--"),
    "posts": ("---\n", "title: '", "&#123;", "\u2028", "''", '"', "</div>\n", "thumbnail: ", "_", "#"),
    "listings": ('{"result":', '"data":[', '"docid":', '"url":', '"lids":', "comos:", "http", "try{", "\\u", "null"),
    "messages": ("Transfer-Encoding: chunked", "Content-Encoding: gzip", "\r\n\r\n", "HTTP/1.1 200", "\n ", "0\r\n"),
    "records": ("WARC/1.1\r\n", "Content-Length: ", "WARC-Type: response", "\r\n\r\n", "newsbot: {", "HTTP/1.1 200 OK"),
}


def seeds(part: str) -> Iterator[bytes]:
    """Inputs to begin with: the fixtures, behind the bytes that choose (tests.invariants)."""
    pages = [path.read_bytes() for path in sorted(FIXTURES.glob("pages/*/*/page.html"))]
    lists = [path.read_bytes() for path in sorted(FIXTURES.glob("listing/*/answer.body"))]
    if part == "decoding":
        yield from (bytes([number % 8]) + page[:2000] for number, page in enumerate(pages + lists))
    elif part == "articles":
        yield from (bytes([number % 3, 0, number % 8, 0]) + page for number, page in enumerate(pages))
        yield from (bytes([0, 0, 0, 1]) + word.encode() * 2 + "文".encode() for word in WORDS[part])
    elif part == "posts":
        yield from (path.read_bytes() for path in sorted(FIXTURES.glob("pages/*/*/post.md")))
        yield "【虚构】标题\0https://n.sinaimg.cn/a.png\0<p>{正文}</p>".encode()
    elif part == "listings":
        yield from (bytes([number % 4, number % 8, 0]) + answer for number, answer in enumerate(lists))
    else:
        warcs = [path.read_bytes() for path in sorted(FIXTURES.glob("foreign/*/*.warc"))]
        warcs += [path.read_bytes() for path in sorted(FIXTURES.glob("torn/*/*.warc"))]
        if part == "messages":
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n 2\r\n\r\n3;x\r\nabc\r\n0\r\nB: 2\r\n\r\n"
            yield b"HTTP/1.1 200 OK\nContent-Encoding: deflate, gzip\n\n\x1f\x8b\x08"
            yield from (match for warc in warcs for match in re.findall(rb"HTTP/1\.[01] .{1,3000}", warc, re.DOTALL))
        else:
            yield from (bytes([form]) + warc[: LONGEST[part] - 1] for warc in warcs for form in range(3))
    yield from (path.read_bytes() for path in sorted((FIXTURES / "fuzz" / part).glob("*")))


def fuzz(part: str, seconds: int, python: Path) -> bool:
    """One part for so long; False when there is a finding."""
    corpus, begun, found = (HOME / name / part for name in ("corpus", "seeds", "findings"))
    shutil.rmtree(begun, ignore_errors=True)
    for folder in (corpus, begun, found):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(part):
        (begun / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = HOME / f"{part}.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS[part]), "ascii")
    command = [str(python), "-m", "tests.fuzz", "--inside", part, f"-max_total_time={seconds}", f"-dict={words}"]
    command += [f"-max_len={LONGEST.get(part, 4096)}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={found}/", str(corpus), str(begun)],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    (HOME / f"{part}.log").write_text(done.stdout, "utf-8")
    print(f"{part:9} {_figures(done.stdout)}", flush=True)
    if done.returncode:
        shown = [line for line in done.stdout.splitlines() if not line.startswith(("#", "INFO", "stat::"))]
        print("\n".join(shown[-25:]), flush=True)
    return done.returncode == 0


def _escaped(word: str) -> str:
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word.encode()
    )


def _figures(log: str) -> str:
    """What libFuzzer says at its end, in one line."""

    def last(pattern: str) -> int:
        return int((re.findall(pattern, log) or ["0"])[-1])

    executed, rate = last(r"executed_units:\s+(\d+)"), last(r"average_exec_per_sec:\s+(\d+)")
    memory, slowest = last(r"peak_rss_mb:\s+(\d+)"), last(r"slowest_unit_time_sec:\s+(\d+)")
    branches, kept = last(r"cov: (\d+)"), last(r"corp: (\d+)/")
    return (
        f"{executed:9} executions, {rate:6} a second, {branches:5} branches seen by {kept:4} inputs, "
        f"{memory} MB, slowest input {slowest} s"
    )


def inside(words: Sequence[str]) -> None:
    """In the environment that has Atheris: never comes back."""
    atheris: Any = importlib.import_module("atheris")  # only there

    with atheris.instrument_imports(include=["newsbot"]):
        from tests.invariants import TARGETS  # noqa: PLC0415 - so that newsbot is instrumented

    part, *options = words
    atheris.Setup(["fuzz", *options], TARGETS[part])
    atheris.Fuzz()


def main() -> int:
    """Fuzz what is asked for; 1 when there is a finding."""
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2:])
    from tests.venvs import made  # noqa: PLC0415 - not needed inside

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=90, help="for each part (default: 90)")
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    os.nice(10)
    python = made(HOME, HERE / "judges" / "fuzz.txt")
    clean = [fuzz(part, wanted.seconds, python) for part in wanted.parts or PARTS]  # all, whatever the first finds
    return int(not all(clean))


if __name__ == "__main__":
    sys.exit(main())
