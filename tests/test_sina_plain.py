"""BODY as plain text: what a reader sees, a line for each block."""

from __future__ import annotations

import pytest

from newsbot.sina.plain import plain_text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", ""),
        ("<p>　　一</p>\n\n<p>二<br>三</p>", "　　一\n二\n三"),
        ("<p>一<b>二</b><font>三</font></p>四", "一二三\n四"),
        ("<span><p>一</p></span>二", "一\n二"),
        ("  一 \n\t 二  ", "一 二"),
        ("一<script>二()</script><style>p{}</style><noscript>三</noscript><!-- 四 -->五", "一五"),
        ("<table><tr><td>一<td>二<tr><td>三</table>", "一\n二\n三"),
        ("<p>&lt;b&gt; &amp;amp;</p>", "<b> &amp;"),
        ('<img src="a" alt="一"><div class="二">三</div>', "三"),
        ("<iframe src=x>一</iframe><svg><text>二</text></svg>三", "三"),
    ],
)
def test_the_text_is_what_a_reader_sees(body: str, text: str) -> None:
    assert plain_text(body) == text


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000 + "一",
        "<b><p>" * 3_000 + "一",
        "<table><tr><td>" + "一" * 10_000 + "<tr><td>二" * 10_000,
        "<ul><li>" * 3_000 + "一",
    ],
    ids=["deep", "mis-nested", "wide-table", "lists"],
)
def test_a_hostile_body_gives_no_more_text_than_it_has(body: str) -> None:
    assert len(plain_text(body)) <= len(body)
