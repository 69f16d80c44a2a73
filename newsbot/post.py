"""Article to post and back, byte for byte (post-format.md): the template, TITLE, the escaping of braces, file names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import yaml

from newsbot.characters import clean_line, clean_markup
from newsbot.errors import BadInput
from newsbot.text import gmt

#: Width at which a title is cut: a UTF-16 unit outside ASCII counts 2.
TITLE_WIDTH = 150
#: What JavaScript's trim() takes away, which the format was made with; controls are blanks by then.
_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
_FORBIDDEN = str.maketrans(dict.fromkeys(":/\\?*“”<>|[]", "_"))
#: Longest file name of the common file systems, bytes.
_NAME_BYTES = 255

_CATEGORIES = ("金融", "新浪财经")
_HEAD = """
---
title: {title}
categories:\x20
 - 金融
 - 新浪财经
 - {channel}
headimg: '{image}'
author: 新浪财经
comments: false
date: {date}
thumbnail: '{image}'
---
"""
_BEFORE_BODY = "\n<div>   \n"
_AFTER_BODY = "  \n</div>\n" + 12 * " "
_POST = re.compile(rf"\n---\n(.*?)\n---\n{re.escape(_BEFORE_BODY)}(.*){re.escape(_AFTER_BODY)}", re.DOTALL)
_KEYS = ["title", "categories", "headimg", "author", "comments", "date", "thumbnail"]


@dataclass(frozen=True, slots=True)
class Post:
    """What a post says."""

    title: str  #: as listed, before TITLE's rules; TITLE when it was read from a post
    channel: str  #: the channel's name in the post, for example 新浪财经－国內
    date: datetime  #: aware; the post has it in GMT, to the second
    image: str  #: `src` of BODY's first live <img>, else ''
    body: str  #: BODY with its braces as they are


def render(post: Post) -> bytes:
    """The post's file, UTF-8 with LF and no final newline. Raises ValueError for a date without a zone."""
    image = clean_line(post.image).replace("'", "''")
    head = _HEAD.format(title=_quoted(title_text(post.title)), channel=post.channel, image=image, date=gmt(post.date))
    body = clean_markup(post.body).replace("{", "&#123;").replace("}", "&#125;")
    return f"{head}{_BEFORE_BODY}{body}{_AFTER_BODY}".encode()


def read(content: bytes) -> Post:
    """What a file written by `render` says; the title comes back as TITLE.

    Raises BadInput when it is no such file: the message says what is wrong, the caller knows which file it was.
    """
    match = _POST.fullmatch(_decoded(content))
    if match is None:
        raise BadInput("no post: front matter between --- lines and a body in <div> are expected (post-format.md)")
    fields = _front_matter(match[1])
    if fields["thumbnail"] != fields["headimg"]:
        raise BadInput("no post: headimg and thumbnail differ, they are always the same (post-format.md)")
    body = match[2].replace("&#123;", "{").replace("&#125;", "}")
    return Post(fields["title"], fields["categories"][2], _date(fields["date"]), fields["headimg"], body)


@lru_cache(maxsize=4096)  # asked several times for every article
def title_text(title: str) -> str:
    """TITLE before it is quoted, from a title as listed; may be ''."""
    return _cut_to_width(clean_line(title).strip(_BLANKS)).translate(_FORBIDDEN)


def stem(title: str, key: str) -> str:
    """The file name without `.md`, from a title as listed; the article `key` when nothing of the title is left."""
    return _cut_to_bytes(_stem(title, key), _NAME_BYTES - len(".md"))


def file_name(title: str, key: str, *, suffixed: bool = False) -> str:
    """The file name; `suffixed` (`-<key>` before `.md`) when another article holds the plain one. At most 255 bytes."""
    end = f"-{key}.md" if suffixed else ".md"
    return _cut_to_bytes(_stem(title, key), _NAME_BYTES - len(end.encode())) + end


def fold(name: str) -> str:
    """Two file names are one, on some file system, when this is equal: NFC, then case folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _quoted(title: str) -> str:
    """TITLE as YAML: single quotes, double ones when it holds a single; no backslash is left in it by then."""
    if "'" not in title:
        return f"'{title}'"
    escaped = title.replace('"', '\\"')
    return f'"{escaped}"'


def _cut_to_width(title: str) -> str:
    width = 0
    for position, character in enumerate(title):
        width += 1 if character < "\x80" else 2 if character < "\U00010000" else 4
        if width > TITLE_WIDTH:
            return title[:position] + "..."
    return title


def _stem(title: str, key: str) -> str:
    """Hexo skips a file whose name begins with `_` or `.` without a word, so that no post may have such a name."""
    name = re.sub(r"[#.]", "", title_text(title)).lstrip("_")
    return name if name.strip(_BLANKS) else key


def _cut_to_bytes(name: str, size: int) -> str:
    return name.encode()[:size].decode("utf-8", "ignore")


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"no post: byte {error.start} is not UTF-8") from error


def _front_matter(text: str) -> dict[str, Any]:
    try:
        fields = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise BadInput(f"no post: its front matter is no YAML ({' '.join(str(error).split())})") from error
    if not isinstance(fields, dict) or list(fields) != _KEYS:
        raise BadInput(f"no post: its front matter must have the keys {', '.join(_KEYS)} in this order")
    categories = fields["categories"]
    if not isinstance(categories, list) or len(categories) != 3 or (*categories[:2],) != _CATEGORIES:
        raise BadInput(f"no post: its categories must be {', '.join(_CATEGORIES)} and a channel")
    if not all(isinstance(fields[name], str) for name in ("title", "headimg", "thumbnail", "date")):
        raise BadInput("no post: title, headimg, thumbnail and date must be text")
    return fields


_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _date(text: str) -> datetime:
    try:
        date = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        date = None
    if date is None or gmt(date) != text:
        raise BadInput(f"no post: its date {text!r} is not like Wed, 29 Sep 2021 13:59:32 GMT")
    return date
