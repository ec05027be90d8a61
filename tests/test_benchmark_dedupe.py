"""`python -m benchmarks dedupe`: the shape of what it prints, on a few made-up texts."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import dedupe

TEXT = (
    "码头边的旧仓库上周改成了邻里工坊，木匠尤守拙每天教十来个孩子刨木头、做小凳。"
    "街道办说，材料由拆下的房梁锯成，不花一分钱；做好的凳子送给了河对岸的养老院。"
    "入冬以后工坊会添一座炉子，周末开到晚上，教的人也从一个变成三个。"
)
OTHER = (
    "北山果园今年改种耐旱的枣树，园主温如初说，两年后才有收成，但不用再从河里抽水浇地。"
    "邻村来看的人不少，有的当场订了树苗，有的还要等等，看这一批能不能熬过冬天的大风。"
)


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_pairs(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"a": f"旧仓库\n{TEXT}", "b": TEXT[40:], "same": True, "kind": "head"},
        {"a": TEXT, "b": OTHER, "same": False},
    ]
    found = dedupe.main(["--pairs", str(_write(tmp_path / "pairs.jsonl", rows))])
    assert (found["precision"], found["recall"], found["f1"]) == (1.0, 1.0, 1.0)
    assert found["wrongly_joined"] == 0
    assert set(found["by_kind"]) == {"head", "all"}
    assert found["per_s"] > 0
    assert found["rss_mb"] > 0


def test_truth(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"feed": feed, "article": article, "kind": kind, "title": "题", "text": text}
        for feed, article, kind, text in (
            (0, "a", "origin", TEXT),
            (1, "b", "origin", OTHER),
            (2, "a", "tail", TEXT[:80]),
        )
    ]
    truth = str(_write(tmp_path / "truth.jsonl", rows))
    found = dedupe.main(["--truth", truth, "--docs", "3", "--grow", "10"])
    assert (found["precision"], found["recall"], found["docs"]) == (1.0, 1.0, 3)
    assert found["notices_joined"] == 0
