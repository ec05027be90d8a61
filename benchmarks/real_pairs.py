"""Development sets of real articles for `dedupe`: reprints made by edits, and look-alikes.

Reads `../shared/corpora`, writes `pairs.jsonl` (`a`, `b`, `same`, `kind`) and `truth.jsonl` (a
stream like that of gen_feeds.py) to a folder of your choice; nothing of it goes into git.
"""

from __future__ import annotations

import argparse
import html
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "corpora"
_SENTENCE = re.compile(r".+?(?:[。！？!?]+|\.(?!\d)|\n|$)\s*", re.S)
_TAG = re.compile(r"<[^>]+>")
_SHORTEST = 100


@dataclass(frozen=True)
class Article:
    """A real text; `house` and `day` say which others look like it."""

    title: str
    text: str
    house: str

    @property
    def chinese(self) -> bool:
        return bool(re.search(r"[\u4e00-\u9fff]{4}", self.text))


def main(argv: Sequence[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks real_pairs", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corpora", type=Path, default=SHARED)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    given.out.mkdir(parents=True, exist_ok=True)
    articles = list(read(given.corpora))
    drawn = random.Random(given.seed)
    pairs = [*_reprints(articles, drawn), *_look_alikes(articles), *_series(articles, drawn)]
    _write(given.out / "pairs.jsonl", pairs)
    stream = list(_stream(articles, drawn))
    _write(given.out / "truth.jsonl", stream)
    return {
        "articles": len(articles),
        "pairs": len(pairs),
        "same": sum(pair["same"] for pair in pairs),
        "stream": len(stream),
    }


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# --- reading --------------------------------------------------------------------------------


def read(corpora: Path) -> Iterator[Article]:
    """The real articles of all sets, each once."""
    seen: set[str] = set()
    for article in (*_news(corpora), *_pages(corpora), *_mixed(corpora), *_feeds(corpora)):
        opening = article.text[:60]  # made of sentences of one pool, some share it
        if len(article.text) >= _SHORTEST and (opening not in seen or article.house != "mixed"):
            seen.add(opening)
            yield article


def _plain(markup: str) -> str:
    text = re.sub(r"<br\s*/?>|</p>|</div>|</li>|</h\d>", "\n", markup)
    lines = (line.strip() for line in html.unescape(_TAG.sub("", text)).splitlines())
    return "\n".join(line for line in lines if line)


def _news(corpora: Path) -> Iterator[Article]:
    for path in sorted((corpora / "articles-zh-xwlb").glob("2*.md")):
        body = path.read_text("utf-8").partition("## 详细新闻")[2]
        for item in body.split("\n### ")[1:]:
            title, _, rest = item.partition("\n")
            rest = re.sub(r"\[查看原文\].*", "", rest)
            yield Article(title.strip(), _plain(rest), f"news {path.stem}")


def _pages(corpora: Path) -> Iterator[Article]:
    import trafilatura

    for path in sorted((corpora / "pages").glob("*.html")):
        found = trafilatura.extract(path.read_bytes()) or ""
        yield Article("", found, path.stem.split("-")[0])


def _mixed(corpora: Path) -> Iterator[Article]:
    path = corpora / "dedupe-en-mccormick" / "articles_1000.train"
    planted = {
        name
        for line in path.with_suffix(".truth").read_text("utf-8").splitlines()
        for name in line.split()[1:]
    }
    for line in path.read_text("utf-8", "replace").splitlines():
        name, _, text = line.partition(" ")
        if name not in planted:
            yield Article("", text, "mixed")


def _feeds(corpora: Path) -> Iterator[Article]:
    import feedparser

    for path in sorted((corpora / "feeds").iterdir()):
        if path.suffix in (".xml", ".rss", ".atom", ".rdf"):
            for entry in feedparser.parse(path.read_bytes()).entries:
                content = entry.get("content")
                text = content[0].value if content else entry.get("summary", "")
                yield Article(_plain(entry.get("title", "")), _plain(text), path.stem)


# --- edits ----------------------------------------------------------------------------------

Edit = Callable[[Article, random.Random], Article]


def _sentences(text: str) -> list[str]:
    return _SENTENCE.findall(text) or [text]


def _new_title(a: Article, r: random.Random) -> Article:
    words = (
        "多地关注 现场直击 最新消息 有关情况通报" if a.chinese else "Update Report Analysis Brief"
    )
    return replace(a, title=f"{r.choice(words.split())} {''.join(a.title.split())[3:9]}")


def _prefix(a: Article, _: random.Random) -> Article:
    head = "本报讯（记者 罗青禾 通讯员 梁小满）" if a.chinese else "Northfield News Service - "
    return replace(a, text=head + a.text)


def _head(a: Article, _: random.Random) -> Article:
    parts = _sentences(a.text)
    return replace(a, text="".join(parts[max(1, len(parts) // 5) :]) or a.text)


def _tail(a: Article, r: random.Random) -> Article:
    parts = _sentences(a.text)
    return replace(a, text="".join(parts[: max(2, int(len(parts) * r.uniform(0.5, 0.9)))]))


def _notice(a: Article, _: random.Random) -> Article:
    notice = (
        "\n免责声明：本文转载自网络，版权归原作者所有，如有侵权请联系我们删除。"
        "\n声明：以上内容仅代表作者观点，与本站立场无关，其真实性请读者自行核实。"
        if a.chinese
        else "\nThis article was republished with permission of the copyright holder."
    )
    return replace(a, text=a.text + notice)


def _words(a: Article, r: random.Random) -> Article:
    if not a.chinese:
        words = a.text.split(" ")
        for _ in range(1 + len(words) // 40):
            words[r.randrange(len(words))] = r.choice(words)
        return replace(a, text=" ".join(words))
    letters = list(a.text)
    for _ in range(1 + len(letters) // 100):
        at = r.randrange(len(letters))
        if re.fullmatch("[\u4e00-\u9fff]{2}", "".join(letters[at : at + 2])):
            letters[at : at + 2] = r.choice("开展推进落实加强完善实施提升")
    return replace(a, text="".join(letters))


def _traditional(a: Article, _: random.Random) -> Article:
    import opencc

    convert = opencc.OpenCC("s2t").convert
    return replace(a, title=convert(a.title), text=convert(a.text))


def _lead(a: Article, _: random.Random) -> Article:
    text = ""
    for part in _sentences(a.text):
        text += part
        if len(text) >= (_SHORTEST if a.chinese else 2 * _SHORTEST):
            break
    return replace(a, text=text)


def _short(a: Article, r: random.Random) -> Article:
    return replace(a, text=a.text[: r.randint(100, 300)] + "……")


def _mixed_edits(a: Article, r: random.Random) -> Article:
    for edit in (_new_title, _prefix, _words, _notice):
        a = edit(a, r)
    return a


EDITS: dict[str, Edit] = {
    "exact": lambda a, _: a,
    "title": _new_title,
    "prefix": _prefix,
    "head": _head,
    "tail": _tail,
    "notice": _notice,
    "words": _words,
    "traditional": _traditional,
    "lead": _lead,
    "short": _short,
    "mixed": _mixed_edits,
}


# --- pairs ----------------------------------------------------------------------------------


def _row(a: Article) -> str:
    return f"{a.title}\n{a.text}" if a.title else a.text


def _pair(a: Article, b: Article, same: bool, kind: str) -> dict[str, Any]:
    return {"a": _row(a), "b": _row(b), "same": same, "kind": kind}


def _reprints(articles: Sequence[Article], r: random.Random) -> Iterator[dict[str, Any]]:
    for article in articles:
        for kind in r.sample(sorted(EDITS), 3):
            yield _pair(article, EDITS[kind](article, r), True, kind)
        short = replace(article, text=_short(article, r).text)
        yield _pair(short, _words(short, r), True, "short words")


def _look_alikes(articles: Sequence[Article]) -> Iterator[dict[str, Any]]:
    """Different articles that share a stretch of 12 characters, and neighbours of one house."""
    holders: dict[str, list[int]] = {}
    for number, article in enumerate(articles):
        text = re.sub(r"[\W_]+", "", article.text)
        for gram in {text[i : i + 12] for i in range(0, len(text) - 11, 1)}:
            holders.setdefault(gram, []).append(number)
    pairs = {
        (first, second)
        for numbers in holders.values()
        if 1 < len(numbers) <= 12
        for i, first in enumerate(numbers)
        for second in numbers[i + 1 :]
    }
    for first, second in sorted(pairs):
        yield _pair(articles[first], articles[second], False, "look-alike")
    for first_, second_ in itertools.pairwise(articles):
        if first_.house == second_.house:
            yield _pair(first_, second_, False, "one house")


def _series(articles: Sequence[Article], r: random.Random) -> Iterator[dict[str, Any]]:
    """One house's notices, forecasts and prices with other numbers, in a shared form."""
    forms = (
        "第{n}号公告：{body}申请截止日为{m}月{d}日，共{k}件。",
        "今日天气：多云转晴，最高气温{d}度，最低气温{m}度，偏东风{m}级。{body}",
        "Closing prices on day {d}: copper {k} a tonne, tin {n} a tonne, {body}",
    )
    for article in r.sample(list(articles), min(150, len(articles))):
        body = re.sub(r"\d+", "", article.text)[:120]
        form = r.choice(forms)
        made = [
            form.format(n=n, m=1 + n % 12, d=1 + n % 28, k=100 + 7 * n, body=body)
            for n in r.sample(range(1, 28), 2)
        ]
        yield {"a": made[0], "b": made[1], "same": False, "kind": "series"}


def _stream(articles: Sequence[Article], r: random.Random) -> Iterator[dict[str, Any]]:
    """Each article, then two reprints of it, among all the others in between."""
    rows = []
    for number, article in enumerate(articles):
        start = r.random()
        rows.append((start, _streamed(article, number, "origin", article.house)))
        for at, kind in enumerate(r.sample(sorted(EDITS), 2)):
            made = EDITS[kind](article, r)
            rows.append((start + r.random(), _streamed(made, number, kind, f"r{number}-{at}")))
    rows.sort(key=lambda row: row[0])
    yield from (row for _, row in rows)


def _streamed(article: Article, number: int, kind: str, feed: str) -> dict[str, Any]:
    return {
        "feed": feed,
        "article": f"a{number}",
        "kind": kind,
        "title": article.title,
        "text": article.text,
    }
