"""The post format, byte for byte (post-format.md)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsbot import post
from newsbot.errors import BadInput
from newsbot.post import Post
from newsbot.sina import channels

DATE = datetime(2021, 9, 29, 13, 59, 32, tzinfo=UTC)
POST = Post("【虚构】标题", "新浪财经－国內", DATE, "https://n.sinaimg.cn/sample.png", "<p>　　【虚构】正文</p>\n\n")
#: Everything Python's str can hold, lone surrogates too.
ANY_TEXT = st.text(st.characters(codec=None, categories=None))
#: What titles are made of when somebody means harm.
NASTY_TITLES = st.text(
    st.one_of(
        st.sampled_from("'\"\n\r\t#.:-!&*?|>%@`{}[],/\\_~ 　\u00a0\ufeff\u0085\u2028\u202e\ufffe\ud800\x00\x7f“”标😀"),
        st.characters(codec=None, categories=None),
    ),
    max_size=100,
)
POSTS = st.builds(
    Post,
    title=NASTY_TITLES,
    channel=st.sampled_from(sorted({post_name for c in channels.CHANNELS if (post_name := c.post_name)})),
    date=st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    image=NASTY_TITLES,
    body=ANY_TEXT,
)


def title_line(title: str) -> str:
    return post.render(replace(POST, title=title)).decode().split("\n")[2]


def test_a_post_is_the_template_byte_for_byte() -> None:
    assert (
        post.render(POST)
        == (
            "\n---\ntitle: '【虚构】标题'\ncategories: \n - 金融\n - 新浪财经\n - 新浪财经－国內\n"
            "headimg: 'https://n.sinaimg.cn/sample.png'\nauthor: 新浪财经\ncomments: false\n"
            "date: Wed, 29 Sep 2021 13:59:32 GMT\nthumbnail: 'https://n.sinaimg.cn/sample.png'\n---\n\n"
            "<div>   \n<p>　　【虚构】正文</p>\n\n  \n</div>\n            "
        ).encode()
    )


def test_the_channels_name_uses_the_full_width_dash_and_the_traditional_character() -> None:
    assert "新浪财经\uff0d国\u5167" in post.render(POST).decode()
    assert "新浪财经\uff0d国\u5167" in {channel.post_name for channel in channels.CHANNELS}


def test_a_post_without_an_image_has_empty_quotes() -> None:
    lines = post.render(replace(POST, image="")).decode().split("\n")
    assert "headimg: ''" in lines
    assert "thumbnail: ''" in lines


def test_a_quote_in_the_images_address_is_doubled() -> None:
    content = post.render(replace(POST, image="https://n.sinaimg.cn/it's.png"))
    assert b"headimg: 'https://n.sinaimg.cn/it''s.png'\n" in content
    assert post.read(content).image == "https://n.sinaimg.cn/it's.png"


def test_a_line_end_in_the_images_address_cannot_end_the_line() -> None:
    assert post.read(post.render(replace(POST, image="a\r\n---\nb\u2028c"))).image == "a --- b c"


def test_braces_are_escaped_in_the_body_and_kept_in_the_front_matter() -> None:
    content = post.render(replace(POST, title="{{ 标题 }}", image="{%a%}.png", body="<style>p{}</style>{{ x }}"))
    assert "title: '{{ 标题 }}'" in content.decode()
    assert b"headimg: '{%a%}.png'" in content
    assert b"<style>p&#123;&#125;</style>&#123;&#123; x &#125;&#125;  \n</div>" in content
    assert post.read(content).body == "<style>p{}</style>{{ x }}"


def test_any_zone_becomes_gmt() -> None:
    beijing = datetime(2021, 9, 29, 21, 59, 32, 999_999, tzinfo=timezone(timedelta(hours=8)))
    assert post.render(replace(POST, date=beijing)) == post.render(POST)


def test_a_date_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        post.render(replace(POST, date=datetime(2021, 9, 29)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("平常的标题", "title: '平常的标题'"),
        ("", "title: ''"),
        ('说"好"', "title: '说\"好\"'"),
        ("It's", 'title: "It\'s"'),
        ('It\'s "so"', 'title: "It\'s \\"so\\""'),
        ("两行\r\n\t标题", "title: '两行 标题'"),
        ("a\n---\nb", "title: 'a --- b'"),
        ("!!python/object:x &a *b", "title: '!!python_object_x &a _b'"),
        ("{{ x }} {% y %}", "title: '{{ x }} {% y %}'"),
        ("../../etc/passwd", "title: '.._.._etc_passwd'"),
        (": / \\ ? * “ ” < > | [ ]", "title: '_ _ _ _ _ _ _ _ _ _ _ _'"),
        ("：？“全”《角》【】（）！", "title: '：？_全_《角》【】（）！'"),
        ("#1 3.5% A&B @c", "title: '#1 3.5% A&B @c'"),
        ("双  空格", "title: '双  空格'"),
        (" \u3000\u00a0\ufeff两头\u2003 ", "title: '两头'"),
        ("\x00控\x01\x02制\x7f字\x85\u2028符\u2029", "title: '控 制 字 符'"),
        ("非\ufffe字\uffff符", "title: '非字符'"),
        ("半\ud83d个", "title: '半\ufffd个'"),
        ("双向\u202e文字", "title: '双向\u202e文字'"),
        ("&amp;quot;", "title: '&amp;quot;'"),
        ("- 列表", "title: '- 列表'"),
        ("2021-09-29", "title: '2021-09-29'"),
    ],
)
def test_a_title_becomes_title(title: str, line: str) -> None:
    assert title_line(title) == line
    assert post.read(post.render(replace(POST, title=title))).title == post.title_text(title)


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("标" * 75, "标" * 75),
        ("标" * 76, "标" * 75 + "..."),
        ("a" * 150, "a" * 150),
        ("a" * 151, "a" * 150 + "..."),
        ("a" * 149 + "标", "a" * 149 + "..."),
        ("a" + "标" * 75, "a" + "标" * 74 + "..."),
        ("😀" * 37 + "标", "😀" * 37 + "标"),
        ("😀" * 38, "😀" * 37 + "..."),
        ("é" * 76, "é" * 75 + "..."),
        (" " + "a" * 150 + " ", "a" * 150),
        ("“" * 76, "_" * 75 + "..."),
    ],
)
def test_a_wide_title_is_cut_at_150_and_gets_dots(title: str, cut: str) -> None:
    assert post.title_text(title) == cut


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("平均利率3.44%", "平均利率344%.md"),
        ('"引号"留着', '"引号"留着.md'),
        ('It\'s "so"', 'It\'s "so".md'),
        ("C# 与 .NET\n第二行", "C 与 NET 第二行.md"),
        ("“全角”开头", "全角_开头.md"),
        ("[快讯] 标题", "快讯_ 标题.md"),
        ("#_#_隐藏", "隐藏.md"),
        ("", "KEY.md"),
        ("...", "KEY.md"),
        ("???", "KEY.md"),
        ("#　.", "KEY.md"),
        ("../../x", "x.md"),
    ],
)
def test_a_title_names_its_file(title: str, name: str) -> None:
    assert post.file_name(title, "KEY") == name
    assert post.stem(title, "KEY") + ".md" == name


def test_a_second_article_of_one_name_gets_its_key_before_the_ending() -> None:
    assert post.file_name("标题", "nitmeav0000001", suffixed=True) == "标题-nitmeav0000001.md"
    assert post.file_name("标题", "1@finance.sina.com.cn", suffixed=True) == "标题-1@finance.sina.com.cn.md"
    assert post.file_name("", "KEY", suffixed=True) == "KEY-KEY.md"


@settings(deadline=None)
@given(NASTY_TITLES, st.booleans())
@example("😀" * 80, True)
@example("标" * 80, True)
def test_a_file_name_is_always_one_that_can_be_written(title: str, suffixed: bool) -> None:
    name = post.file_name(title, "nitmeav0000001", suffixed=suffixed)
    assert len(name.encode()) <= 255
    assert name.endswith("-nitmeav0000001.md" if suffixed else ".md")
    assert name.count(".") == 1
    assert not set("/\\\0\n\r:?*<>|#") & set(name)
    assert not name.startswith(("_", "."))
    assert name != ".md"


@settings(deadline=None)
@given(st.integers(1, 300))
def test_a_long_name_is_cut_on_a_character(length: int) -> None:
    """The title's own width keeps names below 255 bytes but for four-byte characters and long keys."""
    key = "k" * min(length, 200)
    name = post.file_name("😀" * length, key, suffixed=True)
    assert len(name.encode()) <= 255
    assert "\ufffd" not in name


@pytest.mark.parametrize(("one", "other"), [("Ａpp", "ａpp"), ("CAFÉ", "cafe\u0301"), ("STRASSE", "straße")])
def test_names_that_a_file_system_may_hold_to_be_one_fold_to_one(one: str, other: str) -> None:
    assert post.fold(one) == post.fold(other)


def test_different_names_stay_different() -> None:
    assert post.fold("标题") != post.fold("標題")


@settings(deadline=None)
@given(POSTS)
@example(replace(POST, title="\ufeff'\"\\", image="'", body="\ufeff}{\r\n\x0c\u2028"))
def test_what_is_rendered_reads_back_equal(made: Post) -> None:
    content = post.render(made)
    again = post.read(content)
    assert again.title == post.title_text(made.title)
    assert (again.channel, again.date) == (made.channel, made.date.replace(microsecond=0))
    # Reading undoes braces textually, so a body that spells a reference to one reads back with the brace.
    assert post.render(replace(again, title=made.title)) == content
    assert b"\r" not in content


@settings(deadline=None)
@given(POSTS)
def test_the_front_matter_is_yaml_with_the_seven_keys_in_order(made: Post) -> None:
    head = post.render(made).decode().split("\n---\n")[1]
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        fields = yaml.load(head, Loader=loader)  # noqa: S506 - both are safe
        assert list(fields) == ["title", "categories", "headimg", "author", "comments", "date", "thumbnail"]
        assert fields["title"] == post.title_text(made.title)
        assert fields["headimg"] == fields["thumbnail"]
        assert (fields["author"], fields["comments"]) == ("新浪财经", False)


@settings(deadline=None)
@given(NASTY_TITLES)
def test_title_is_never_wider_than_the_cut_nor_holds_what_is_forbidden(title: str) -> None:
    text = post.title_text(title)
    assert len(text.removesuffix("...").encode("utf-16-le")) // 2 <= 150
    assert not set(text) & set(":/\\?*“”<>|[]\n\r\t\x00\x85\u2028\u2029\ufffe\uffff")
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"\n---\n", b"---\n"), "front matter"),
        ((b"  \n</div>\n            ", b"\n</div>\n"), "front matter"),
        ((b"  \n</div>\n            ", b"  \n</div>\n            \n"), "front matter"),
        ((b"author: ", b"writer: "), "keys"),
        ((b"comments: false\n", b""), "keys"),
        ((b"title: '", b'title: "'), "YAML"),
        ((b"title: '", b"title: !!python/object/apply:os.getcwd '"), "YAML"),
        (("新浪财经\n - ".encode(), b""), "categories"),
        ((b"Wed, 29 Sep 2021", b"Thu, 29 Sep 2021"), "date"),
        ((b"date: Wed, 29 Sep 2021 13:59:32 GMT", b"date: 2021-09-29"), "text"),
        ((b"date: Wed, 29 Sep 2021 13:59:32 GMT", b"date: yesterday"), "date"),
        ((b"thumbnail: 'https", b"thumbnail: 'http"), "thumbnail"),
        (("正文".encode(), b"\xff"), "UTF-8"),
    ],
)
def test_what_is_no_post_is_refused_in_one_line(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(BadInput, match=f"no post: .*{why}") as caught:
        post.read(post.render(POST).replace(*change, 1))
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_reading_rubbish_raises_bad_input_only(content: bytes) -> None:
    for rubbish in (content, b"\n---\n" + content + b"\n---\n\n<div>   \n  \n</div>\n            "):
        with pytest.raises(BadInput):
            post.read(rubbish)
