"""The learned model: n-grams to columns by one matrix, small, quick and the same every time.

Two linear models are added, a linear SVM with squared hinge loss (dual coordinate descent, Hsieh
et al. 2008) and complement naive Bayes (Rennie et al. 2003), over the same TF-IDF weights; and how
wide headlines are (core/habits.py), what words mean (core/meanings.py) and a small network
(core/net.py) where held-back examples are told better with them. Texts
without a label help where labels are few (naive Bayes with EM, Nigam et al. 2000). A temperature
makes scores into probabilities; thresholds come from examples held back.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syndicate.core import habits, meanings, net
from syndicate.core.grams import Grams, grams
from syndicate.core.kin import MEANING
from syndicate.core.matrix import Rows, complement_bayes, order, softmax, svm
from syndicate.core.net import Net
from syndicate.errors import ParseError

Floats = NDArray[np.float32]

PRECISION = 0.95  # that a column's decisions must have on held-back examples
FOLDS = 3
SIZE = 10_000_000  # bytes of a model
STRANGE = 0.5  # weight, in a text's length, of n-grams that were never seen
_SHOWN = 16  # n-grams among which those that are told of a guess are looked for
_NEVER = 2.0  # a threshold that no probability reaches
_FEW = 30  # held-back decisions below which a column's own threshold says nothing
_ENOUGH = 0.8  # probability that decides where nothing held back was wrong
_NET = 0.5  # share of the network beside the linear models
_HABIT = np.float32(0.6)  # of the widths beside them, each to unit spread
_MEANING = (0.4, 0.8, 1.6, 3.2)  # of what words mean: the fewer the labels, the more
_GAIN = 0.98  # of the log loss without it, or with the share before, what may be left with a share
_SPOKEN = 0.5  # of the examples that must have words whose meaning is known
_BETTER = 0.002  # of the held-back texts that either has to tell rightly beyond those without it
_NOWHERE = np.zeros(0, np.intp)
_MAGIC = b"syndicate model 1\n"


@dataclass(frozen=True, slots=True)
class Example:
    """A text whose column an editor, or a file, has told; "" where it is not known."""

    text: str
    column: str = ""
    title: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of a text: the best column, whether it is sure enough, and why."""

    column: str
    probability: float  # against the second column alone
    threshold: float
    second: str = ""
    margin: float = 0.0  # in probability among all columns, to the second
    strongest: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False, repr=False)

    @property
    def decided(self) -> bool:
        return self.probability >= self.threshold

    @property
    def words(self) -> tuple[str, ...]:
        """The n-grams that spoke most for it: found when they are asked for, since that takes a
        fifth of the time of a guess, and of many nobody is told."""
        return self.strongest()


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Weights of every n-gram for every column. `held_back` has the figures of training."""

    columns: tuple[str, ...]
    vocabulary: NDArray[np.uint32]  # sorted
    idf: NDArray[np.float16]
    weights: NDArray[np.float16]  # n-grams × columns
    temperature: float
    thresholds: tuple[float, ...]
    held_back: dict[str, float]
    rarest: float  # the IDF of what was seen once
    net: Net | None = None
    habit: NDArray[np.float16] | None = None  # scores by the headline's width, widths × columns
    form: bool = True  # whether it knows how texts are written; those of before do not
    kin: bool = True  # and what their words are like
    meaning: Floats | None = None  # weights of what words mean, see meanings.learn

    def guess(self, title: str, text: str) -> Guess:
        """The column of a text; column "" where no n-gram of it is known."""
        found = grams(title, text, form=self.form, kin=self.kin)
        which, rows = self._look_up(found)
        if found.written[which].all():  # a form decides nothing alone
            return Guess("", 0.0, _NEVER)
        values = self._values(found, which, rows)
        weights = self.weights[rows].astype(np.float32)
        scores = values @ weights
        if self.net is not None:
            scores = scores + self.net.score(rows, values)
        if self.habit is not None:
            scores = scores + self.habit[found.width]
        if self.meaning is not None:
            scores = scores + found.meaning() @ self.meaning
        logits: list[float] = (scores * self.temperature).tolist()
        best, second = sorted(range(len(logits)), key=logits.__getitem__, reverse=True)[:2]
        raised = [exp(each - logits[best]) for each in logits]
        chance, other = 1 / sum(raised), raised[second] / sum(raised)
        return Guess(
            self.columns[best], chance / (chance + other), self.thresholds[best],
            self.columns[second], chance - other,
            partial(self._strongest, found, which, values, weights, best),
        )  # fmt: skip

    def _look_up(self, found: Grams) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which n-grams of a text are known, and where in the vocabulary."""
        if not len(self.vocabulary):
            return _NOWHERE, _NOWHERE
        places = np.searchsorted(self.vocabulary, found.hashes)
        places[places == len(self.vocabulary)] = 0
        which = np.flatnonzero(self.vocabulary[places] == found.hashes)
        return which, places[which]

    def _values(self, found: Grams, which: NDArray[np.intp], rows: NDArray[np.intp]) -> Floats:
        """What each n-gram that is known counts, in a text of unit length."""
        values = self.idf[rows].astype(np.float32)
        # What was never seen counts half, or a text of which little is known would look the surest
        seen = found.weights[which]
        unseen = float(found.weights @ found.weights) - float(seen @ seen)
        length = float(values @ values) + STRANGE * unseen * self.rarest**2
        return values / np.float32(max(length**0.5, 1e-9))

    def _strongest(
        self, found: Grams, which: NDArray[np.intp], values: Floats, weights: Floats, best: int
    ) -> tuple[str, ...]:
        """The n-grams that gain most for a column; those within others of them are not told."""
        mean = weights @ np.full(len(self.columns), 1 / len(self.columns), np.float32)
        gains = values * (weights[:, best] - mean)
        top = np.flatnonzero(gains > 0)
        if len(top) > _SHOWN:  # quicker than to sort all of them
            top = np.flatnonzero(gains >= np.partition(gains, -_SHOWN)[-_SHOWN])
        top = top[np.argsort(-gains[top], kind="stable")][:_SHOWN]
        words = list(dict.fromkeys(filter(None, map(found.named, which[top].tolist()))))
        if self.habit is not None and self.habit[found.width, best] > gains[top].max(initial=0):
            words.insert(0, f"width {found.width}")
        joined = "\n".join(words)
        return tuple([word for word in words if joined.count(word) == 1][:4])


def train(examples: Sequence[Example], unlabelled: Sequence[Example] = ()) -> Model:
    """A model of the columns in `examples`, of which there must be at least two.

    The same examples in the same order give the same model, byte for byte. `unlabelled` are used
    only if that is better on held-back examples. Raises ValueError for fewer than two columns.
    """
    columns = tuple(sorted({example.column for example in examples}))
    if len(columns) < 2:
        raise ValueError("examples of at least two columns are needed")
    read = [grams(example.title, example.text) for example in (*examples, *unlabelled)]
    rows = Rows.of([each.hashes for each in read], [each.weights for each in read])
    labels = np.array([columns.index(example.column) for example in examples], np.intp)
    size = len(examples)
    known, unknown = rows.take(np.arange(size)), rows.take(np.arange(size, rows.count))
    means = np.stack([each.meaning() for each in read[:size]])
    held = _held_back(known, labels, len(columns), None)
    helped = _held_back(known, labels, len(columns), unknown) if unknown.count >= 50 else None
    if helped is not None and _right(helped, labels) >= _right(held, labels):
        held = helped
    else:
        unknown = rows.take(np.arange(0))
    meaning, held = _meaning(means, labels, len(columns), held)
    weights = _fit(known, labels, len(columns), unknown)
    widths = np.array([each.width for each in read[:size]], np.intp)
    habit, held = _habit(widths, labels, len(columns), held)
    beside, held = (None, held) if unknown.count else _beside(known, labels, len(columns), held)
    temperature, thresholds = _calibrate(held, labels, columns)
    figures = _figures(held, labels, len(columns), size, unknown.count)
    model = Model(
        columns,
        rows.vocabulary,
        rows.idf.astype(np.float16),
        weights.astype(np.float16),
        temperature,
        thresholds,
        figures,
        rarest=float(rows.idf.max(initial=1.0)),
        net=beside,
        habit=habit,
        meaning=meaning,
    )
    return _cut(model)


def _right(scores: Floats, labels: NDArray[np.intp]) -> float:
    return float((scores.argmax(1) == labels).mean())


def _folds(
    labels: NDArray[np.intp], width: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The examples in `FOLDS` ways: those to learn from, those held back."""
    fold = np.zeros(len(labels), np.intp)
    for label in range(width):
        members = np.flatnonzero(labels == label)
        fold[members[order(len(members), 7)]] = np.arange(len(members)) % FOLDS
    for number in range(FOLDS):
        kept, out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(out) and len(kept):
            yield kept, out


def _held_back(known: Rows, labels: NDArray[np.intp], width: int, unknown: Rows | None) -> Floats:
    """Scores of every example by a model that has not seen it."""
    scores = np.zeros((known.count, width), np.float32)
    none = known.take(np.arange(0))
    for kept, out in _folds(labels, width):
        rows = known.take(kept)
        weights = _fit(rows, labels[kept], width, unknown or none)
        seen = rows.frequency + (unknown.frequency if unknown is not None else 0)
        scores[out] = known.take(out).seen_as(seen > 0, STRANGE).dot(weights)
    return scores


def _habit(
    widths: NDArray[np.intp], labels: NDArray[np.intp], width: int, held: Floats
) -> tuple[NDArray[np.float16] | None, Floats]:
    """Scores by the headline's width, and what is held back told with them; none where that does
    not tell more of it rightly."""
    truth = (labels[:, None] == np.arange(width)).astype(np.float32)
    scale, both = _HABIT * np.float32(_spread(held)), held.copy()
    for kept, out in _folds(labels, width):
        both[out] += scale * habits.learn(widths[kept], truth[kept])[widths[out]]
        if _right(both[out], labels[out]) <= _right(held[out], labels[out]):
            return None, held
    if _right(both, labels) < _right(held, labels) + _BETTER:
        return None, held
    return (scale * habits.learn(widths, truth)).astype(np.float16), both


def _meaning(
    means: Floats, labels: NDArray[np.intp], width: int, held: Floats
) -> tuple[Floats | None, Floats]:
    """Weights of what words mean, and what is held back told with them; none where that does not
    tell it better: by log loss, since the texts may be too few to be counted."""
    if float(means[:, -1].mean()) < _SPOKEN:
        return None, held
    truth, alone = (labels[:, None] == np.arange(width)).astype(np.float32), np.zeros_like(held)
    for kept, out in _folds(labels, width):
        alone[out] = means[out] @ meanings.learn(means[kept], truth[kept])
    taken, both, least = 0.0, held, _temperature(held, labels, width)[1]
    for share in _MEANING:
        scale = share * _spread(held) / _spread(alone)
        scores = held + np.float32(scale) * alone
        loss = _temperature(scores, labels, width)[1]
        if loss > least * _GAIN:
            break
        taken, both, least = scale, scores, loss
    return (np.float32(taken) * meanings.learn(means, truth) if taken else None), both


def _beside(
    known: Rows, labels: NDArray[np.intp], width: int, held: Floats
) -> tuple[Net | None, Floats]:
    """A network to stand beside the linear models, and what is held back told with both; none
    where it does not tell more of that rightly."""
    truth = (labels[:, None] == np.arange(width)).astype(np.float32)
    both, scale = held.copy(), 0.0
    for kept, out in _folds(labels, width):
        rows = known.take(kept)
        made = net.train(rows, truth[kept])
        scores = made.scores(known.take(out).seen_as(rows.frequency > 0, STRANGE))
        scale = scale or _NET * _spread(held[out]) / _spread(scores)
        both[out] += np.float32(scale) * scores
        if _right(both[out], labels[out]) < _right(held[out], labels[out]) + _BETTER:
            return None, held  # not in one of the folds: the others are spared
    return replace(net.train(known, truth), scale=scale), both


def _spread(scores: Floats) -> float:
    return max(float(scores.std(1).mean()), 1e-9)


def _fit(known: Rows, labels: NDArray[np.intp], width: int, unknown: Rows) -> Floats:
    """One matrix, n-grams × columns: the SVM's and complement Bayes's, each to unit spread."""
    truth = (labels[:, None] == np.arange(width)).astype(np.float32)
    if not unknown.count:
        bayes = complement_bayes(known.counts(truth))
        margin = svm(known, truth, np.ones(known.count, np.float32))
        return _even(margin, known) + _even(bayes, known)
    labelled = known.counts(truth)
    bayes, margin = complement_bayes(labelled), svm(known, truth, np.ones(known.count, np.float32))
    both = _even(margin, unknown) + _even(bayes, unknown)
    chances = softmax(unknown.dot(both) * 2)
    for _ in range(2):
        bayes = complement_bayes(labelled * 2 + unknown.counts(chances))
        chances = softmax(unknown.dot(_even(bayes, unknown)) * 4)
    told = (chances.argmax(1)[:, None] == np.arange(width)).astype(np.float32)
    trust = np.concatenate([np.ones(known.count), chances.max(1) * 0.3]).astype(np.float32)
    margin = svm(known.plus(unknown), np.concatenate([truth, told]), trust)
    return _even(margin, unknown) + _even(bayes, unknown)


def _even(weights: Floats, rows: Rows) -> Floats:
    """Weights whose scores differ by one (standard deviation) between columns, on average."""
    return weights / np.float32(_spread(rows.dot(weights)))


def _calibrate(
    held: Floats, labels: NDArray[np.intp], columns: Sequence[str]
) -> tuple[float, tuple[float, ...]]:
    """The temperature of least log loss, and for each column the least probability at which
    held-back decisions are right in 95 of 100."""
    temperature = _temperature(held, labels, len(columns))[0]
    chances = softmax(held * temperature)
    told, sure = chances.argmax(1), _certainty(chances)
    overall = threshold(sure, told == labels, spare=1)
    thresholds = []
    for number in range(len(columns)):
        mine = told == number
        own = threshold(sure[mine], (told == labels)[mine], spare=1)
        own = overall if int(mine.sum()) < _FEW else own
        # Where all that was held back was right, no threshold was found but the least seen
        thresholds.append(min(own, _ENOUGH) if bool((told == labels)[mine].all()) else own)
    return temperature, tuple(thresholds)


def _temperature(held: Floats, labels: NDArray[np.intp], width: int) -> tuple[float, float]:
    """The temperature of least log loss, and that loss."""
    tried = [0.5 * 1.15**step for step in range(25)]
    rows = np.arange(len(labels))
    # A label is believed a little less than wholly (Platt), or what is told apart without a fault
    # would be told with certainty
    doubt = 1 / (len(labels) / width + 2)
    losses = []
    for one in tried:
        logs = np.log(softmax(held * one) + 1e-9)
        losses.append(-float(((1 - doubt) * logs[rows, labels] + doubt * logs.mean(1)).mean()))
    best = int(np.argmin(losses))
    return tried[best], losses[best]


def _certainty(chances: Floats) -> Floats:
    """The best column's chance against the second alone; it ranks texts better than its chance
    among all (0.77 of the headlines decided at the precision wanted, instead of 0.75)."""
    ranked = np.sort(chances, axis=1)
    best: Floats = ranked[:, -1] / np.maximum(ranked[:, -1] + ranked[:, -2], 1e-9)
    return best


def threshold(sure: NDArray[Any], right: NDArray[np.bool_], *, spare: int = 0) -> float:
    """The least probability above which a share of `PRECISION` is right; 2.0 where none is.

    It is right with `spare` more errors too: few examples without a fault prove little.
    """
    ranked = np.argsort(-sure, kind="stable")
    shares = (np.cumsum(right[ranked]) - spare) / np.arange(1, len(ranked) + 1)
    good = np.flatnonzero(shares >= PRECISION)
    return float(sure[ranked[good[-1]]]) if len(good) else _NEVER


def _figures(
    held: Floats, labels: NDArray[np.intp], width: int, size: int, unlabelled: int
) -> dict[str, float]:
    told = held.argmax(1)
    f1 = []
    for label in range(width):
        both = int(((told == label) & (labels == label)).sum())
        f1.append(2 * both / max(int((told == label).sum() + (labels == label).sum()), 1))
    return {
        "accuracy": round(float((told == labels).mean()), 4),
        "macro_f1": round(float(np.mean(f1)), 4),
        "examples": size,
        "unlabelled": unlabelled,
    }


def _cut(model: Model) -> Model:
    """Without the n-grams that say least, as far as needed to stay within `SIZE`."""
    taken = 20_000 + (_net_size(model.net) if model.net is not None else 0)
    taken += model.meaning.nbytes if model.meaning is not None else 0
    fits = (SIZE - taken) // (6 + 2 * len(model.columns))
    if len(model.vocabulary) <= fits:
        return model
    spread = model.weights.astype(np.float32).std(1)
    if model.net is not None:
        spread[model.net.places] = np.inf  # those of the network stay: they are in many texts
    keep = np.sort(np.argsort(-spread, kind="stable")[:fits])
    beside = model.net
    if beside is not None:
        beside = replace(beside, places=np.searchsorted(keep, beside.places))
    return replace(
        model,
        vocabulary=model.vocabulary[keep],
        idf=model.idf[keep],
        weights=model.weights[keep],
        net=beside,
    )


def _net_size(beside: Net) -> int:
    return (
        4 * len(beside.places)
        + 2 * beside.entry.size
        + 4 * (len(beside.start) + beside.exit.size + len(beside.ends))
    )


def dump(model: Model) -> bytes:
    """The model as bytes: magic, length and CRC, JSON head, three little-endian arrays, five more
    where a network is beside, and at the end those of meanings and widths where they count."""
    head = json.dumps(
        {
            "columns": model.columns,
            "temperature": model.temperature,
            "thresholds": model.thresholds,
            "held_back": model.held_back,
            "rarest": model.rarest,
            "size": len(model.vocabulary),
            "net": [len(model.net.places), len(model.net.start)] if model.net else None,
            "scale": model.net.scale if model.net else None,
            "habit": model.habit is not None,
            "form": model.form,
            "kin": model.kin,
            "meaning": model.meaning is not None,
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()
    arrays = (
        model.vocabulary.astype("<u4").tobytes(),
        model.idf.astype("<f2").tobytes(),
        model.weights.astype("<f2").tobytes(),
        *(_net_arrays(model.net) if model.net is not None else ()),
        *((model.meaning.astype("<f4").tobytes(),) if model.meaning is not None else ()),
        *((model.habit.astype("<f2").tobytes(),) if model.habit is not None else ()),
    )
    body = struct.pack("<I", len(head)) + head + b"".join(arrays)
    return _MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def _net_arrays(beside: Net) -> tuple[bytes, ...]:
    return (
        beside.places.astype("<u4").tobytes(),
        beside.entry.astype("<f2").tobytes(),
        *(each.astype("<f4").tobytes() for each in (beside.start, beside.exit, beside.ends)),
    )


def _read_net(body: bytes, at: int, head: dict[str, Any]) -> Net | None:
    if not head.get("net"):  # versions before it have none
        return None
    (size, hidden), width = head["net"], len(head["columns"])
    places = np.frombuffer(body, "<u4", size, at).astype(np.intp)
    entry = np.frombuffer(body, "<f2", size * hidden, at + 4 * size).reshape(size, hidden).copy()
    rest = np.frombuffer(body, "<f4", hidden + hidden * width + width, at + (4 + 2 * hidden) * size)
    start, leave, ends = np.split(rest, [hidden, hidden + hidden * width])
    return Net(places, entry, start, leave.reshape(hidden, width), ends, head["scale"])


def load(data: bytes) -> Model:
    """A model from `dump`. Raises ParseError where the bytes are of another version or damaged."""
    start = len(_MAGIC) + 4
    if not data.startswith(_MAGIC) or len(data) < start + 4:
        raise ParseError("not a model of this version", remedy="run `syndicate train`")
    body = data[start:]
    if struct.unpack("<I", data[len(_MAGIC) : start])[0] != zlib.crc32(body):
        raise ParseError("the model is damaged", remedy="run `syndicate train`")
    length = struct.unpack("<I", body[:4])[0]
    head = json.loads(body[4 : 4 + length])
    size, width, at = head["size"], len(head["columns"]), 4 + length
    # Copied, since numpy copies what is not aligned again at each search
    vocabulary = np.frombuffer(body, "<u4", size, at).copy()
    idf = np.frombuffer(body, "<f2", size, at + 4 * size).copy()
    weights = np.frombuffer(body, "<f2", size * width, at + 6 * size).reshape(size, width).copy()
    habit, meaning, end = None, None, len(body)
    if head.get("habit"):
        end -= 2 * habits.SIZE * width
        habit = np.frombuffer(body, "<f2", habits.SIZE * width, end).reshape(-1, width).copy()
    if head.get("meaning"):
        end -= 4 * MEANING * width
        meaning = np.frombuffer(body, "<f4", MEANING * width, end).reshape(-1, width).copy()
    return Model(
        tuple(head["columns"]), vocabulary, idf, weights,
        head["temperature"], tuple(head["thresholds"]), head["held_back"], head["rarest"],
        _read_net(body, at + (6 + 2 * width) * size, head), habit, head.get("form", False),
        head.get("kin", False), meaning,
    )  # fmt: skip
