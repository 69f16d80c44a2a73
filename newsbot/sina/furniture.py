"""What stands in an article's element beside the article (sina.md 2.3)."""

from __future__ import annotations

#: Classes of it.
CLASSES = frozenset(
    {
        *("appendQr_wrap", "app-kaihu-qr", "app-qihuo-kaihu-qr", "finance_app_sina", "article-editor", "show_author"),
        *("tech-quotation", "hqimg_related", "article-notice", "otherContent_01", "corrTxt_01", "sinaads"),
    }
)
#: The advert that has an id instead.
ADVERT_ID = "left_hzh_ad"
