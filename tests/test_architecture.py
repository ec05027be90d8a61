"""The shape of the house: what import-linter cannot see (style.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "syndicate"
# What would make a decision depend on the machine or the moment
IMPURE_MODULES = {"logging", "random", "secrets", "socket", "subprocess", "time", "os", "asyncio"}
IMPURE_CALLS = {"open", "print", "input"}
IMPURE_METHODS = {"now", "today", "utcnow", "read_text", "write_text", "read_bytes", "write_bytes"}
NAMELESS = {"utils", "helpers", "common", "base", "manager", "service", "misc"}
CORE = sorted((PACKAGE / "core").rglob("*.py"))
ALL = sorted(PACKAGE.rglob("*.py"))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_core_has_no_input_output_clock_or_chance(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not IMPURE_MODULES & set(_imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in IMPURE_CALLS, f"line {node.lineno}"
            if isinstance(called, ast.Attribute):
                assert called.attr not in IMPURE_METHODS, f"line {node.lineno}"


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem not in NAMELESS
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "no docstring"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom syndicate.cli.main import program\n"
        "program.main(['--help'], standalone_mode=False)\n"
        "heavy = {'sqlalchemy', 'numpy', 'lxml', 'jinja2', 'httpcore2', 'feedparser', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_what_stores_loads_nothing_of_what_reads() -> None:
    code = (
        "import sys\nimport syndicate.jobs.ingest, syndicate.jobs.ingest.intake\n"
        "heavy = {'numpy', 'lxml', 're2', 'opencc', 'selectolax', 'syndicate.core.normalize'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_alembic_is_not_imported_for_a_database_that_is_as_it_should_be(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from syndicate.adapters.store import open_database\n"
        f"for _ in range(2): open_database('sqlite:{tmp_path / 'x.db'}').close()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_place_of_one_machine_stands_in_a_file() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if name]
    found = [
        name
        for name in names
        if (ROOT / name).is_file()
        and name.endswith((".py", ".md", ".toml", ".html", ".txt", ".lock", ".xml"))
        and ("/" + "work/main") in (ROOT / name).read_text("utf-8", "replace")
    ]
    assert found == []
