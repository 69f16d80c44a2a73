"""Invented pages of Sina's layouts A, B, C and of the mobile site, by the outlines of sina.md section 6.

The fixtures in tests/fixtures/pages/ were begun with them.
"""

from __future__ import annotations

PARAGRAPHS = "<p>　　【虚构】第一段，说的是样例市的样例。</p>\n<p>　　第二段，仍是虚构。</p>"


def era_a(
    *,
    title: str = "【虚构】一则旧闻",
    line: str = "http://finance.sina.com.cn 2005年03月05日 10:22 <font color=#A20010>虚构晚报</font>",
    body: str = "<p>　　【虚构】第一段\n<p>　　第二段<BR>第三行",
    charset: str = "gb2312",
    zoom: str = "font id=zoom class=f14",
) -> str:
    """Layout A: tables, upper-case tags, unclosed paragraphs."""
    meta = f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={charset}">' if charset else ""
    return f"""<html><head>{meta}<title>{title}_财经_新浪网</title></head><body>
<table width=750 border=0><tr><td class=f12><a href=/>财经首页</a> &gt; <a href=/g/>国际财经</a></td></tr></table>
<TABLE WIDTH=560><TR><TH class=f24><font color=#05006C>{title}</font></TH></TR>
<tr><td height=20 align=center>{line}</td></tr>
<tr><td class=l17><{zoom}>
<table align=left><tr><td><script>document.write('advert')</script></td></tr></table>
{body}
</{zoom.split(maxsplit=1)[0]}></td></tr></TABLE>
</body></html>
"""


def era_b(
    *,
    title: str = "【虚构】博客时代的一则消息",
    heading: str = "",
    date: str = "2013年04月19日&nbsp;18:28",
    source: str = '<span id="media_name"><a href="http://www.example.com/">虚构日报</a> '
    '<a href="http://weibo.com/x">微博</a></span>',
    author: str = "",
    body: str = PARAGRAPHS,
    keywords: str = '<p class="art_keywords">关键词：<a href="/t/1">样例</a> <a href="/t/2">虚构</a></p>',
    charset: str = "gb2312",
    tail: str = "",
) -> str:
    """Layout B: the `blk` pages."""
    return f"""<!DOCTYPE html><!--[31,1,15211089] published at 2013-04-19 18:28:15 from #153 by system -->
<html><head><meta http-equiv="Content-type" content="text/html; charset={charset}" />
<title>{title}_股票_新浪财经_新浪网</title><meta name="keywords" content="{title}" />
<meta name="description" content="【虚构】摘要。" /><meta name="publishid" content="31,1,15211089" /></head><body>
<div class="blkBreadcrumbLink"><a href="http://finance.sina.com.cn/">新浪财经</a> &gt;
<a href="/stock/">股票</a> &gt; 正文</div>
<div class="blkContainerPblk" id="J_Article_Wrap"><div class="blkContainerSblk">
<h1 id="artibodyTitle" pid="31" tid="1" did="15211089" fid="1554">{heading or title}</h1>
<div class="artInfo"><span id="pub_date">{date}</span>&nbsp;&nbsp;{source}{author}</div>
<!-- 正文内容 begin -->
<div class="blkContainerSblkCon" id="artibody">
<!-- publish_helper name='原始正文' p_id='31' t_id='1' d_id='15211089' f_id='45' -->
{body}
<!-- news_keyword_pub,stock,sz000001&sz000002 --><!-- publish_helper_end -->
<div class="otherContent_01"><div class="corrTxt_01"><h3>相关阅读</h3>
<ul><li><a href="/x">样例</a></li></ul></div></div>
</div>{tail}
{keywords}</div></div>
</body></html>
"""


def era_c(
    *,
    title: str = "【虚构】过渡年代的一则消息",
    heading: str = '<h1 id="artibodyTitle" cid="57956" docid="ifxnuvxc1234567">{title}</h1>',
    date: str = '<span class="time-source" id="navtimeSource">2016年12月01日18:30 <span data-sudaclick="media_name">'
    '<a href="http://www.example.com/">虚构周刊</a></span></span>',
    metas: str = "",
    created: str = "2016-12-01 18:30:12",
    body: str = PARAGRAPHS,
    charset: str = '<meta charset="utf-8">',
) -> str:
    """Layout C: the metas of today, the body of yesterday."""
    stamp = f'<meta name="weibo: article:create_at" content="{created}">' if created else ""
    return f"""<!DOCTYPE html><!-- [ published at 2016-12-01 18:31:02 ] -->
<html><head>{charset}<title>{title}_新浪财经_新浪网</title><meta property="og:title" content="{title}">
<meta name="description" content="　　【虚构】摘要。">{stamp}{metas}<meta name="publishid" content="fxnuvxc1234567">
<meta name="comment" content="cj:comos-fxnuvxc1234567:0"><meta name="mediaid" content="虚构周刊">
<meta name="mobile-agent" content="format=html5; url=http://finance.sina.cn/2016-12-01/detail-ifxnuvxc1234567.d.html"></head><body>
<div class="bread"><a href="http://finance.sina.com.cn/">新浪财经</a> &gt; <a href="/chanjing/">产经</a> &gt; 正文</div>
<div class="page-header">{heading.format(title=title)}</div>
<div class="page-info">{date}</div>
<div class="article article_16" id="artibody"><!-- 原始正文start -->
{body}
<!-- 原始正文end --><p class="article-editor">责任编辑：甄虚构 SN123</p></div>
<div class="article-keywords" data-sudaclick="art_keywords">
<span>关键词 :</span><a href="/t/1">样例</a><a href="/t/2">产经</a></div>
</body></html>
"""


def mobile(
    *,
    title: str = "【虚构】手机页的一则消息",
    time: str = '<time class="weibo_time"><span>09月29日 00:34</span></time>',
    user: str = '<h2 class="weibo_user">虚构通讯社</h2>',
    metas: str = "",
    body: str = '<p class="art_p">　　【虚构】第一段。</p><p class="art_p">　　第二段。</p>',
    charset: str = '<meta charset="utf-8">',
) -> str:
    """The mobile page."""
    return f"""<!DOCTYPE html><html><head>{charset}<meta name="viewport" content="width=device-width">
<title>{title}_手机新浪网</title><meta name="description" content="【虚构】摘要。">{metas}</head><body>
<main class="j_main_art"><section class="art_main_card"><h1 class="art_tit_h1">{title}</h1>
<section class="art_tit_info">{user}{time}</section>
<article class="art_box">{body}</article></section></main></body></html>
"""
