"""Two real processes publish one site: one after the other, and the output is whole."""

from __future__ import annotations

from sites import Site, item, rss

from syndicate.adapters.store import open_database, turn

CONFIG = """
[[columns]]
id = "law"
title = "法治"
[[sources]]
id = "a"
path = "a.xml"
column = "law"
"""


def _site(site: Site) -> Site:
    site.config(CONFIG)
    site.write("a.xml", rss(*(item(n) for n in range(1, 9))))
    site.run("ingest")
    return site


def test_the_second_waits_and_finds_it_done(site: Site) -> None:
    _site(site)
    database = open_database(f"sqlite:{site.root}/var/syndicate.db")
    with turn.publishing(database):
        processes = [site.process("publish", "--at", site.at) for _ in range(2)]
        for process in processes:
            assert process.stderr is not None
            assert "another process is publishing this site" in process.stderr.readline()
        assert not (site.feeds / "index.html").exists()
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert site.json("verify")["problems"] == []
    database.close()


def test_many_at_once_leave_what_one_does(site: Site) -> None:
    _site(site)
    processes = [site.process("run", "--at", site.at) for _ in range(3)]
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    whole = site.published()
    assert site.json("verify")["problems"] == []
    site.run("publish")
    assert site.published() == whole
