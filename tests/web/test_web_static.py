from __future__ import annotations

import gzip
import os
from pathlib import Path

import brotli
import pytest
from starlette.testclient import TestClient
from still import Still

PAGE = "<!DOCTYPE html><title>清河</title>" + "<p>乡村振兴</p>" * 200


@pytest.fixture
def tree(site: Still) -> Path:
    root = Path(site.settings.storage.output)
    (root / "law").mkdir()
    (root / "articles").mkdir()
    (root / "editions" / "daily").mkdir(parents=True)
    for name in ("index.html", "law/index.html", "articles/a1.html", "editions/daily/x.html"):
        (root / name).write_text(PAGE, "utf-8")
    for name in ("rss.xml", "atom.xml", "law/atom.xml", "feeds.opml", "sitemap.xml"):
        (root / name).write_text("<x/>", "utf-8")
    (root / "feed.json").write_text("{}", "utf-8")
    (root / "style.css").write_text("a{}", "utf-8")
    (root / "trust.txt").write_text("member=https://a.example/", "utf-8")
    for folder, name in (
        (".well-known", "tdmrep.json"),
        ("media/aa", "aa.webp"),
        (".git", "x.txt"),
    ):
        (root / folder).mkdir(parents=True)
        (root / folder / name).write_text("{}", "utf-8")
    (root / ".well-known" / ".hidden").write_text("{}", "utf-8")
    (root / "gone.txt").write_text("articles/gone1.html\narticles/a2.html\n", "utf-8")
    (root / "articles" / "a2.html").write_text("taken down", "utf-8")
    (root.parent / "secret.txt").write_text("secret", "utf-8")
    return root


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/law/", "text/html; charset=utf-8"),
        ("/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/law/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/trust.txt", "text/plain; charset=utf-8"),
        ("/.well-known/tdmrep.json", "application/json; charset=utf-8"),
        ("/media/aa/aa.webp", "image/webp"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_media_types(client: TestClient, path: str, media: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media


@pytest.mark.usefixtures("tree")
def test_conditional_requests(client: TestClient) -> None:
    first = client.get("/", headers={"Accept-Encoding": "identity"})
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    again = client.get("/", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert not again.content
    assert client.get("/", headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get("/", headers={"If-Modified-Since": modified}).status_code == 304
    old = "Thu, 01 Jan 2015 00:00:00 GMT"
    assert client.get("/", headers={"If-Modified-Since": old}).status_code == 200
    both = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert client.get("/", headers=both).status_code == 200, "RFC 9110: the tag decides"


@pytest.mark.parametrize(
    ("accepted", "used"),
    [
        pytest.param("br, gzip", "br", id="brotli first"),
        pytest.param("gzip", "gzip", id="gzip"),
        pytest.param("gzip;q=0, br;q=0", None, id="refused"),
        pytest.param("*", "br", id="any"),
        pytest.param("identity", None, id="none"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_compression(client: TestClient, accepted: str, used: str | None) -> None:
    with client.stream("GET", "/", headers={"Accept-Encoding": accepted}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == used
    assert answer.headers["vary"] == "Accept-Encoding"
    plain = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[used](body)
    assert plain.decode() == PAGE


def test_a_changed_file_is_read_again(tree: Path, client: TestClient) -> None:
    before = client.get("/").headers["etag"]
    new = tree / "new"
    new.write_text(PAGE + "!", "utf-8")
    os.replace(new, tree / "index.html")
    after = client.get("/")
    assert after.text.endswith("!")
    assert after.headers["etag"] != before


@pytest.mark.usefixtures("tree")
def test_head_has_the_headers_alone(client: TestClient) -> None:
    answer = client.head("/")
    assert answer.status_code == 200
    assert not answer.content
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/articles/gone1.html", "/articles/a2.html"])
@pytest.mark.usefixtures("tree")
def test_what_was_taken_down_is_gone(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 410


def test_the_answer_to_a_deep_path_is_no_larger_than_it(client: TestClient) -> None:
    answer = client.get("/x" * 500)
    assert answer.status_code == 404
    assert len(answer.content) < 1000


@pytest.mark.usefixtures("tree")
def test_a_folder_gets_its_slash(client: TestClient) -> None:
    answer = client.get("/law")
    assert answer.status_code == 301
    assert answer.headers["location"] == "/law/"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/law/../../secret.txt",
        "/law/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//evil.example/",
        "//evil.example",
        "/law//",
        "/.hidden",
        "/.git/x.txt",
        "/.well-known/.hidden",
        "/.well-known/../../secret.txt",
        "/law/index.html/",
        "/%00",
    ],
)
def test_nothing_outside_is_served(tree: Path, client: TestClient, path: str) -> None:
    (tree / ".hidden").write_text("x")
    answer = client.get(f"https://news.example{path}")
    assert answer.status_code in (301, 404)
    assert "secret" not in answer.text
    assert "evil" not in answer.headers.get("location", "")


@pytest.mark.usefixtures("tree")
def test_security_headers(client: TestClient) -> None:
    machines = ("/healthz", "/readyz", "/metrics", "/websub/none", "/law", "/admin", "/admin/")
    for path in ("/", "/subscribe", "/nope", *machines):
        headers = client.get(path, follow_redirects=False).headers
        assert headers["referrer-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    mail = client.get("/editions/daily/x.html").headers["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in mail
    assert "script-src 'self';" in mail


@pytest.mark.usefixtures("tree")
def test_post_to_a_file_changes_nothing(client: TestClient) -> None:
    assert client.post("/index.html").status_code == 405


def test_without_a_tree(client: TestClient) -> None:
    assert client.get("/").status_code == 404
