"""The documentation says what is: every key, every command, every link, every module."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import jinja2
import jinja2.meta
import jinja2.nodes
import pytest

from syndicate import config
from syndicate.cli import starter
from syndicate.core import attribution, frame, message
from syndicate.core import page as pages
from syndicate.settings import Column, Digest, Dkim, Mail, Rule, Selectors, Settings, Source

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "feeds/README.md",
                *DOCS.rglob("*.md")])  # fmt: skip
CONTRACT = ROOT.parent / "shared" / "contract.md"
SECTIONS: dict[type, str] = {
    Column: "[columns]",
    Rule: "[columns.rules]",
    Source: "[sources]",
    Selectors: "sources.select",
    Digest: "[digests]",
    Dkim: "mail.dkim",
}


def _generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tables(kind: type, path: str = "") -> dict[str, set[str]]:
    """The keys of every table of the configuration, by the heading that it has in the docs."""
    hints = get_type_hints(kind)
    found: dict[str, set[str]] = {}
    keys = set()
    for field in dataclasses.fields(kind):
        if kind is Settings and field.name in ("file", "unset"):
            continue
        name = "from" if (kind, field.name) == (Mail, "sender") else field.name
        inner: Any = hints[field.name]
        if get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        if dataclasses.is_dataclass(inner) and isinstance(inner, type):
            found |= _tables(inner, SECTIONS.get(inner, f"{path}.{name}".strip(".")))
            if inner not in (Rule, Selectors):
                continue  # a table of its own, with a section of its own
        keys.add(name)
    if path:
        found[path] = keys
    return found


def _documented() -> dict[str, set[str]]:
    text = (DOCS / "reference/config.md").read_text("utf-8")
    found = {}
    for heading, body in re.findall(r"^## (\[[^\n]+\])\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        found[heading[1:-1]] = set(re.findall(r"^\| `(\w+)` \|", body, re.M))
    return found


def test_every_key_is_documented_and_none_invented() -> None:
    assert _documented() == _tables(Settings)


def test_documented_defaults_are_the_programs() -> None:
    text = (DOCS / "reference/config.md").read_text("utf-8")
    for heading, body in re.findall(r"^## \[+([\w.]+)\]+\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        kind: Any = {c.__name__.lower() + "s": c for c in (Column, Source, Digest)}.get(heading)
        if kind is None:
            kind = Settings
            for name in heading.split("."):
                hint = get_type_hints(kind)[name] if kind else None
                kind = hint if dataclasses.is_dataclass(hint) else None
        for key, default in re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", body, re.M):
            field = next((f for f in dataclasses.fields(kind) if f.name == key), None)
            if field is None or field.default is dataclasses.MISSING or not field.repr:  # secrets
                continue
            value = (
                tomllib.loads(f"v = {default}")["v"] if default[:1] in '"[{0tf123456789' else None
            )
            if isinstance(value, list):
                value = tuple(value)
            if get_type_hints(kind)[key].__name__ == "timedelta":
                value = config.duration(value)
            if not isinstance(field.default, Selectors) and value is not None:
                assert value == field.default, f"{heading}.{key}"


def _told_of_templates() -> set[str]:
    """Every name that docs/templates.md puts in code, but for its examples."""
    text = re.sub(r"```.*?```", "", (DOCS / "templates.md").read_text("utf-8"), flags=re.S)
    return set(re.findall(r"[\w./*-]*\w", " ".join(re.findall(r"`([^`]+)`", text))))


def test_what_templates_are_given_is_documented() -> None:
    told, parser = _told_of_templates(), jinja2.Environment(autoescape=True)
    for file in sorted((ROOT / "templates").glob("*.*")):
        assert file.name in told
        tree = parser.parse(file.read_text("utf-8"))
        imported = {node.target for node in tree.find_all(jinja2.nodes.Import)}
        imported |= {name for node in tree.find_all(jinja2.nodes.FromImport) for name in node.names}
        assert jinja2.meta.find_undeclared_variables(tree) - imported <= told, file.name


@pytest.mark.parametrize(
    "kind",
    [
        *(
            pages.Item,
            pages.Section,
            pages.FrontPage,
            pages.ColumnPage,
            pages.ArticlePage,
            pages.Shown,
        ),
        *(pages.TextPage, pages.Read, pages.SourcesPage, pages.SearchPage, pages.EditionsPage),
        *(pages.EditionLink, frame.Frame, frame.Link, frame.Head, attribution.Row),
        *(message.MailItem, message.Group, message.EditionView),
    ],
)
def test_each_property_that_templates_may_ask_for_is_documented(kind: type) -> None:
    assert {field.name for field in dataclasses.fields(kind)} <= _told_of_templates()


def _keys(table: Any, path: str = "") -> set[str]:
    found = set()
    for key, value in table.items():
        found.add(f"{path}{key}")
        inner = (
            value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        )
        if isinstance(inner, dict):
            found |= _keys(inner, f"{path}{key}.")
    return found


def test_init_writes_the_keys_of_the_contract() -> None:
    if not CONTRACT.exists():
        pytest.skip("the contract is not beside the repository")
    block = re.search(r"```toml\n(.*?)```", CONTRACT.read_text("utf-8"), re.S)
    assert block is not None
    wanted = _keys(tomllib.loads(block[1])) - {"sources.url"}  # its sample source has a path
    assert wanted <= _keys(tomllib.loads(starter.CONFIG))


@pytest.mark.parametrize(
    "path", [p for p in _generate().pages()], ids=lambda p: str(p.relative_to(ROOT))
)
def test_what_is_made_from_the_program_is_current(path: Path) -> None:
    made = _generate().pages()[path]
    assert path.read_text("utf-8") == made, "run `python docs/generate.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for target in (one or two for one, two in targets):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        file = page.parent / place if place else page
        assert file.exists(), target
        if anchor:
            assert anchor in _anchors(file), target


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_text_exist(page: Path) -> None:
    """Every `syndicate WORD` in code is a command; every second word of a group, too."""
    generate = _generate()
    known = {name for name, _ in generate.commands()}
    first = {name.split()[0] for name in known}
    groups = {name.split()[0] for name in known if " " in name}
    code = re.findall(r"```.*?```|`[^`\n]+`", page.read_text("utf-8"), re.S)
    pattern = (
        r"(?:^|[\s/`])syndicate (?!syndicate )(?:--config \S+ )?([a-z][a-z-]+)(?: ([a-z][a-z-]+))?"
    )
    for word, second in (m for block in code for m in re.findall(pattern, block)):
        assert word in first, f"syndicate {word}"
        if word in groups and second:
            assert f"{word} {second}" in known, f"syndicate {word} {second}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_toml_in_the_text_is_valid(page: Path) -> None:
    """Samples are TOML, and their keys are keys of the configuration."""
    for block in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.S):
        tables = tomllib.loads(block)
        if set(tables) <= {f.name for f in dataclasses.fields(Settings)}:
            tables.setdefault("site", {}).setdefault("name", "x")
            tables["site"].setdefault("url", "https://news.example/")
            reading = config._Reading(Path("config.toml"), "")
            config._build(Settings, {**tables, "file": Path("config.toml")}, "", reading)
            assert not [
                str(p) for p in reading.problems(warnings=False) if "is required" not in p.message
            ]


def test_as_a_site_every_link_and_anchor_is_there(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("build", DOCS / "build.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.build(tmp_path) == len(list(tmp_path.rglob("*.html")))
    anchors: dict[Path, set[str]] = {}
    links = []
    for page in tmp_path.rglob("*.html"):
        text = page.read_text("utf-8")
        anchors[page] = set(re.findall(r' id="([^"]+)"', text))
        links += [(page, to) for to in re.findall(r'(?:href|src)="([^"]+)"', text)]
    for page, to in links:
        if re.match(r"[a-z]+:", to):
            continue
        name, _, anchor = to.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), (page, to)
        assert not anchor or anchor in anchors[target], (page, to)
