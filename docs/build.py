"""The documentation as a site: `python docs/build.py [FOLDER]` (`make docs`: var/docs).

Every page of docs/ with README and changes, for any web server or a browser on the files; the
contents beside each page are the lists of docs/index.md. No script, nothing from elsewhere.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
_BESIDE = ("README.md", "CHANGELOG.md", "LICENSE")  # pages outside docs/
_COPIED = {".png", ".svg", ".1"}
_STYLE = """
:root { color-scheme: light dark; --ground: #fdfcfa; --text: #1b1b1b; --quiet: #5c5c5c;
  --line: #dedbd5; --accent: #9b1c1c; --code: #f3f1ec; }
@media (prefers-color-scheme: dark) { :root { --ground: #17181a; --text: #e6e4e0; --quiet: #a3a09a;
  --line: #34363a; --accent: #f08a80; --code: #222428; } }
body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
  font: 17px/1.65 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
.page { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 76rem; margin: 0 auto; }
nav, main { padding: 24px 20px; }
nav { font-size: 15px; border-top: 1px solid var(--line); order: 2; }
nav h2 { font-size: 15px; margin: 16px 0 4px; } nav ul { padding-left: 18px; margin: 0; }
a { color: var(--accent); } nav [aria-current] { color: var(--text); font-weight: 600; }
h1, h2, h3 { line-height: 1.3; } pre, code { background: var(--code); border-radius: 4px; }
code { padding: 1px 4px; font-size: .92em; } pre { padding: 12px; overflow-x: auto; }
pre code { padding: 0; } img { max-width: 100%; height: auto; } table { border-collapse: collapse; }
.wide { overflow-x: auto; } th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--line); } :focus-visible { outline: 2px solid var(--accent); }
@media (min-width: 60rem) { .page { grid-template-columns: 17rem minmax(0, 46rem); gap: 32px; }
  nav { border: 0; order: 0; } }
"""


def pages() -> dict[str, Path]:
    """Each page's address in the site, and the file it is made of."""
    found = {path.relative_to(ROOT / "docs"): path for path in (ROOT / "docs").rglob("*.md")}
    made = {str(name.with_suffix(".html").as_posix()): path for name, path in found.items()}
    return made | {f"{Path(name).stem.lower()}.html": ROOT / name for name in _BESIDE}


def build(folder: Path) -> int:
    """Write the site; how many pages it has. Raises ValueError for a link that leads nowhere."""
    addresses = {path: address for address, path in pages().items()}
    contents = list(_contents(addresses))
    for path, address in addresses.items():
        target = folder / address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(path, address, addresses, contents), "utf-8")
    for path in (ROOT / "docs").rglob("*"):
        if path.suffix in _COPIED:
            target = folder / path.relative_to(ROOT / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    (folder / "style.css").write_text(_STYLE.lstrip(), "utf-8")
    return len(addresses)


def _contents(addresses: dict[Path, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The headings of docs/index.md with the links under each: (text, address)."""
    index = ROOT / "docs" / "index.md"
    heading: str = "Start"
    links: list[tuple[str, str]] = [("Overview", "index.html")]
    for line in index.read_text("utf-8").splitlines():
        if line.startswith("## "):
            yield heading, links
            heading, links = line[3:], []
        for text, to in re.findall(r"\[([^\]]+)\]\(([^)#]+)\)", line):
            path = (index.parent / to).resolve()
            if path in addresses:
                links.append((text, addresses[path]))
    yield heading, links


def _page(
    path: Path,
    address: str,
    addresses: dict[Path, str],
    contents: list[tuple[str, list[tuple[str, str]]]],
) -> str:
    text = path.read_text("utf-8")
    text = f"```text\n{text}\n```" if path.suffix != ".md" else re.sub(r"<!--.*?-->", "", text)
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    _mark(tokens, path, address, addresses)
    body = markdown.renderer.render(tokens, markdown.options, {})
    body = body.replace("<table>", '<div class="wide"><table>')
    body = body.replace("</table>", "</table></div>")
    found = re.search(r"^# (.+)$", text, re.M)
    title = found[1] if found else path.stem
    root = _relative("", address)
    beside = "".join(
        f"<h2>{html.escape(heading)}</h2><ul>{_links(links, address)}</ul>"
        for heading, links in contents
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)} · Syndicate</title>"
        f'<link rel="stylesheet" href="{root}style.css"></head>\n'
        f'<body><div class="page"><nav aria-label="Contents">{beside}</nav>\n'
        f"<main>{body}</main></div></body></html>\n"
    )


def _links(links: list[tuple[str, str]], at: str) -> str:
    return "".join(
        f'<li><a href="{_relative(to, at)}"{" aria-current=page" if to == at else ""}>'
        f"{html.escape(text)}</a></li>"
        for text, to in links
    )


def _mark(tokens: list[Token], path: Path, at: str, addresses: dict[Path, str]) -> None:
    """Headings get their anchors, links to files the addresses of their pages."""
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", tokens[number + 1].content.lower())
            token.attrSet("id", words.strip().replace(" ", "-"))
        for child in token.children or []:
            for name in ("href", "src"):
                to = str(child.attrGet(name) or "")
                if to and not re.match(r"[a-z]+:|#", to):
                    child.attrSet(name, _address(to, path, at, addresses))
        for each in (token, *(token.children or ())):
            if each.type in ("html_block", "html_inline"):
                each.content = re.sub(
                    r'((?:src|href|srcset)=")([^"#:]+)(?=")',
                    lambda found: found[1] + _address(found[2], path, at, addresses),
                    each.content,
                )


def _address(to: str, path: Path, at: str, addresses: dict[Path, str]) -> str:
    name, _, anchor = to.partition("#")
    file = (path.parent / name).resolve()
    if file in addresses:
        return _relative(addresses[file], at) + (f"#{anchor}" if anchor else "")
    if file.is_relative_to(ROOT / "docs") and file.suffix in _COPIED and file.is_file():
        return _relative(file.relative_to(ROOT / "docs").as_posix(), at)
    raise ValueError(f"{path}: {to} is in no page of the site")


def _relative(to: str, at: str) -> str:
    found = os.path.relpath(to or ".", PurePosixPath(at).parent)
    return found if to else ("" if found == "." else f"{found}/")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "docs"
    sys.stdout.write(f"{build(target)} pages: {target / 'index.html'}\n")
