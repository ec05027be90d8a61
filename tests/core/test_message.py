"""Messages: what goes into headers stays there, lines are short, what is too long is cut whole."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicate.adapters.templates import Templates
from syndicate.core import editions, message, words
from syndicate.core.message import LARGEST, Recipient, Rendered
from syndicate.model import Entry, Notice
from syndicate.settings import Digest, Mail, Notices, Settings, Site
from tests.conftest import ROOT
from tests.jobs import publishing

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
SETTINGS = Settings(
    site=Site("示例站", "https://news.example/"),
    mail=Mail(sender="digest@news.example"),
    columns=publishing.COLUMNS,
    sources=publishing.SOURCES,
) if hasattr(publishing, "COLUMNS") and hasattr(publishing, "SOURCES") else None  # fmt: skip
RENDERED = Rendered(
    subject="每日摘要",
    html="<p>正文 \ue0f0email\ue0f1 <a href='\ue0f0unsubscribe\ue0f1'>退订</a></p>",
    text="正文\n\ue0f0unsubscribe\ue0f1\n",
    language="zh-CN",
    text_only=False,
    digest="daily",
    digest_title="每日摘要",
    kind="digest",
)
TO = Recipient(
    email="reader@reader.example",
    name="",
    message_id="<1@news.example>",
    date=NOW,
    unsubscribe="https://news.example/unsubscribe/x.y",
    preferences="https://news.example/preferences/x.y",
    unsubscribe_mail="digest+x-y@news.example?subject=unsubscribe%20x-y",
    edition="daily-1",
)
