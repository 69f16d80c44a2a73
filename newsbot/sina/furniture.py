"""What stands in an article's element beside the article (sina.md 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turbohtml import Element

#: Elements that show nothing.
UNSHOWN = frozenset({"script", "style", "template", "link", "meta", "title"})
#: Classes of it.
CLASSES = frozenset(
    {
        *("appendQr_wrap", "app-kaihu-qr", "app-qihuo-kaihu-qr", "finance_app_sina", "article-editor", "show_author"),
        *("tech-quotation", "hqimg_related", "article-notice", "otherContent_01", "corrTxt_01", "sinaads"),
    }
)
#: The advert that has an id instead.
ADVERT_ID = "left_hzh_ad"


def is_furniture(element: Element) -> bool:
    """Is it Sina's own: an advert, a QR code, the editor's line?"""
    if element.attr("id") == ADVERT_ID:
        return True
    classes = element.attr("class")
    return classes is not None and not CLASSES.isdisjoint(classes.split())
