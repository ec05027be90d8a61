"""Terms of a source, from its feed and pages to our pages, feeds and sitemap."""

from __future__ import annotations

import json

from sites import FeedServer, Site, item, rss

LATER = "2026-11-25T08:00:00+08:00"
PAGE = """<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>
<p>清河上的新大桥昨天合龙，两岸的村子第一次有了直通的路，这一天等了三十年。</p></article></body></html>"""


def fetched(site: Site, server: FeedServer) -> Site:
    return site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n[[sources]]\nid = "gov"\n'
        f'url = "{server.url("/rss.xml")}"\nfulltext = true\n'
    )


def test_a_page_that_forbids_is_passed_on_and_kept_to(site: Site, server: FeedServer) -> None:
    head = '<meta name="robots" content="noai, noindex"><meta name="tdm-policy" content="https://o.example/t">'
    server.serve(
        "/1", PAGE.format(title="合龙", head=head), X_Robots_Tag="noarchive", TDM_Reservation="1"
    )
    server.serve("/2", PAGE.format(title="通车", head=""))
    server.serve("/rss.xml", rss(item(1, link=server.url("/1")), item(2, link=server.url("/2"))))
    fetched(site, server).run("run")
    one, two = (
        next(e["id"] for e in site.json("list") if e["title"] == f"第{n}篇报道") for n in (1, 2)
    )
    page = (site.feeds / f"articles/{one}.html").read_text("utf-8")
    assert '<meta name="robots" content="noarchive, noai, noindex">' in page
    assert '<meta name="tdm-reservation" content="1">' in page
    assert '<meta name="tdm-policy" content="https://o.example/t">' in page
    assert "使用限制" in page
    other = (site.feeds / f"articles/{two}.html").read_text("utf-8")
    assert 'name="robots"' not in other
    assert "使用限制" not in other
    sitemap = (site.feeds / "sitemap.xml").read_text("utf-8")
    assert one not in sitemap
    assert two in sitemap
    assert 'name="robots" content="noarchive, noai, noindex"' in (site.feeds / "rss.xml").read_text(
        "utf-8"
    )
    items = {
        i["_syndicate"]["original_id"]: i
        for i in json.loads((site.feeds / "feed.json").read_bytes())["items"]
    }
    assert sum("terms" in i["_syndicate"] for i in items.values()) == 1
    assert site.json("show", one)["terms"]["tdm_reservation"] is True
    assert any(d["what"] == "terms" for d in site.json("why", one)["decisions"])
    assert site.json("verify")["problems"] == []
    spoilt = page.replace("noarchive, ", "")
    (site.feeds / f"articles/{one}.html").write_text(spoilt, "utf-8")
    (problem,) = site.json("verify", status=1)["problems"]
    assert (problem["field"], problem["stored"]) == ("robots", "noarchive")


def test_the_robots_header_of_a_feed_is_about_the_feed(site: Site, server: FeedServer) -> None:
    server.serve("/rss.xml", rss(item(1)), X_Robots_Tag="noindex, follow")
    site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n[[sources]]\nid = "gov"\nurl = "{server.url("/rss.xml")}"\n'
    )
    site.run("run")
    assert site.entry()["terms"] is None


def test_what_a_feed_forbids_later_holds_for_what_is_known_and_ends_when_it_does(
    site: Site,
) -> None:
    site.config('[[sources]]\nid = "gov"\npath = "gov.xml"\n')
    plain = rss(item(1), item(2))
    marked = plain.replace(
        "<description>d</description>",
        '<meta xmlns="http://www.w3.org/1999/xhtml" name="robots" content="noai"/>',
    )
    site.write("gov.xml", plain)
    site.run("run")
    before = site.published()
    site.write("gov.xml", marked)
    site.run("run", at=LATER)
    assert {tuple(site.json("show", e["id"])["terms"]["robots"]) for e in site.json("list")} == {
        ("noai",)
    }
    site.write("gov.xml", plain)
    site.run("run", at="2026-11-26T08:00:00+08:00")
    assert site.published() == before


def test_statements_of_the_site_come_and_go_with_the_config(site: Site) -> None:
    site.run("publish")
    before = site.published()
    site.config(
        "[site.trust]\nmember = ['https://association.example/']\nsocial = ['https://social.example/us']\n"
        "contact = ['mailto:us@news.example']\ndatatrainingallowed = 'no'\n"
        "[site.tdm]\nreservation = true\npolicy = 'https://news.example/tdm.json'\n"
    )
    site.run("publish")
    stated = (site.feeds / "trust.txt").read_text("utf-8").splitlines()
    assert [line for line in stated if not line.startswith("#")] == [
        "member=https://association.example/", "social=https://social.example/us",
        "contact=mailto:us@news.example", "datatrainingallowed=no",
    ]  # fmt: skip
    assert (site.feeds / ".well-known/trust.txt").read_text("utf-8").splitlines() == stated
    assert json.loads((site.feeds / ".well-known/tdmrep.json").read_bytes()) == [
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://news.example/tdm.json"}
    ]
    assert site.json("verify")["problems"] == []
    site.config("")
    site.run("publish")
    assert site.published() == before
    assert site.json("verify")["problems"] == []


def test_what_is_no_address_is_refused(site: Site) -> None:
    site.config('[site.trust]\nmember = ["association"]\n[site.tdm]\npolicy = "terms"\n')
    said = site.run("check", status=1).out
    assert "site.trust.member[0]" in said
    assert "site.tdm.policy" in said
