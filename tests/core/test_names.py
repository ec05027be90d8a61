"""Names told apart as the contract says (§4)."""

from __future__ import annotations

import pytest

from syndicate.core.names import read_people, read_person, split_names
from syndicate.model import Person

SPLIT = {
    "佚名": ("佚名",),
    "李　明": ("李　明",),
    "李　明 王小红": ("李　明", "王小红"),
    "张三、李四，王五；赵六/钱七": ("张三", "李四", "王五", "赵六", "钱七"),
    "段小朋 廖小友": ("段小朋", "廖小友"),
    "记者 张三 通讯员 李四": ("张三", "李四"),
    "本报记者张三": ("张三",),
    "文/张三 图/李四": ("张三", "李四"),
    "Jane Doe": ("Jane Doe",),
    "Jane Doe, John Smith": ("Jane Doe", "John Smith"),
    "By Jane Doe and John Smith": ("Jane Doe", "John Smith"),
    "阿卜杜拉·买买提": ("阿卜杜拉·买买提",),
    "新华社记者 张三": ("张三",),
    "记者：张三 李四": ("张三", "李四"),
    "张三（记者）": ("张三",),
    "<b>张三</b>/<i class='x'>李四</i>": ("张三", "李四"),
    "": (),
}


@pytest.mark.parametrize(("text", "expected"), SPLIT.items(), ids=SPLIT)
def test_split(text: str, expected: tuple[str, ...]) -> None:
    assert split_names(text) == expected


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("jane@news.example (Jane Doe)", Person("Jane Doe", email="jane@news.example")),
        ("Jane Doe <jane@news.example>", Person("Jane Doe", email="jane@news.example")),
        ("jane@news.example", Person("jane@news.example", email="jane@news.example")),
        ("佚名", Person("佚名")),
    ],
)
def test_person(text: str, person: Person) -> None:
    assert read_person(text) == person


def test_several_with_addresses() -> None:
    assert read_people("Ann <a@x.example>, 张三 <z@x.example>") == (
        Person("Ann", email="a@x.example"),
        Person("张三", email="z@x.example"),
    )
