"""Local copies of pictures, through the command line: fetched, cleaned, shown, taken down."""

from __future__ import annotations

from pathlib import Path

import pytest
from images import exif, jpeg, png, tiff
from sites import FeedServer, Site, item, rss

LATER = "2026-11-24T12:00:00+08:00"


def with_pictures(server: FeedServer, number: int, *paths: str) -> str:
    images = "".join(f'<p>图<img src="{server.url(path)}" alt="桥"></p>' for path in paths)
    body = f"<![CDATA[<p>第{number}篇，{'甲乙丙丁戊己'[number]}村修桥的事。</p>{images}]]>"
    return item(number, **{"content:encoded": body})


@pytest.fixture
def copying(site: Site, server: FeedServer) -> Site:
    return configured(site, server, "copies = true")


def configured(site: Site, server: FeedServer, media: str, source: str = "") -> Site:
    return site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n[media]\n{media}\n'
        f'[[sources]]\nid = "gov"\nurl = "{server.url("/rss.xml")}"\nlicence = "CC BY 4.0"\n{source}'
    )


def copies(site: Site) -> list[str]:
    return sorted(path for path in site.published() if path.startswith("media/"))


def page(site: Site, entry: str) -> str:
    return (site.feeds / f"articles/{entry}.html").read_text("utf-8")


def test_a_picture_is_copied_without_its_place_and_shown_from_here(
    copying: Site, server: FeedServer
) -> None:
    server.serve("/a.jpg", jpeg(exif(tiff())))
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/a.jpg")))
    copying.run("run")
    (file,) = copies(copying)
    data = (copying.feeds / file).read_bytes()
    assert b"Zhou Wangshu" in data
    assert b"GPS" not in data
    entry = copying.entry()
    assert f'src="../{file}" alt="桥"' in page(copying, entry["id"])
    assert entry["pictures"] == [
        {"url": server.url("/a.jpg"), "caption": None, "credit": None, "rights": None, "copy": file}
    ]
    assert f"https://news.example/{file}" in (copying.feeds / "rss.xml").read_text("utf-8")
    assert copying.json("verify")["problems"] == []
    before = copying.published()
    asked = len(server.asked)
    copying.run("publish")
    assert copying.published() == before
    assert len(server.asked) == asked


def test_what_may_not_be_copied_stays_linked(copying: Site, server: FeedServer) -> None:
    server.serve("/robots.txt", "User-agent: *\nDisallow: /private/\n")
    server.serve("/private/a.jpg", jpeg())
    server.serve("/page.jpg", "<html>no picture</html>")
    server.serve("/bomb.png", png(width=20_000, height=20_000))
    server.serve("/script.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    paths = ("/private/a.jpg", "/page.jpg", "/bomb.png", "/script.svg", "/missing.jpg")
    server.serve("/rss.xml", rss(with_pictures(server, 1, *paths)))
    problems = [p["error"] for p in copying.json("run")["problems"]]
    assert copies(copying) == []
    html = page(copying, copying.entry()["id"])
    for path in paths:
        assert server.url(path) in html
    assert any("20000 × 20000 pixels" in problem for problem in problems)
    assert sum("is no JPEG" in problem for problem in problems) == 2
    assert ("/private/a.jpg", 200) not in server.asked


def test_what_failed_is_tried_again_and_then_shown(copying: Site, server: FeedServer) -> None:
    server.fail("/a.jpg", 503)
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/a.jpg")))
    copying.run("run")
    assert copies(copying) == []
    server.serve("/a.jpg", jpeg())
    copying.run("publish")
    assert copies(copying) == []
    copying.run("publish", at=LATER)
    (file,) = copies(copying)
    assert file in page(copying, copying.entry()["id"])


def test_limits_of_a_file_and_of_an_entry(site: Site, server: FeedServer) -> None:
    configured(site, server, "copies = true\nmax_bytes = 3000\nentry_bytes = 1500")
    server.serve("/large.jpg", jpeg(seed=b"\x11" * 4000))
    server.serve("/one.jpg", jpeg(seed=b"\x11" * 1000))
    server.serve("/two.jpg", jpeg(seed=b"\x22" * 1000))
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/large.jpg", "/one.jpg", "/two.jpg")))
    problems = [p["error"] for p in site.json("run")["problems"]]
    assert len(copies(site)) == 1
    assert any("more than media.entry_bytes" in problem for problem in problems)


def test_a_takedown_takes_copies_too_but_not_those_of_others(
    copying: Site, server: FeedServer
) -> None:
    server.serve("/own.jpg", jpeg(seed=b"\x11"))
    server.serve("/both.jpg", jpeg(seed=b"\x22"))
    server.serve("/same.jpg", jpeg(seed=b"\x22"))
    server.serve(
        "/rss.xml",
        rss(
            with_pictures(server, 1, "/own.jpg", "/both.jpg"), with_pictures(server, 2, "/same.jpg")
        ),
    )
    copying.run("run")
    assert len(copies(copying)) == 2
    first = next(e for e in copying.json("list") if e["title"] == "第1篇报道")
    (shared,) = {
        p["copy"] for p in copying.json("show", first["id"])["pictures"] if "both" in p["url"]
    }
    asked = len(server.asked)
    copying.run("retract", first["id"], "--reason", "权利人要求")
    assert copies(copying) == [shared]
    assert len(server.asked) == asked
    assert copying.json("verify")["problems"] == []
    second = next(e for e in copying.json("list") if e["title"] == "第2篇报道")
    copying.run("retract", second["id"], "--reason", "权利人要求")
    assert copies(copying) == []
    copying.run("restore", first["id"])
    copying.run("publish")
    assert len(copies(copying)) == 2
    assert shared in page(copying, first["id"])
    assert copying.json("verify")["problems"] == []


def test_verify_tells_of_copies_that_are_missing_changed_or_strange(
    copying: Site, server: FeedServer
) -> None:
    for name in "ab":
        server.serve(f"/{name}.jpg", jpeg(seed=name.encode()))
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/a.jpg", "/b.jpg")))
    copying.run("run")
    one, two = copies(copying)
    (copying.feeds / one).unlink()
    (copying.feeds / two).write_bytes(b"another")
    copying.write("feeds/media/zz/strange.jpg", b"x")
    found = {(p["file"], p["field"]) for p in copying.json("verify", status=1)["problems"]}
    assert found == {(one, "presence"), (two, "file"), ("media/zz/strange.jpg", "absence")}


def test_a_picture_that_the_source_takes_out_goes(copying: Site, server: FeedServer) -> None:
    server.serve("/a.jpg", jpeg())
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/a.jpg")))
    copying.run("run")
    assert len(copies(copying)) == 1
    server.serve("/rss.xml", rss(with_pictures(server, 1)))
    copying.run("ingest", "gov")
    copying.run("publish")
    assert copies(copying) == []
    assert copying.json("verify")["problems"] == []


def test_copies_come_and_go_with_the_config(site: Site, server: FeedServer) -> None:
    configured(site, server, "copies = false")
    server.serve("/a.jpg", jpeg())
    server.serve("/rss.xml", rss(with_pictures(server, 1, "/a.jpg")))
    site.run("run")
    linked = site.published()
    assert copies(site) == []
    configured(site, server, "copies = false", 'pictures = "copy"')
    site.run("publish")
    assert len(copies(site)) == 1
    configured(site, server, "copies = true", 'pictures = "none"')
    site.run("publish")
    assert copies(site) == []
    assert "<img" not in page(site, site.entry()["id"])
    configured(site, server, "copies = false")
    site.run("publish")
    assert site.published() == linked
    assert site.json("verify")["problems"] == []


def test_a_column_named_media_and_copies_do_not_go_together(site: Site) -> None:
    site.config(
        '[media]\ncopies = true\n[[columns]]\nid = "media"\n[[sources]]\nid = "a"\npath = "a"\ntype = "folder"\n'
    )
    ran = site.run("check", status=1)
    assert "folder of copied pictures" in ran.out + ran.err
    site.config('[[columns]]\nid = "media"\n[[sources]]\nid = "a"\npath = "a"\ntype = "folder"\n')
    (site.root / "a").mkdir()
    assert "copied pictures" not in site.run("check", status=None).out


def test_private_addresses_are_not_asked_for_pictures(site: Site, server: FeedServer) -> None:
    site.config(
        '[media]\ncopies = true\n[[sources]]\nid = "gov"\npath = "gov.xml"\nlicence = "CC0"\n'
    )
    server.serve("/a.jpg", jpeg())
    site.write("gov.xml", rss(with_pictures(server, 1, "/a.jpg")))
    site.run("run")
    assert server.asked == []
    assert not Path(site.feeds / "media").exists()
