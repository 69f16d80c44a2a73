"""What an article page holds: text, paragraphs and pictures without Sina's furniture, and the fields it lacks."""

from __future__ import annotations

import pytest

from newsbot.article import Article
from newsbot.sina.substance import FIELDS, Substance, measure

URL = "https://finance.sina.com.cn/china/2021-09-29/doc-iaaaaaaa0000001.shtml"

#: BODY → (characters, paragraphs, images).
BODIES = {
    "": (0, 0, 0),
    "<p>\u3000\u3000两个 段落</p><p>\u3000\u3000abc</p>": (7, 2, 0),
    "\u3000\u3000没有段落<br>\n\u3000\u3000只有换行<br><br>\n": (8, 2, 0),
    "<p>一<strong>二</strong><a href='https://finance.sina.com.cn/'>三</a></p>": (3, 1, 0),
    "前<p>中</p>后": (3, 3, 0),
    "<p>\u3000\u3000</p><p>&nbsp;</p><p><img src='https://n.sinaimg.cn/a.png'></p>": (0, 0, 1),
    "<img><img data-src='x.png'><img src=''>": (0, 0, 1),
    "<table><tr><td>1</td><td>2</td></tr></table>": (2, 2, 0),
    "<style>p{}</style><script>x</script><template><p>x</p></template><!-- x -->": (0, 0, 0),
    '<div class="clearfix appendQr_wrap"><img src="q.png">扫码</div><p class="article-editor">责任编辑：X</p>': (
        0,
        0,
        0,
    ),
    '<div id="left_hzh_ad">广告<p>广告</p></div><p>文</p>': (1, 1, 0),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_is_counted_without_white_space_and_furniture(body: str) -> None:
    found = measure(Article("k", URL, "t", body, "", "D", ""))
    assert (found.text, found.paragraphs, found.images) == BODIES[body]


def test_the_fields_that_a_page_lacks_are_named() -> None:
    bare = Article("k", URL, "", "", "", "D", "")
    assert measure(bare) == Substance(0, 0, 0, FIELDS)
    assert measure(Article("k", URL, "t", "", "", "D", "", keywords=("w",), docid="d")).missing == tuple(
        name for name in FIELDS if name not in {"title", "keywords", "docid"}
    )


def test_depth_is_no_matter() -> None:
    deep = Article("k", URL, "t", "<div>" * 5000 + "文", "", "D", "")
    assert measure(deep).text == 1
