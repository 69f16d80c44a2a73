"""Albums: a page whose pictures stand in a script, `var slide_data = {…}` (sina.md 1.5), as the HTML of an article."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = re.compile(r"\bslide_data\s*=\s*(?=\{)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
#: Where a picture's address is, the largest first.
_ADDRESSES = ("download_img", "image_url", "thumb_160")
#: Characters; an album has some 30 KB.
_LONGEST = 2_000_000


def pictures(text: str) -> str:
    """The album on a page as HTML, a picture with its caption after the other; '' when there is none."""
    begin = _DATA.search(text)
    if begin is None:
        return ""
    try:
        data, _ = json.JSONDecoder().raw_decode(text[begin.end() : begin.end() + _LONGEST])
    except (ValueError, RecursionError):  # a script that is no JSON, or one nested to harm
        return ""
    return "\n".join(_shown(data))


def _shown(data: dict[str, Any]) -> Iterator[str]:
    images = data.get("images")
    for image in images if isinstance(images, list) else ():
        if not isinstance(image, dict):
            continue
        address = next((image[name] for name in _ADDRESSES if isinstance(image.get(name), str) and image[name]), "")
        if address:
            caption = " ".join(html.unescape(_TAG.sub("", str(image.get("intro") or ""))).split())
            yield (
                f'<div class="img_wrapper"><img src="{html.escape(address)}">'
                f'<span class="img_descr">{html.escape(caption, quote=False)}</span></div>'
            )
