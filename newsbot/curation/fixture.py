"""Test fixtures: a folder that holds a page as the archive has it, and what the parser makes of it.

page.html                     the entity-body, its content coding undone
request.http, response.http   the heads of the exchange, as far as the archive has them
meta.json                     url, status, content_type, why it is kept; of one that was cut from an archive also
                              captured (the frozen time: WARC-Date, UTC), record, revisit, listed
article.json, post.md         what is expected: every field of the Article but its body, and the post
refusal.json                  or in their place the reason and evidence of a refusal
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsbot import post
from newsbot.article import Article, Capture, Image, Refusal, Video
from newsbot.errors import BadInput, NewsbotError
from newsbot.judgement import judge_page
from newsbot.publication import channel_of, title_of
from newsbot.sina import channels
from newsbot.text import unstamp
from newsbot.warc.files import either_name
from newsbot.warc.reader import Record, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from newsbot.ledger import ArticleRow, Ledger

META, PAGE = "meta.json", "page.html"
#: What a fixture expects; one that is refused has the last alone, any other the first two.
EXPECTED = ("article.json", "post.md", "refusal.json")

#: A request's record lies right before its response's: so far back one is looked for, bytes.
_BEFORE = 1 << 17
_MEMBER = b"\x1f\x8b\x08"
#: Sina's answers name the address of whoever asked (sina.md 2.4); a fixture is for others to read.
_CLIENT = re.compile(rb"(?im)^(x-via-cdn:.*?\bc=)[0-9a-f.:]+")


@dataclass(frozen=True, slots=True)
class Fixture:
    """A fixture that is not written yet."""

    group: str  #: layout of the page in lower case, or `refused`
    name: str  #: of the folder: the article key
    files: Mapping[str, bytes]


def cut(root: Path, ledger: Ledger, row: ArticleRow, *, why: str, at: str = "") -> Fixture:
    """A fixture of one capture of an article in the archive at `root`: the newest, or the one that `at` names.

    `at` is a record id or the beginning of a WARC-Date (UTC). A revisit gives the page that it repeats. Raises BadInput
    (no such capture, a withdrawn article, an answer that was cut) and RecordError.
    """
    if row.withdrawal:
        raise BadInput(
            f"{row.url} is withdrawn ({row.withdrawal}): no fixture is cut from it; see scrapy withdraw --undo"
        )
    seen = _chosen([one for one in ledger.captures(row.key) if one.status], row.url, at)
    held = ledger.capture(seen.page_record)
    record = _record(root, held)
    if record.truncated:
        raise BadInput(
            f"the capture of {held.url} at {held.date} is cut ({record.truncated}): choose another with --at"
        )
    meta = _meta(row, seen, held, record, why)
    try:
        content = record.payload
    except ValueError as error:
        raise BadInput(
            f"the capture of {held.url} at {held.date} cannot be decoded: {error}; choose another with --at"
        ) from error
    result = read(meta, content)
    files = {PAGE: content, META: as_json(meta), **_heads(root, held, record), **_expected(result, meta)}
    return Fixture(result.layout.lower() if isinstance(result, Article) else "refused", row.key, files)


def read(meta: Mapping[str, Any], content: bytes) -> Article | Refusal:
    """What today's parser makes of a fixture's page; a `parser-error` where it fails (the log has it)."""
    return judge_page(Capture("", "", meta["url"], meta["status"]), content, meta["content_type"])


def expectations(meta: Mapping[str, Any], content: bytes) -> dict[str, bytes]:
    """File name → bytes of what today's parser would have a fixture expect; see the module."""
    return _expected(read(meta, content), meta)


def outdated(folder: Path) -> dict[str, tuple[bytes, bytes]]:
    """File name → (expected by the fixture in `folder`, what today's parser gives); only those that differ.

    b'' stands for no such file. Nothing is written.
    """
    meta = json.loads((folder / META).read_bytes())
    now = expectations(meta, (folder / PAGE).read_bytes())
    was = {name: (folder / name).read_bytes() for name in EXPECTED if (folder / name).exists()}
    return {name: (was.get(name, b""), now.get(name, b"")) for name in EXPECTED if was.get(name) != now.get(name)}


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a fixture's folder, whole or not at all. BadInput when it is there already or cannot be written."""
    draft = folder.with_name(f".{folder.name}.tmp")
    try:
        if folder.exists():
            raise BadInput(f"{folder} is there already: remove it, or give another --out")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, content in files.items():
            (draft / name).write_bytes(content)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise BadInput(f"the fixture {folder} cannot be written: {error.strerror}; give another --out") from error


def plain(value: object) -> Any:
    """A field's value as article.json has it: times in ISO 8601 with their zone, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Image):
        return {"url": value.url, "caption": value.caption}
    if isinstance(value, Video):
        return {"id": value.id, "poster": value.poster}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def as_json(value: Any) -> bytes:
    """JSON as fixtures have it."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _chosen(captures: Sequence[Capture], url: str, at: str) -> Capture:
    wanted = at.strip("<>")
    ids = {wanted, f"urn:uuid:{wanted}"}
    fitting = [one for one in captures if not wanted or one.record_id in ids or one.date.startswith(wanted)]
    if fitting:
        return fitting[-1]
    if not captures:
        raise BadInput(f"the archive holds no answer for {url}: there is nothing to cut a fixture from")
    dates = ", ".join(one.date for one in captures[-5:])
    raise BadInput(f"no capture of {url} is of {at!r}: give one of {dates}, or a record id")


def _record(root: Path, held: Capture) -> Record:
    path = root / held.file
    return fetch(either_name(path) or path, held.offset)


def _meta(row: ArticleRow, seen: Capture, held: Capture, record: Record, why: str) -> dict[str, Any]:
    meta = {"url": held.url, "status": held.status, "content_type": record.http.value("content-type"), "why": why}
    meta |= {"captured": held.date, "record": held.record_id}
    if seen.record_id != held.record_id:
        meta["revisit"] = {"captured": seen.date, "record": seen.record_id}
    title, date = title_of(row), row.date or row.page_date
    if title and date:
        meta["listed"] = {"title": title, "date": unstamp(date).isoformat(), "channel": channel_of(row)}
    return meta


def _heads(root: Path, held: Capture, record: Record) -> dict[str, bytes]:
    heads = {"response.http": _CLIENT.sub(rb"\g<1>0.0.0.0", record.http.head)}
    request = _request(root, held, record)
    return {"request.http": request.http.head, **heads} if request else heads


def _request(root: Path, held: Capture, response: Record) -> Record | None:
    """The request of a response: the record before it in a file of ours; None where another tool left none there."""
    path = either_name(root / held.file) or root / held.file
    with path.open("rb") as stream:
        begin = max(0, response.offset - _BEFORE)
        stream.seek(begin)
        before = stream.read(response.offset - begin)
    place = len(before)
    while (place := before.rfind(_MEMBER, 0, place)) >= 0:
        try:
            record = fetch(path, begin + place)
        except NewsbotError:  # these bytes are no member's beginning but within one
            continue
        return record if record.type == "request" and record.id in response.concurrent_to else None
    return None


def _expected(result: Article | Refusal, meta: Mapping[str, Any]) -> dict[str, bytes]:
    if isinstance(result, Refusal):
        return {"refusal.json": as_json({"reason": result.reason, "evidence": result.evidence})}
    expected = {field.name: plain(getattr(result, field.name)) for field in fields(Article) if field.name != "body"}
    return {"article.json": as_json(expected), "post.md": _post(result, meta.get("listed", {}))}


def _post(article: Article, listed: Mapping[str, str]) -> bytes:
    date = datetime.fromisoformat(listed["date"]) if listed else article.time or datetime.fromtimestamp(0, UTC)
    title, channel = listed.get("title", article.title), listed.get("channel", channels.ROLL)
    return post.render(post.Post(title, channel, date, article.headimg, article.body))
