"""What an article says: an edit changes it, what Sina puts around it does not."""

from __future__ import annotations

import pytest

from newsbot.sina.cleaned import cleaned
from tests.pages import read_body

TEXT = "<p>　　虚构的<b>第一</b>段。</p>\n<p>　　第二段&amp;尾<br>又一行</p>"


def said(inner: str) -> str:
    """What a page with that article says."""
    return cleaned(read_body(inner).html)


def test_a_line_for_each_block_and_each_picture() -> None:
    assert said(f'{TEXT}<img src="//n.sinaimg.cn/a.png?x=1" alt="图">') == (
        "虚构的第一段。\n第二段&尾\n又一行\n[n.sinaimg.cn/a.png]"
    )


@pytest.mark.parametrize(
    "noise",
    [
        "<!-- [ published at 2026-09-29 00:34:06 ] -->",
        '<!-- a > b " c -->',
        '<div class="clearfix appendQr_wrap"><div><img src="//n.sinaimg.cn/qr.png"></div><div>扫码</div></div>',
        '<div id="left_hzh_ad"><p>广告</p></div>',
        '<ins class="sinaads"><a href="/x">广告</a></ins>',
        "<style>.a>b{color:red}</style>",
        "<script>var count = 3 > 2;</script>",
        '<p class="article-editor">责任编辑：虚构 </p>',
        "\n\n   <p> </p>",
        '<iframe src="//x.sina.com.cn/"></iframe>',
        '<div class="otherContent_01"><p>未关<b>的',
    ],
)
def test_noise_changes_nothing(noise: str) -> None:
    assert said(TEXT + noise) == said(TEXT)


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("第一", "第壹"),
        TEXT + "<p>更正</p>",
        TEXT.replace("<br>", ""),
        TEXT + '<img src="//n.sinaimg.cn/new.png">',
        '<p title="a>b" data-x="appendQr_wrap">前</p>' + TEXT,
    ],
)
def test_an_edit_changes_it(edited: str) -> None:
    assert said(edited) != said(TEXT)
