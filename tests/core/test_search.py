"""The static index: what is found in it, how it changes, how large it may grow."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.core import sample, search
from syndicate.core.outgoing import Outgoing, outgoing
from syndicate.settings import Column, Settings, Site, Source

SETTINGS = Settings(
    site=Site("示例站", "https://news.example/"),
    file=Path("config.toml"),
    columns=(Column("rest", rest=True),),
    sources=(Source("sample", content="full"),),
)
ENTRY = sample.entry("rest")


def an_out(number: int = 0, **changes: object) -> Outgoing:
    made = replace(
        ENTRY,
        id=f"e{number:013}",
        received=ENTRY.received + timedelta(hours=number),
        **changes,  # type: ignore[arg-type]
    )
    return outgoing(made, SETTINGS)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("廉政法治", ["廉政", "政法", "法治"], id="chinese in pairs"),
        pytest.param("法", ["法"], id="one character"),
        pytest.param("Ｈello World-wide", ["hello", "world", "wide"], id="latin words"),
        pytest.param("5G网络建设", ["5g", "网络", "络建", "建设"], id="mixed"),
        pytest.param("，。 — !", [], id="marks alone"),
        pytest.param("𠮷野家", ["𠮷野", "野家"], id="beyond the first plane"),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert list(search.terms(text)) == terms


def test_every_word_of_a_text_is_found_and_few_others() -> None:
    held = set(search.terms("县人民法院举办公众开放日，邀请村民旁听庭审。" * 3))
    filter = search.bloom(held)
    assert all(search.may_hold(filter, word) for word in held)
    others = [chr(0x4E00 + n) + chr(0x5000 + n) for n in range(4000)]
    wrong = sum(search.may_hold(filter, word) for word in others if word not in held)
    assert wrong < 80  # 2 %


@pytest.mark.parametrize(
    ("shown", "found"), [("full", True), ("summary", False), ("link", False)], ids=str
)
def test_no_more_is_in_it_than_may_be_shown(shown: str, found: bool) -> None:
    out = replace(an_out(content_text="只在正文里的词语"), shown=shown)  # type: ignore[arg-type]
    assert search.may_hold(search.record(out)["b"], "词语") is found


def test_update_puts_in_replaces_and_takes_out() -> None:
    first, second = an_out(1), an_out(2)
    data = search.update(None, [first, second])
    assert [r["i"] for r in json.loads(data)] == [second.entry.id, first.entry.id]
    again = search.update(data, [an_out(1, title="新题")], [second.entry.id])
    assert [r["t"] for r in json.loads(again)] == ["新题"]


def test_update_is_the_same_as_building_anew() -> None:
    outs = [an_out(n) for n in range(40)]
    built = search.build(reversed(outs))
    grown: dict[str, bytes] = {p: search.update(None, []) for p in search.paths()}
    for out in outs:
        at = search.path(search.shard(out.entry.id))
        grown[at] = search.update(grown[at], [out])
    assert grown == built


def test_a_shard_keeps_its_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "KEEP", 3)
    records = json.loads(search.update(None, [an_out(n, published_at=None) for n in range(9)]))
    assert [r["i"][-1] for r in records] == ["8", "7", "6"]


@pytest.mark.parametrize("spoilt", [b"", b"{", b'{"a":1}', b"[1]", b'[{"i":"x"}]'])
def test_a_spoilt_shard_counts_as_empty(spoilt: bytes) -> None:
    assert len(json.loads(search.update(spoilt, [an_out(1)]))) == 1
