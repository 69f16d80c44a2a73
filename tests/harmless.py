"""What in HTML would run, as a reader of it sees it: the judge of BODY's safety, apart from newsbot's own."""

from __future__ import annotations

import re

from newsbot.sina.body import parse_html


def acts(html: str, *, scripting: bool) -> str:
    """The first thing in `html` that would run, as a browser with or without scripts sees it; '' where nothing does."""
    for element in parse_html(f"<div>{html}</div>", scripting=scripting).select("*"):
        if element.tag == "script":
            return "script"
        for name in element.attrs:
            value = re.sub(r"[\x00-\x20]", "", element.attr(name) or "").lower()
            if name.startswith("on") or value.startswith("javascript:"):
                return f"{element.tag} {name}"
    return ""
