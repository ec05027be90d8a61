"""Takes the pictures of this folder anew: `.venv/bin/python docs/pictures/take.py`.

The repository's own site is made in a temporary folder, at a fixed moment, and photographed by
the distribution's Chromium. Needs the environment of `make test`, and Pillow, where it is
installed, to make the files small. Pictures that come out the same are not touched.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MOMENT = "2026-11-24T08:00+08:00"
WIDTHS = {"page": (390, 1280), "mail": (390, 700)}
HEIGHTS = {390: 844, 700: 900, 1280: 800}
ARTICLE = 1480  # high enough for the attribution and the notices under the text
LARGEST = 120_000
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def make_site(folder: Path) -> tuple[dict[str, str], Path]:
    """The sample site in a folder: the addresses of what is to be seen, and the tree's root."""
    for name in ("config.toml", "articles", "templates"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    syndicate = [sys.executable, "-m", "syndicate", "--config", str(folder / "config.toml")]

    def run(*words: str) -> str:
        command = [*syndicate, *words, "--at", MOMENT]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout

    run("run", "--json")
    run("digest", "preview", "daily", "--out", str(folder / "feeds"))
    listed = json.loads(run("list", "--source", "portal", "--json"))
    reprint = next(e["id"] for e in listed if e["attribution"]["authors"][0]["name"] == "佚名")
    pages = {"front": "index.html", "column": "law/index.html"}
    return {**pages, "article": f"articles/{reprint}.html", "mail": "daily.html"}, folder / "feeds"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder over HTTP on a free port of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def take(base: str, pages: dict[str, str], out: Path) -> None:
    """Every page at its widths, light and dark."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, path in pages.items():
            for width in WIDTHS["mail" if name == "mail" else "page"]:
                high = ARTICLE if name == "article" and width > 390 else HEIGHTS[width]
                for scheme in ("light", "dark"):
                    page = browser.new_page(
                        viewport={"width": width, "height": high}, color_scheme=scheme
                    )
                    page.goto(base + path)
                    page.screenshot(path=out / f"{name}-{width}-{scheme}.png")
                    page.close()
        browser.close()


def shrink(file: Path) -> None:
    """A palette instead of true colour: a third of the bytes, and no eye sees it."""
    try:
        from PIL import Image  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        pass
    else:
        with Image.open(file) as image:
            small = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(file, optimize=True)
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file.name} has {file.stat().st_size} bytes")


def main() -> None:
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as shots:
        pages, tree = make_site(Path(made))
        with served(tree) as base:
            take(base, pages, Path(shots))
        for file in sorted(Path(shots).glob("*.png")):
            shrink(file)
            target = HERE / file.name
            if not target.exists() or target.read_bytes() != file.read_bytes():
                target.write_bytes(file.read_bytes())
                print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
