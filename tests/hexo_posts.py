"""Three hundred posts for a Hexo site, the hostile ones among them; made by newsbot from invented pages."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsbot.article import Article, Capture, Entry, Look
from newsbot.desk import Desk
from newsbot.ledger import Ledger, file_url
from newsbot.shelf import PostShelf
from newsbot.sina import page
from newsbot.sina.channels import CHANNELS
from newsbot.text import stamp
from tests import pages
from tests.fakesina import articles
from tests.fakesina import pages as site_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 9, 29, 12, 30, tzinfo=UTC)
COUNT = 300
MARK = "【虚构】"

#: Titles that break what is careless with them. A twin is there twice.
TITLES = (
    *("'单引号'", '"双引号"', "'单'与\"双\"", "`反引号`", "\\反斜杠\\n", "“弯引号”", "''", '"', "结尾是反斜杠\\"),
    *("换\n行", "回\r\n车", "---", "\n---\n", "--- 之后", "...", "制\t表"),
    *(
        "!!python/object/apply:os.system ['id']",
        "!!js/function 'function(){}'",
        "&anchor *alias",
        "<<: *merge",
        "? 键",
        "- 项",
    ),
    *(
        "key: value",
        "# 注释",
        "@at",
        "%percent",
        "null",
        "true",
        "2026-09-29",
        "0x1F",
        "1e3",
        "~",
        "[流]",
        "{流: 1}",
        "|",
        ">",
    ),
    *(
        "{{ page.title }}",
        "{% raw %}",
        "{% endraw %}",
        "{% include 'x' %}",
        "{# 注释 #}",
        "{{",
        "}}",
        "{% post_link x %}",
    ),
    *("../../../etc/passwd", "..", "/etc/passwd", "a/../../b", "%2e%2e%2f", "C:\\Windows", "~/x", "CON", "x\0y"),
    *(
        "\x01控\x1b[31m制\x7f\x85",
        "\u202e从右往左\u202c",
        "\u2066隔离\u2069",
        "\u200b零宽\u200d\ufeff",
        "\u2028行\u2029段",
        "\ufffe非\uffff",
    ),
    *("\ud800孤\udfff", "👨‍👩‍👧‍👦🇨🇳", "e\u0301é", "ﬁ", "İi", "ß"),
    *("长" * 150, "x" * 300, "é" * 300, "👨" * 80, "长" * 300),
    *("_下划线", "__init__", "_", ".点", ".htaccess", "#话题#", "index", "index.html", "README", "_posts"),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</title><script>alert(1)</script>",
        "a&lt;b&amp;c",
        "&quot;",
    ),
    *("$&$1$`", "%s%d", "${x}", "a?b*c|d", "双胞胎", "双胞胎", "双胞胎", "ABC", "abc", " 两头空白 ", "　全角空白　"),
)
#: Bodies whose every sign may run in a reader's browser, or break the build.
BODIES = (
    "<script>alert(1)</script><p>x</p>",
    "<p>x</p><img src=x onerror=alert(1)><svg onload=alert(1)><body onload=alert(1)>",
    '<p><a href="javascript:alert(1)">x</a><a href=" JaVa\nScRiPt:alert(1)">x</a></p>',
    '<p><a href="&#106;avascript:alert(1)">x</a></p>',
    '<p><a href="vbscript:msgbox(1)">x</a><a href="data:text/html,<script>alert(1)</script>">x</a></p>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe><iframe src="javascript:alert(1)"></iframe>',
    '<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=x()&gt;'></table></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript><p>x</p>",
    "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate attributeName=href values='javascript:alert(1)' /></svg><p>x</p>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'><p>x</p>",
    "<p>\n\n[点我](javascript:alert(1))\n\n[点我][1]\n\n[1]: javascript:alert(1)\n\n![图](javascript:alert(1))\n\n</p>",
    "<p>\n\n[点我](javascript\\:alert(1)) [点我](\tJAVASCRIPT:alert(1)) [a](data:text/html,x) [a](vbscript:x)\n\n</p>",
    "<p>\n\n&lt;javascript:alert(1)&gt;\n\n&lt;script&gt;alert(1)&lt;/script&gt;\n\n</p>",
    "<p>\n\n    &lt;script&gt;alert(1)&lt;/script&gt;\n\n</p>",
    "<p>\n\n`&lt;script&gt;alert(1)&lt;/script&gt;`\n\n```\n&lt;script&gt;alert(1)&lt;/script&gt;\n```\n\n</p>",
    "<p>\n\n```js\n&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\n</p>",
    "<p>{{ 1 + 1 }} {% raw %} {% include_code x %} {% asset_img x %} {% youtube x %} {# x #} {%</p>",
    "<p>{{ site.posts }}{% for %}{% endfor %}{% if x %}</p><!-- {% raw %} {{ x }} --><style>a{b:c}</style>",
    "<p>\n\n---\ntitle: x\n---\n\n# 标题\n\n===\n\n| a | b |\n|---|---|\n| {{ x }} | 2 |\n\n</p>",
    "<!-- more --><p>x</p><!-- more --><p>y</p>",
    "<p>]]> <![CDATA[ x ]]> <?php echo 1 ?> <% x %> <%- include('x') %></p>",
    "<pre>\n\n    {{ x }}\n\n</pre><textarea></p></div>{{ x }}</textarea>",
    "</div></div></div><p>x</p></article></body></html><div>",
    "<plaintext>{{ x }}<script>alert(1)</script>",
    "<xmp><script>alert(1)</script></xmp><p>x</p>",
    "<title></title><style></style><p>x</p><template><script>alert(1)</script></template>",
    "<p>" + "<b>" * 600 + "x</p>",
    "<p>" + "\u202e\u2066x\u200b</p>" + "<p>\x01\x1b[31m</p>",
    "<table><tr><td>{{x}}<tr><td>y</table>",
    "<p>\n\n`<b title='` <img src=x onerror=alert(1)>'>x</b>\n\n</p>",
    "<p>\n\nx <b a\"='x' title='<img src=x onerror=alert(1)>'>x</b>\n\n</p>",
    "<img src=x alt='\n\n[a](/onerror=alert(1)//)\n\n'>",
    "<img src=x alt='\n\n[a](/onerror&#61;alert(1)//)\n\n'>",
    "<img src=x alt='\n\n[a](onerror=alert(1)//)\n\n'><img src=x alt='\n\n![onerror=alert(1)//](x)\n\n'>",
    "<p title='a\n```\nb\n```\n<img src=x onerror=alert(1)>'>x</p>",
    "<p>\n\nx <!-- a\n\n<img src=x onerror=alert(1)>\n\n--></p>",
    "<p>\n\nx <!-- a\n\n<a href='&#106;avascript:alert(1)'>x</a>\n\n--></p>",
    "<p>```</p><!--\n```\n<img src=x onerror=alert(1)>\n--><style>\n\n<img src=x onerror=alert(1)>\n\n</style>",
    "<p>:smile: @user #1 http://a.example/?a=1&b=2 www.example.com javascript:alert(1) a_b_c *d* ~~e~~ $x$</p>",
)


@dataclass(frozen=True, slots=True)
class Made:
    """One article of the site."""

    key: str
    title: str  #: as listed
    body: str  #: as on its page


def invented() -> list[Made]:
    """The hostile ones: every title, then every body."""
    titles = enumerate(f"{MARK}{title}" if number % 2 else title for number, title in enumerate(TITLES))
    made = [Made(f"hostile{n:07d}", title, f"<p>　　{MARK}正文{n}。</p>") for n, title in titles]
    made += [Made(f"hostile{n:07d}", f"{MARK}正文之{n}", body) for n, body in enumerate(BODIES, len(made))]
    return made


def publish(folder: Path) -> dict[str, str]:
    """Write COUNT posts below `folder` through the desk, as a crawl does; article key → path of its post."""
    pages_read: dict[str, Article] = {}
    with closing(Ledger(file_url(folder.parents[1] / "ledger.sqlite"))) as ledger:
        desk = Desk(ledger, PostShelf(folder), lambda seen: pages_read[seen.record_id])
        with ledger.transaction():
            for number, (key, title, url, content) in enumerate(_pages()):
                moment = NOW - timedelta(minutes=number)
                channel = CHANNELS[number % len(CHANNELS)].name if number % 3 else "china"
                listed = Capture(f"urn:uuid:list-{number}", stamp(moment), "https://feed.mix.sina.com.cn/api/roll/get")
                desk.list_entries(listed, [Entry(key, url, title, "finance", 0, channel, moment, moment, moment)])
                seen = Capture(f"urn:uuid:{number}", stamp(moment), url, 200, "warc/a.warc.gz", number)
                result = page.read(content, url)
                assert isinstance(result, Article), (title, result)
                pages_read[seen.record_id] = result
                look = Look(key, seen, result)
                desk.note([look])
                assert desk.settle(key, look).state == "published"
        return {row.key: row.post for row in ledger.articles_after("", COUNT + 1)}


def _pages() -> Iterator[tuple[str, str, str, bytes]]:
    """Article key, listed title, address and page of each."""
    hostile = invented()
    for one in hostile:
        url = f"https://finance.sina.com.cn/china/2026-09-29/doc-i{one.key}.shtml"
        body = f'<p class="of">{one.key}</p>{one.body}'
        yield one.key, one.title, url, pages.page(body, url=url, title="标题", created=NOW)
    for story in articles.cast(NOW, COUNT - len(hostile), 1, troubles=False):
        yield story.docid, story.title, story.url, site_pages.write(story)
