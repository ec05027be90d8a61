"""Themes: overriding file by file, inheriting, and being told what is wrong and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicate.adapters.templates import Templates
from syndicate.core import sample
from syndicate.errors import TemplateError
from syndicate.settings import Column, Digest, Settings, Site

BUILT_IN = Path(__file__).resolve().parents[2] / "templates"
SETTINGS = Settings(
    site=Site("示例站", "https://news.example/", sponsor="主办者"),
    file=Path("config.toml"),
    columns=(Column("law", "法治"), Column("rest", rest=True)),
    digests=(Digest("daily", "每日"),),
)


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def test_the_built_in_ones_are_whole() -> None:
    assert Templates([BUILT_IN]).check(sample.contexts(SETTINGS)) == ()


def test_an_override_may_extend_what_it_hides(theme: Path) -> None:
    (theme / "article.html").write_text(
        '{% extends "builtin/article.html" %}{% block head %}<meta name="theme">{{ super() }}{% endblock %}'
    )
    html = Templates([theme, BUILT_IN]).render(
        "article.html", sample.contexts(SETTINGS)["article.html"]
    )
    assert '<meta name="theme">' in html
    assert 'class="attribution"' in html


def test_a_part_is_overridden_alone(theme: Path) -> None:
    (theme / "header.html").write_text("<header>{{ frame.site.name }}!</header>")
    html = Templates([theme, BUILT_IN]).render(
        "index.html", sample.contexts(SETTINGS)["index.html"]
    )
    assert "<header>示例站!</header>" in html
    assert 'class="front"' in html


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        pytest.param("<p>\n{% if %}", 2, "Expected", id="syntax"),
        pytest.param("<p>\n\n{{ pgae.title }}", 3, "'pgae' is undefined", id="unknown name"),
        pytest.param("\n{{ page.titel }}", 2, "titel", id="unknown field"),
        pytest.param("\n{{ ''.__class__.__mro__ }}", 2, "unsafe", id="out of the sandbox"),
        pytest.param("\n{% include 'nowhere.html' %}", 2, "nowhere.html", id="no such template"),
        pytest.param("\n{{ 1 // 0 }}", 2, "zero", id="arithmetic"),
        pytest.param("\n{{ range(10 ** 9) }}", 2, "Range too big", id="endless"),
    ],
)
def test_what_is_wrong_and_where(theme: Path, source: str, line: int, words: str) -> None:
    (theme / "notices.html").write_text(source)
    templates, contexts = Templates([theme, BUILT_IN]), sample.contexts(SETTINGS)
    with pytest.raises(TemplateError) as raised:
        templates.render("notices.html", contexts["notices.html"])
    assert (raised.value.file, raised.value.line) == (str(theme / "notices.html"), line)
    assert words in raised.value.what
    (problem,) = templates.check(contexts)
    assert (problem.file, problem.line) == (str(theme / "notices.html"), line)


def test_a_template_that_is_not_there() -> None:
    with pytest.raises(TemplateError, match=r"nowhere\.html"):
        Templates([BUILT_IN]).render("nowhere.html", {})


def test_a_template_that_extends_itself(theme: Path) -> None:
    (theme / "notices.html").write_text('{% extends "notices.html" %}')
    with pytest.raises(TemplateError):
        Templates([theme, BUILT_IN]).render("notices.html", {})


def test_the_fingerprint_follows_every_source(theme: Path) -> None:
    before = Templates([theme, BUILT_IN]).fingerprint()
    (theme / "style.css").write_text("body {}")
    after = Templates([theme, BUILT_IN]).fingerprint()
    assert before != after
    assert after == Templates([theme, BUILT_IN]).fingerprint()


def test_compiled_templates_are_kept(theme: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    context = sample.contexts(SETTINGS)["notices.html"]
    first = Templates([theme, BUILT_IN], cache).render("notices.html", context)
    assert list(cache.iterdir())
    assert Templates([theme, BUILT_IN], cache).render("notices.html", context) == first
    (theme / "notices.html").write_text("other")
    assert Templates([theme, BUILT_IN], cache).render("notices.html", context) == "other"


def test_subjects_are_one_line_of_plain_text() -> None:
    made = Templates([BUILT_IN]).render_text("{{ a }} · <b>", {"a": "甲\r\nBcc: x & y"})
    assert made == "甲 Bcc: x & y · <b>"
