"""The fake Sina on the wire: TLS, headers, failures, edits, a log of every byte. Nothing of newsbot is used here."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import zlib
from datetime import UTC, datetime

import pytest

from tests.fakesina import Server, Site
from tests.fakesina.client import FEED, Client, ids, named
from tests.fakesina.site import HOSTS

NOW = datetime(2026, 9, 28, 16, 39, 35, tzinfo=UTC)


@pytest.fixture
def site() -> Site:
    return Site(NOW)


def test_an_edit_shows_in_page_and_list_and_breaks_the_conditional_request(client: Client, server: Server) -> None:
    story = named(server.site, "table")
    _, headers, before = client.get(story.url)
    etag = headers["ETag"]
    assert re.fullmatch(r'W/"[0-9a-f]+-[0-9a-f]+"V=[0-9A-F]+', etag)  # not legal, as Sina's is not
    assert client.get(story.url, If_None_Match=etag)[0] == 304
    assert client.get(story.url, If_Modified_Since=headers["Last-Modified"])[0] == 304
    server.site.edit(story.docid, title="【虚构】改过的标题")
    status, _, after = client.get(story.url, If_None_Match=etag)
    assert status == 200
    assert after != before
    item = next(item for item in client.roll()["data"] if item["docid"].endswith(story.docid))
    assert item["title"] == "【虚构】改过的标题"
    assert int(item["mtime"]) >= int(NOW.timestamp())


@pytest.mark.parametrize(("soft", "status"), [(False, 404), (True, 200)])
def test_a_removed_article_leaves_the_lists_and_its_page_is_missing(
    client: Client, server: Server, soft: bool, status: int
) -> None:
    story = named(server.site, "table")
    server.site.remove(story.docid, soft=soft)
    assert story.docid not in ids(client.roll())
    answer = client.get(story.url)
    assert answer[0] == status
    assert "5秒钟之后" in answer[2].decode()


def test_given_bytes_are_served_as_they_are(client: Client, server: Server) -> None:
    url, body = "https://finance.sina.com.cn/china/2021-09-29/doc-iabcdefg0000001.shtml", b"\xd0\xe9\xb9\xb9 as given"
    server.site.serve_page(url, body, title="【虚构】给定", created=NOW, docid="abcdefg0000001")
    assert client.get(url)[2] == body
    assert ids(client.roll())[0] == "abcdefg0000001"


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("ban", 456, "拒绝访问"),
        ("503", 503, "503"),
        ("empty", 200, ""),
        ("html", 200, "<html>"),
        ("error-code", 200, '"code":11'),
        ("429", 429, ""),
    ],
)
def test_a_failure_lasts_for_as_many_requests_as_was_said(
    client: Client, server: Server, kind: str, status: int, text: str
) -> None:
    server.site.fail(kind, "lid=1686", times=2)
    answers = [client.get(f"{FEED}?pageid=155&lid=1686") for _ in range(3)]
    assert [answer[0] for answer in answers] == [status, status, 200]
    assert text in answers[0][2].decode()
    assert json.loads(answers[2][2])["result"]["status"]["code"] == 0


def test_the_old_ban_page_is_gbk_with_200_and_ends_when_it_is_taken_back(client: Client, server: Server) -> None:
    url = named(server.site, "table").url
    script = server.site.fail("ban-200", "finance.sina.com.cn", None)
    for _ in range(2):
        status, headers, body = client.get(url)
        assert (status, headers.get_content_charset()) == (200, None)
        assert "拒绝访问" in body.decode("gbk")
    server.site.mend(script)
    assert "拒绝访问" not in client.get(url)[2].decode()


def test_an_unknown_failure_is_refused_with_the_known_ones_named(server: Server) -> None:
    with pytest.raises(ValueError, match="choose one of ban, ban-200"):
        server.site.fail("earthquake", "list")


@pytest.mark.parametrize("kind", ["cut", "none"])
def test_a_connection_can_end_too_early(client: Client, server: Server, kind: str) -> None:
    url = named(server.site, "table").url
    server.site.fail(kind, url.removeprefix("https://"))
    with pytest.raises(http.client.HTTPException):
        client.get(url)
    assert (server.log[-1].response == b"") == (kind == "none")
    assert client.get(url)[0] == 200


def test_every_host_has_a_certificate_of_its_own_and_an_unknown_one_none(client: Client) -> None:
    for host in HOSTS:
        with client.connection(f"https://{host}/") as connection:
            assert isinstance(connection.sock, ssl.SSLSocket)
            found = connection.sock.getpeercert()
            assert found is not None
            assert found["subjectAltName"] == (("DNS", host),)
    port = int(client.server.connect_to()["n.sinaimg.cn:443"].split(":")[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, pytest.raises(ssl.SSLError):
        client.trust.wrap_socket(plain, server_hostname="example.org")


def test_plain_http_is_sent_to_https_but_for_pictures(client: Client, server: Server) -> None:
    story = named(server.site, "http")
    status, headers, _ = client.get(story.url)
    assert (status, headers["Location"]) == (302, story.url.replace("http:", "https:"))
    assert client.get("http://n.sinaimg.cn/finance/w10h10/a.png")[0] == 200


def test_headers_are_like_the_site_s_and_some_pages_are_chunked(client: Client, server: Server) -> None:
    answers = [client.get(one.url)[1] for one in server.site.listed() if one.variant == "plain"]
    assert {"chunked", None} == {headers["Transfer-Encoding"] for headers in answers}
    for headers in answers:
        assert headers["Vary"] == "Accept-Encoding"
        assert "c=127.0.0.1" in headers["X-Via-CDN"]
        assert (headers["Content-Length"] is None) == (headers["Transfer-Encoding"] == "chunked")


def test_pictures_are_whole_pngs_and_style_sheets_are_there(client: Client, server: Server) -> None:
    page = client.get(named(server.site, "captions").url)[2].decode()
    sources = re.findall(r'<img src="(?:http:)?//([^"]+)"', page)
    assert len(sources) == 5  # four and the code below
    for source in sources:
        status, headers, body = client.get(f"https://{source}")
        assert (status, headers["Content-Type"], body[:8]) == (200, "image/png", b"\x89PNG\r\n\x1a\n")
        rows = zlib.decompress(body[body.index(b"IDAT") + 4 : body.index(b"IEND") - 8])
        width, height = (int.from_bytes(body[at : at + 4], "big") for at in (16, 20))
        assert len(rows) == height * (1 + 3 * width)
    styles = re.findall(r'<link rel="stylesheet" href="//([^"]+)"', page)
    assert [client.get(f"https://{style}")[1]["Content-Type"] for style in styles] == ["text/css"] * 6
    assert client.get("https://n.sinaimg.cn/missing/a.png")[0] == 404


def test_every_host_has_a_robots_txt_or_a_404(client: Client, server: Server) -> None:
    found = {host: client.get(f"https://{host}/robots.txt")[0] for host in HOSTS}
    assert found == dict.fromkeys(HOSTS, 200) | {"k.sinaimg.cn": 404}
    server.site.robots["cj.sina.com.cn"] = b"User-agent: *\nDisallow: /\n"
    assert client.get("https://cj.sina.com.cn/robots.txt")[2].endswith(b"Disallow: /\n")


def test_the_log_holds_the_very_bytes_of_each_exchange_in_order(server: Server) -> None:
    client = Client(server)
    request = b"GET /robots.txt HTTP/1.1\r\nhOsT: finance.sina.com.cn\r\nX-Odd:\tyes\r\n\r\n"
    with client.connection("https://finance.sina.com.cn/") as connection:
        assert connection.sock is not None
        connection.sock.sendall(request[:30])
        connection.sock.sendall(request[30:] + request.replace(b"hOsT", b"Host"))  # pipelined
        received = b""
        while sum(len(one.response) for one in server.log) > len(received) or received.count(b"Disallow") < 4:
            received += connection.sock.recv(65536)
    assert [one.request for one in server.log] == [request, request.replace(b"hOsT", b"Host")]
    assert b"".join(one.response for one in server.log) == received
    assert server.log[0].url == "https://finance.sina.com.cn/robots.txt"
    assert server.log[0].connection == server.log[1].connection


def test_head_has_no_body_close_is_kept_and_rubbish_is_refused(client: Client, server: Server) -> None:
    url = named(server.site, "table").url
    assert client.get(url, "HEAD")[2] == b""
    assert client.get(url, Connection="close")[1]["Connection"] == "close"
    assert client.get(url, "POST")[0] == 405
    with client.connection("http://k.sina.com.cn/") as connection:
        assert connection.sock is not None
        connection.sock.sendall(b"not http at all\r\n\r\n")
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_person_can_look_at_every_page_without_leaving_this_machine(server: Server) -> None:
    def look(path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status in (200, 302, 404)
        return body.decode("gb18030" if b"charset=gb2312" in body else "utf-8", "replace")

    links = re.findall(r'<a href="(/look/[^"]+)"', look("/"))
    assert len(links) == 67
    page = look(next(link for link in links if named(server.site, "captions").docid in link))
    assert 'src="/look/n.sinaimg.cn/' in page
    assert not re.search(r'(?:src|rel="stylesheet" href)="(?:https?:)?//', page)
