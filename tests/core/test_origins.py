"""The list of permitted origins: what is on it, what only looks so, what is wrong with a file."""

from __future__ import annotations

from datetime import date

import pytest

from syndicate.core import origins
from syndicate.core.origins import Origin, Register
from syndicate.model import Attribution, Publisher

DAY = date(2026, 11, 24)
LIST = Register(
    (
        Origin("云溪通讯社", ("云溪社", "Yunxi News"), ("yunxi.example",), "中央"),
        Origin("青禾日报", domains=("qinghe.example",), begins=date(2026, 1, 1)),
        Origin("旧闻周刊", domains=("old.example",), ends=date(2026, 6, 30)),
        Origin("墨池报"),
    )
)
AT = "https://news.yunxi.example/1"


def said(name: str | None = None, link: str | None = None, site: str | None = None) -> Attribution:
    return Attribution(source=Publisher(name, site), original_url=link)


@pytest.mark.parametrize(
    ("attribution", "state", "origin"),
    [
        pytest.param(said("云溪通讯社", AT), "listed", "云溪通讯社", id="its name, its domain"),
        pytest.param(said(" 雲溪　通訊社 ", AT), "listed", "云溪通讯社", id="traditional, spaced"),
        pytest.param(said("ＹＵＮＸＩ news", AT), "listed", "云溪通讯社", id="alias, full width"),
        pytest.param(said("云溪社", "https://other.example/1"), "asserted", "云溪通讯社", id="a link elsewhere"),
        pytest.param(said("云溪社", "https://notyunxi.example/1"), "asserted", "云溪通讯社", id="a domain that only ends so"),
        pytest.param(said("云溪社"), "asserted", "云溪通讯社", id="no link"),
        pytest.param(said("墨池报", AT), "asserted", "墨池报", id="the list has no domain"),
        pytest.param(said("旧闻周刊", "https://old.example/1"), "expired", "旧闻周刊", id="over"),
        pytest.param(said("云溪晚报", AT), "absent", "", id="another name on its domain"),
        pytest.param(said("滨江日报"), "absent", "", id="unknown"),
        pytest.param(said(None, AT), "absent", "", id="nothing stated"),
        pytest.param(said(None, AT, "https://yunxi.example/"), "listed", "云溪通讯社", id="its site alone"),
        pytest.param(said("云溪网 - 时政", AT, "https://www.yunxi.example/"), "listed", "云溪通讯社", id="read from its own site"),
    ],
)  # fmt: skip
def test_judge(attribution: Attribution, state: str, origin: str) -> None:
    verdict = LIST.judge(attribution, "", DAY)
    assert (verdict.state, verdict.origin) == (state, origin)


@pytest.mark.parametrize(
    ("name", "link", "near"),
    [
        ("云溪新闻社", None, ("云溪通讯社",)),
        ("云溪通讯社东岭分社", None, ("云溪通讯社",)),
        ("某某网", AT, ("云溪通讯社",)),
        ("滨江", None, ()),
    ],
)
def test_near_misses_are_told(name: str, link: str | None, near: tuple[str, ...]) -> None:
    verdict = LIST.judge(said(name, link), "", DAY)
    assert verdict.near == near
    assert ("did you mean" in verdict.reason) == bool(near)


def test_a_day_counts_by_the_reception() -> None:
    before, within = date(2025, 12, 31), date(2026, 1, 1)
    attribution = said("青禾日报", "https://qinghe.example/1")
    assert LIST.judge(attribution, "", before).state == "expired"
    assert LIST.judge(attribution, "", within).state == "listed"
    assert (
        LIST.judge(said("旧闻周刊", "https://old.example/"), "", date(2026, 6, 30)).state
        == "listed"
    )


CSV = """\ufeff名称,别名,域名,级别,有效期起,有效期至,备注
# 2026 年版
云溪通讯社,云溪社；Yunxi News,https://www.yunxi.example/;m.yunxi.example,中央,2026-01-01,2026年12月31日,"引号里的, 逗号"
青禾日报,,qinghe.example
"""
TOML = """
[[origins]]
name = "云溪通讯社"
aliases = ["云溪社", "Yunxi News"]
domains = ["yunxi.example", "m.yunxi.example"]
level = "中央"
from = 2026-01-01
until = "2026-12-31"
note = "引号里的, 逗号"
[[origins]]
name = "青禾日报"
domains = ["qinghe.example"]
"""


@pytest.mark.parametrize(("name", "text"), [("o.csv", CSV), ("o.toml", TOML)])
def test_both_forms_say_the_same(name: str, text: str) -> None:
    register, problems = origins.read(name, text)
    assert problems == ()
    assert register.origins == (
        Origin(
            "云溪通讯社",
            ("云溪社", "Yunxi News"),
            ("yunxi.example", "m.yunxi.example"),
            "中央",
            date(2026, 1, 1),
            date(2026, 12, 31),
            "引号里的, 逗号",
        ),
        Origin("青禾日报", domains=("qinghe.example",)),
    )


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        pytest.param("o.csv", "", 1, "no origin", id="empty"),
        pytest.param("o.csv", "name\n", 1, "no origin", id="a heading alone"),
        pytest.param("o.csv", "甲报,jia.example\n", 1, "no column", id="no heading"),
        pytest.param("o.csv", "name,domian\n甲,x.example\n", 1, "did you mean 'domain'", id="typo"),
        pytest.param("o.csv", "name,domains\n,a.example\n", 2, "no name", id="no name"),
        pytest.param("o.csv", "name,domains\n甲,nonsense\n", 2, "not a domain", id="domain"),
        pytest.param("o.csv", "name,until\n甲,soon\n", 2, "not a day", id="day"),
        pytest.param("o.csv", "name,from,until\n甲,2026-02-01,2026-01-01\n", 2, "before", id="order"),
        pytest.param("o.csv", "name,aliases\n甲报,\n乙报,甲 报\n", 3, "甲报 (line 2)", id="twice"),
        pytest.param("o.csv", 'name\n"甲\n', 2, "not CSV", id="quotes"),
        pytest.param("o.csv", "name\n甲,乙\n", 2, "2 cells", id="cells"),
        pytest.param("o.toml", "[[origins]]\nname = \n", 2, "not TOML", id="toml"),
        pytest.param("o.toml", "name = 'x'\n", 1, "[[origins]]", id="other toml"),
        pytest.param("o.toml", "[[origins]]\n\n[[origins]]\nname = '乙'\n", 1, "no name", id="toml name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(name: str, text: str, line: int, message: str) -> None:
    _, problems = origins.read(name, text)
    assert any(at == line and message in what for at, what in problems), problems
