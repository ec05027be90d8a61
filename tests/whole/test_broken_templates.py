"""A digest whose subject or template is broken: named by check, held, and no harm to the others."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sites import Site

CONFIG = """
[[digests]]
id = "good"
title = "好的摘要"
[[digests]]
id = "bad"
title = "坏的摘要"
{more}
[[sources]]
id = "notes"
type = "folder"
path = "notes"
own = true
"""
FIRST, DUE, LATER = (f"2026-11-{day}T08:00:00+08:00" for day in (23, 24, 25))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose digests were first seen a day before they are due."""
    made = Site(tmp_path_factory.mktemp("running"), at=FIRST)
    made.write("notes/first.md", "---\ntitle: 第一篇\ndate: 2026-11-20\n---\n正文。\n")
    made.config(CONFIG.format(more=""))
    made.run("subscribers", "add", "wang@mail.example")
    made.run("run")
    return made


@pytest.fixture
def site(running: Site, tmp_path: Path) -> Site:
    return running.copy(tmp_path)


def subjects(site: Site) -> list[str]:
    mails = [path.read_bytes() for path in (site.root / "var" / "mail" / "new").iterdir()]
    return sorted(str(message_from_bytes(m, policy=policy.default)["Subject"]) for m in mails)


def line_of(site: Site, text: str) -> int:
    lines = (site.root / "config.toml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


SUBJECTS = [
    pytest.param("{{ digest.title", "unexpected end", id="syntax"),
    pytest.param("{{ digest.titel }}", "titel", id="a name that is not there"),
    pytest.param("{{ nobody }}", "nobody", id="nothing of that name"),
    pytest.param("{{ 1 / 0 }}", "division", id="an error while it runs"),
    pytest.param("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion", id="no end"),
    pytest.param("{{ ''.__class__.mro() }}", "unsafe", id="what the sandbox forbids"),
]


@pytest.mark.parametrize(("subject", "what"), SUBJECTS)
def test_a_broken_subject(site: Site, subject: str, what: str) -> None:
    site.config(CONFIG.format(more=f'subject = "{subject}"'))
    checked = site.run("check", status=1)
    place = f"config.toml:{line_of(site, 'subject')}: digests[1].subject: "
    assert re.search(re.escape(place) + rf".*{what}", checked.out + checked.err)
    report = site.json("run", at=DUE)
    assert report["digests"]["editions"] == 2
    (problem,) = [p["error"] for p in report["problems"]]
    assert problem.startswith("edition bad-20261124T0800 is held: cannot be rendered: the subject")
    assert what in problem
    assert subjects(site) == ["好的摘要 · 2026-11-24"]


TEMPLATES = [
    pytest.param("digest.html", "<p>\n{% if %}</p>", 2, id="syntax"),
    pytest.param("digest.html", "<p>\n\n{{ nonesuch }}</p>", 3, id="an unknown name"),
    pytest.param("digest.txt", "a\n{{ edition.nonesuch }}", 2, id="in the text part"),
    pytest.param("digest.html", '{% include "nonesuch.html" %}', 1, id="includes what is not"),
]


@pytest.mark.parametrize(("name", "text", "line"), TEMPLATES)
def test_a_broken_template_and_mended(site: Site, name: str, text: str, line: int) -> None:
    other = "own." + name.partition(".")[2]
    site.config(CONFIG.format(more='template = "own"'))
    for suffix in ("html", "txt"):
        site.write(f"templates/own.{suffix}", f'{{% include "digest.{suffix}" %}}\n')
    whole = (site.root / "templates" / other).read_text()
    site.write(f"templates/{other}", text)
    checked = site.run("check", status=1)
    assert f"templates/{other}:{line}: " in checked.out + checked.err
    report = site.json("run", at=DUE)
    problems = [p["error"] for p in report["problems"]]
    assert problems[0].startswith("edition bad-20261124T0800 is held: cannot be rendered: ")
    assert f"{other}:{line}" in problems[0]
    assert subjects(site) == ["好的摘要 · 2026-11-24"]
    refused = site.run("digest", "approve", "bad-20261124T0800", at=DUE, status=2)
    assert "the next run composes the edition" in refused.err
    (_, bad) = site.json("digest", "list", at=DUE)
    assert [e["state"] for e in bad["editions"]] == ["held"]
    site.write(f"templates/{other}", whole)
    assert site.json("run", at=LATER)["problems"] == []
    assert subjects(site) == ["坏的摘要 · 2026-11-25", "好的摘要 · 2026-11-24"]


def test_a_subject_with_a_line_break_is_one_line(site: Site) -> None:
    subject = "{{ digest.title }}\\r\\nBcc: x@y.example"
    site.config(CONFIG.format(more=f'subject = "{subject}"'))
    site.run("check")
    site.run("run", at=DUE)
    assert subjects(site) == ["坏的摘要 Bcc: x@y.example", "好的摘要 · 2026-11-24"]


def test_what_was_taken_down_does_not_leave_with_a_broken_template(site: Site) -> None:
    site.write("notes/second.md", "---\ntitle: 第二篇\ndate: 2026-11-20\n---\n别的内容。\n")
    site.config(CONFIG.format(more="") + '[mail]\nroute = "smtp://127.0.0.1:9"\n')
    site.run("run", at=DUE, status=1)
    site.write("templates/digest.html", "{{ nonesuch }}")
    (id,) = [row["id"] for row in site.json("list") if row["title"] == "第二篇"]
    site.run("retract", id, "--reason", "test", at=DUE)
    site.config(CONFIG.format(more=""))
    site.run("deliver", at=DUE, status=None)
    assert not (site.root / "var" / "mail" / "new").exists() or subjects(site) == []
    (good, _) = site.json("digest", "list", at=DUE)
    assert "without what was taken down" in good["editions"][0]["reason"]
    (site.root / "templates" / "digest.html").unlink()
    site.run("digest", "approve", good["editions"][0]["id"], at=DUE)
    site.run("deliver", at=DUE)
    assert subjects(site) == ["好的摘要 · 2026-11-24"]
    (mail,) = (site.root / "var" / "mail" / "new").iterdir()
    body = message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("plain",))
    assert body is not None
    assert "第一篇" in body.get_content()
    assert "第二篇" not in body.get_content()
