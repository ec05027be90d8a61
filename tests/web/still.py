"""A running site without a daemon: one database, a clock that is set, and what was woken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.files import template_folders
from syndicate.settings import (
    Column,
    Contact,
    Digest,
    Mail,
    Notices,
    Settings,
    Site,
    Source,
    Storage,
    Web,
)
from syndicate.web import create
from syndicate.wiring import Application

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
TOKEN = "a-token-for-the-desk"


def settings_in(folder: Path, **web: Any) -> Settings:
    """A small site with two public digests and one for invited people."""
    output = folder / "feeds"
    output.mkdir(exist_ok=True)
    return Settings(
        site=Site(
            "清河观察",
            "https://news.example/",
            contact=Contact(email="editor@news.example", address=("清河县示例路 1 号",)),
            notices=Notices(takedown_days=30),
        ),
        file=folder / "config.toml",
        storage=Storage("sqlite:unused", str(output)),
        columns=(Column("law", "法治"), Column("life", "生活"), Column("rest", "其他", rest=True)),
        sources=(Source("gov", url="https://gov.example/rss.xml", timezone="Asia/Shanghai"),),
        digests=(
            Digest("daily", "每日摘要", timezone="Asia/Shanghai"),
            Digest("weekly", "每周摘要", schedule="0 8 * * 1", timezone="Asia/Shanghai"),
            Digest("board", "理事会", timezone="Asia/Shanghai", public=False),
        ),
        mail=Mail(sender="digest@news.example"),
        web=Web(secret="a secret of the site", **{"admin_token": TOKEN, **web}),
    )


@dataclass
class Still:
    """The site as the web side sees it."""

    settings: Settings
    database: Database
    now: datetime = NOW
    woken: list[tuple[str, ...]] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.templates = Templates(template_folders(self.settings))

    @contextmanager
    def application(self) -> Iterator[Application]:
        app = Application(self.settings, self.now)
        app.__dict__["database"] = self.database
        app.__dict__["templates"] = self.templates
        yield app

    def wake(self, what: str, *names: str) -> None:
        self.woken.append((what, *names))

    def ready(self) -> dict[str, str]:
        return self.wrong

    def jobs(self) -> Sequence[Any]:
        return ()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def client(self, address: str = "198.51.100.7", **options: Any) -> TestClient:
        """A browserless client at an address."""
        return TestClient(
            create(self),
            base_url="https://news.example",
            client=(address, 40000),
            follow_redirects=False,
            **options,
        )


def hidden(page: str, name: str = "form") -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def letters(site: Still) -> list[dict[str, Any]]:
    """Every letter that waits: to whom, subject, text, and the link in it."""
    from syndicate.adapters.store import outbox

    with site.database.read() as conn:
        rows = conn.execute(
            outbox.messages.join(
                outbox.variants, outbox.messages.c.variant == outbox.variants.c.id
            ).select()
        ).mappings()
        found = []
        for row in rows:
            link = re.search(r"https://news\.example/(\S+/\S+)", row["text"])
            found.append({**row, "link": "/" + link[1] if link else ""})
    return found
