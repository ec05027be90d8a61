"""Composing: what an edition takes, who gets what of it, and what happens in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import open_database, outbox
from syndicate.adapters.store import subscribers as people
from syndicate.adapters.store.engine import Database
from syndicate.core import schedule
from syndicate.core.subscription import Wish
from syndicate.jobs import digest as job
from syndicate.jobs import subscribe
from syndicate.jobs.digest import Composed
from syndicate.model import EditionState, Entry, Status, Subscriber, SubscriberState
from syndicate.settings import Digest, Mail, Settings
from tests.jobs import publishing
from tests.jobs.publishing import store

SECRET = b"0123456789abcdef"
START = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # Monday 07:00 in Shanghai
DUE = START + timedelta(hours=1)
DAY = timedelta(days=1)
DAILY = Digest("daily", "每日摘要", timezone="Asia/Shanghai")


class Plain:
    """The least that templates can be."""

    def render(self, name: str, context: Mapping[str, Any] | object) -> str:
        return f"<html><body>{name}</body></html>"

    def render_text(self, source: str, context: Mapping[str, Any]) -> str:
        return "主题"


def config(tmp_path: Path, *digests: Digest) -> Settings:
    made = publishing.settings(tmp_path)
    return replace(made, digests=digests or (DAILY,), mail=Mail(sender="d@news.example"))


def reader(name: str, **changes: Any) -> Subscriber:
    made = Subscriber(
        name, f"{name}@reader.example", SubscriberState.CONFIRMED, joined=START, token_salt="s"
    )
    return replace(made, **changes)


def join(db: Database, *readers: Subscriber) -> None:
    with db.begin() as conn:
        people.save(conn, [(each, each.email) for each in readers], START)


def an_entry(number: int, received: datetime = START, **changes: Any) -> Entry:
    made = publishing.entry(number, received=received, **changes)
    return replace(made, stale_after=changes.get("stale_after", made.published_at))


def compose(db: Database, made: Settings, now: datetime) -> Composed:
    return job.compose_due(db, made, Plain(), SECRET, now)


def mails(db: Database) -> list[tuple[str, str, tuple[str, ...]]]:
    """(edition, subscriber, entries) of every message that is not dropped."""
    m, v = outbox.messages.c, outbox.variants.c
    query = (
        outbox.sa.select(m.edition, m.subscriber, v.entries)
        .join_from(outbox.messages, outbox.variants, v.id == m.variant)
        .where(m.state != "dropped")
        .order_by(m.id)
    )
    with db.read() as conn:
        return [(e, s, tuple(ids)) for e, s, ids in conn.execute(query)]


def id_of(number: int) -> str:
    return f"entry{number:011}"


def test_an_edition_of_a_wrong_clock_holds_up_none(database: Database, tmp_path: Path) -> None:
    made = config(tmp_path)
    join(database, reader("a"))
    store(database, an_entry(1))
    compose(database, made, DUE)
    wrong = compose(database, made, DUE + 25 * DAY)
    assert [e.id for e in wrong.editions] == ["daily-20261218T0800"]
    store(database, an_entry(2))
    right = compose(database, made, DUE + DAY)
    assert [e.id for e in right.editions] == ["daily-20261124T0800"]
    assert [entries for _, _, entries in mails(database)] == [(id_of(1),), (id_of(2),)]


def test_an_edition_is_due_after_the_digest_was_first_seen(
    database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    join(database, reader("a"))
    store(database, an_entry(1), an_entry(2))
    assert compose(database, made, DUE + timedelta(hours=1)).editions == []
    done = compose(database, made, DUE + DAY)
    assert [e.id for e in done.editions] == ["daily-20261124T0800"]
    assert done.messages == 1
    assert compose(database, made, DUE + DAY + timedelta(hours=3)).editions == []
    (edition, who, ids), *others = mails(database)
    assert (edition, who, set(ids), others) == (done.editions[0].id, "a", {id_of(1), id_of(2)}, [])


def test_after_downtime_one_edition_for_the_latest_time(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, START)
    store(sqlite_database, an_entry(1))
    done = compose(sqlite_database, made, DUE + 5 * DAY + timedelta(hours=4))
    assert [e.id for e in done.editions] == ["daily-20261128T0800"]


def test_an_empty_one_is_skipped_and_its_time_is_over(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, START)
    assert compose(sqlite_database, made, DUE).editions == []
    store(sqlite_database, an_entry(1))
    assert compose(sqlite_database, made, DUE + timedelta(hours=2)).editions == []
    assert len(compose(sqlite_database, made, DUE + DAY).editions) == 1


def test_sent_by_hand_it_stands_in_the_place_of_the_day(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, START)
    compose(sqlite_database, made, DUE)  # skipped: nothing there
    store(sqlite_database, an_entry(1))
    later = DUE + timedelta(hours=5)
    done = job.compose_now(sqlite_database, made, DAILY, Plain(), SECRET, later)
    assert [e.id for e in done.editions] == ["daily-20261123T0800"]
    again = job.compose_now(sqlite_database, made, DAILY, Plain(), SECRET, later)
    assert again.editions == []
    assert len(mails(sqlite_database)) == 1


@pytest.mark.parametrize(
    "readers",
    [
        pytest.param((), id="nobody"),
        pytest.param((reader("a", columns=("rest",)),), id="nobody for these columns"),
        pytest.param((reader("a", digests=("other",)),), id="nobody for this digest"),
        pytest.param((reader("a", state=SubscriberState.UNSUBSCRIBED),), id="nobody left"),
    ],
)
def test_one_that_nobody_would_get_uses_nothing_up(
    sqlite_database: Database, tmp_path: Path, readers: Sequence[Subscriber]
) -> None:
    made = config(tmp_path)
    join(sqlite_database, *readers)
    compose(sqlite_database, made, START)
    store(sqlite_database, an_entry(1))
    assert compose(sqlite_database, made, DUE).editions == []
    join(sqlite_database, reader("b", joined=DUE + timedelta(hours=1)))
    done = compose(sqlite_database, made, DUE + DAY)
    assert [(who, ids) for _, who, ids in mails(sqlite_database)] == [("b", (id_of(1),))]
    assert len(done.editions) == 1


def test_what_an_edition_takes(sqlite_database: Database, tmp_path: Path) -> None:
    digest = replace(DAILY, columns=("law",), items=2, settle=timedelta(minutes=30))
    made = config(tmp_path, digest)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, START)
    now = DUE + DAY
    old = START - timedelta(days=60)
    store(
        sqlite_database,
        an_entry(1, columns=("court",), column="court"),
        an_entry(2),
        an_entry(3),
        an_entry(4, columns=("rest",), column="rest"),
        an_entry(5, lead=False, story=id_of(3)),
        an_entry(6, status=Status.HELD),
        an_entry(7, stale_after=old, published_at=old),
        an_entry(8, received=now - timedelta(minutes=10)),
    )
    compose(sqlite_database, made, now)
    compose(sqlite_database, made, now + DAY)
    carried = [ids for _, _, ids in mails(sqlite_database)]
    assert [len(ids) for ids in carried] == [2, 2]
    assert sorted(sum(carried, ())) == [id_of(n) for n in (1, 2, 3, 8)]


def test_no_story_twice_even_when_its_lead_moves(sqlite_database: Database, tmp_path: Path) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, START)
    store(sqlite_database, an_entry(1, story="one"))
    compose(sqlite_database, made, DUE)
    store(sqlite_database, an_entry(1, story="one", lead=False), an_entry(2, story="one"))
    assert compose(sqlite_database, made, DUE + DAY).editions == []
    merged = (an_entry(n, story="two", lead=False) for n in (1, 2))
    store(sqlite_database, *merged, an_entry(3, story="two"))
    assert compose(sqlite_database, made, DUE + 2 * DAY).editions == []


def test_a_week_s_backlog_comes_though_nothing_is_new(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"), reader("w", frequency="weekly"))
    compose(sqlite_database, made, START)
    for day in range(10):
        if day < 3:
            store(sqlite_database, an_entry(day, received=DUE + day * DAY - timedelta(minutes=5)))
        compose(sqlite_database, made, DUE + day * DAY)
    weekly = [(e, set(ids)) for e, who, ids in mails(sqlite_database) if who == "w"]
    assert weekly == [
        ("daily-20261123T0800", {id_of(0)}),
        ("daily-20261130T0800", {id_of(1), id_of(2)}),
    ]
    assert sum(who == "a" for _, who, _ in mails(sqlite_database)) == 3


def _held(db: Database, made: Settings) -> str:
    """Four editions, the last of which is held for its size."""
    join(db, reader("a"), reader("p"))
    compose(db, made, START)
    number = 0
    for day in range(4):
        for _ in range(1 if day < 3 else 12):
            number += 1
            store(db, an_entry(number))
        done = compose(db, made, DUE + day * DAY)
    assert [e.state for e in done.editions] == [EditionState.HELD], done.reasons
    return done.editions[0].id


def test_a_held_edition_waits_and_an_approved_one_is_not_repeated(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = config(tmp_path)
    id = _held(sqlite_database, made)
    with sqlite_database.read() as conn:
        assert outbox.count_ready(conn, DUE + 9 * DAY) == 6
    store(sqlite_database, an_entry(50))
    join(sqlite_database, reader("p", frequency="weekly"))
    compose(sqlite_database, made, DUE + 4 * DAY)
    job.approve(sqlite_database, id)
    join(sqlite_database, reader("p"))
    store(sqlite_database, an_entry(51))
    compose(sqlite_database, made, DUE + 5 * DAY)
    for who in ("a", "p"):
        got = [id for _, to, ids in mails(sqlite_database) if to == who for id in ids]
        assert Counter(got) == Counter([*(id_of(n) for n in range(1, 16)), id_of(50), id_of(51)])


def test_a_rejected_edition_uses_nothing_up(sqlite_database: Database, tmp_path: Path) -> None:
    made = config(tmp_path)
    id = _held(sqlite_database, made)
    job.reject(sqlite_database, id, DUE + 3 * DAY)
    assert len(mails(sqlite_database)) == 6
    with sqlite_database.read() as conn:
        free = list(job.candidates(conn, made, DAILY, DUE))
    assert len(free) == 12


@pytest.mark.parametrize("claimed", [False, True], ids=["queued", "claimed already"])
def test_what_is_taken_down_is_in_no_mail_that_has_not_left(
    sqlite_database: Database, tmp_path: Path, claimed: bool
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"), reader("b", columns=("court",)))
    compose(sqlite_database, made, START)
    store(
        sqlite_database, an_entry(1), an_entry(2, columns=("court",), column="court"), an_entry(3)
    )
    compose(sqlite_database, made, DUE)
    if claimed:
        with sqlite_database.begin() as conn:
            assert len(outbox.claim(conn, "other", DUE, DUE + DAY, 9)) == 2
    gone = an_entry(2, columns=("court",), column="court", status=Status.RETRACTED)
    store(sqlite_database, gone)
    assert job.withdraw(sqlite_database, made, Plain(), DUE) == 2
    assert job.withdraw(sqlite_database, made, Plain(), DUE) == 0
    with sqlite_database.read() as conn:
        contents = outbox.contents(conn, [f"daily-20261123T0800.{n}" for n in (0, 1)])
    left = {id_of(1), id_of(3)}
    assert [entries and set(entries) for entries in contents.values()] == [left, None]
    if not claimed:
        assert [who for _, who, _ in mails(sqlite_database)] == ["a"]


@pytest.mark.parametrize("number", [1, 2], ids=["one of several", "all of it"])
def test_who_was_mailed_what_stays_known(
    sqlite_database: Database, tmp_path: Path, number: int
) -> None:
    made = config(tmp_path)
    join(sqlite_database, reader("a"), reader("b"), reader("c"))
    compose(sqlite_database, made, START)
    store(sqlite_database, *(an_entry(n) for n in range(1, number + 1)))
    compose(sqlite_database, made, DUE)
    m = outbox.messages
    for gone, sent in zip(range(1, number + 1), ("a", "b"), strict=False):
        with sqlite_database.begin() as conn:
            conn.execute(m.update().where(m.c.subscriber == sent).values(state="sent"))
        store(sqlite_database, an_entry(gone, status=Status.RETRACTED))
        job.withdraw(sqlite_database, made, Plain(), DUE)
    with sqlite_database.read() as conn:
        who = [{name for name, *_ in outbox.mailed(conn, id_of(n))} for n in range(1, number + 1)]
    assert who == [{"a"}, {"a", "b"}][:number]


# --- who gets what, against the simplest possible account of it ------------------------------

COLUMNS = ("law", "court", "rest")
STEP = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(COLUMNS), st.integers(0, 0)),
    st.tuples(st.just("day"), st.just(""), st.integers(1, 4)),
    st.tuples(st.just("pace"), st.sampled_from(("edition", "daily", "weekly")), st.integers(0, 3)),
    st.tuples(st.just("hour"), st.sampled_from(("", "0", "7", "20")), st.integers(0, 3)),
    st.tuples(st.just("pause"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("resume"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("leave"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("join"), st.sampled_from(("", *COLUMNS)), st.integers(0, 3)),
)


@dataclass
class World:
    """A site, four people, and for each what they are owed by the simplest account."""

    db: Database
    made: Settings
    now: datetime = START
    count: int = 0
    people: dict[int, Subscriber] = field(default_factory=dict)
    fresh: list[tuple[str, str]] = field(default_factory=list)  # not yet in an edition
    owed: dict[str, list[str]] = field(default_factory=dict)

    def publish(self, column: str, _: int) -> None:
        self.count += 1
        made = an_entry(
            self.count, received=self.now, column=column, columns=(column,), stale_after=None
        )
        store(self.db, made)
        self.fresh.append((made.id, column))

    def day(self, _: str, days: int) -> None:
        self.now += days * DAY
        if compose(self.db, self.made, self.now).editions:
            for person in self.people.values():
                shown = {"": COLUMNS, "law": ("law", "court")}
                mine = shown.get("".join(person.columns), person.columns)
                if person.state is SubscriberState.CONFIRMED:
                    self.owed[person.id] += [id for id, column in self.fresh if column in mine]
            self.fresh = []

    def change(self, who: int, **changes: Any) -> None:
        if who in self.people:
            self.people[who] = replace(self.people[who], **changes)
            join(self.db, self.people[who])

    def pace(self, frequency: str, who: int) -> None:
        self.change(who, frequency=frequency)

    def hour(self, hour: str, who: int) -> None:
        self.change(who, hour=int(hour) if hour else None)

    def pause(self, _: str, who: int) -> None:
        self.change(who, paused_until=self.now + 1000 * DAY)

    def resume(self, _: str, who: int) -> None:
        self.change(who, paused_until=None)

    def leave(self, _: str, who: int) -> None:
        """Who leaves gets no more of what was kept."""
        person = self.people.get(who)
        if person is None or person.state is not SubscriberState.CONFIRMED:
            return
        self.change(who, state=SubscriberState.UNSUBSCRIBED)
        got = Counter(id for _, to, ids in mails(self.db) if to == person.id for id in ids)
        self.owed[person.id] = list(got.elements())

    def join(self, column: str, who: int) -> None:
        known = self.people.get(who)
        if known is not None and known.state is SubscriberState.CONFIRMED:
            return
        columns = (column,) if column else ()
        self.people[who] = reader(f"p{who}", joined=self.now, columns=columns)
        self.owed.setdefault(f"p{who}", [])
        join(self.db, self.people[who])

    def end(self) -> None:
        """Everybody comes back to every edition; what was kept comes."""
        for who in self.people:
            self.change(who, paused_until=None, frequency="edition")  # an hour counts no more
        for column in COLUMNS:
            self.publish(column, 0)
        self.day("", 1)


@with_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=25))
def test_nothing_twice_nothing_missed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("world")
    db = open_database(f"sqlite:{folder}/test.db")
    try:
        made = config(folder, replace(DAILY, items=1000))
        compose(db, made, START - timedelta(hours=1))
        world = World(db, made)
        world.now = DUE
        for name, text, number in steps:
            getattr(world, name)(text, number)
        world.end()
        got: dict[str, Counter[str]] = {f"p{who}": Counter() for who in world.people}
        for _, who, ids in mails(db):
            got[who].update(ids)
        assert got == {who: Counter(ids) for who, ids in world.owed.items()}
    finally:
        db.close()


def leaves(db: Database) -> list[tuple[str, str]]:
    """(subscriber, the moment before which the message does not leave), in Shanghai."""
    m = outbox.messages.c
    query = outbox.sa.select(m.subscriber, m.next).where(m.state == "queued").order_by(m.id)
    with db.read() as conn:
        return [
            (who, f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%dT%H:%M}")
            for who, at in conn.execute(query)
        ]


def test_who_has_an_hour_gets_it_then(database: Database, tmp_path: Path) -> None:
    made = config(tmp_path)
    join(
        database,
        reader("a"),
        reader("b", frequency="daily", hour=18),
        reader("c", frequency="weekly", hour=9, timezone="Europe/Berlin"),
        reader("d", hour=18),
    )
    compose(database, made, START)
    store(database, an_entry(1))
    compose(database, made, DUE)
    assert leaves(database) == [
        ("a", "23T08:00"), ("b", "23T18:00"), ("c", "23T16:00"), ("d", "23T08:00")
    ]  # fmt: skip
    with database.read() as conn:
        assert outbox.count_ready(conn, DUE) == 2
        assert outbox.count_later(conn, DUE) == 2
        assert outbox.count_ready(conn, DUE + timedelta(hours=10)) == 4
        query = outbox.sa.select(outbox.messages.c.subscriber, outbox.messages.c.date)
        dates = {who: at for who, at in conn.execute(query)}
    assert (dates["a"], dates["b"]) == (DUE, DUE + timedelta(hours=10))
    store(database, an_entry(2, received=DUE + timedelta(hours=1)))
    compose(database, made, DUE + DAY)
    assert leaves(database)[4:] == [("a", "24T08:00"), ("b", "24T18:00"), ("d", "24T08:00")]


@pytest.mark.parametrize(
    ("wish", "paused", "expected", "then"),
    [
        pytest.param(Wish(hour="20"), None, "23T20:00", "24T20:00", id="another hour"),
        pytest.param(Wish(hour="7"), None, "24T07:00", "25T07:00", id="one that is past today"),
        pytest.param(Wish(timezone="Europe/Berlin"), None, "24T01:00", "25T01:00", id="a zone"),
        pytest.param(Wish(hour=""), None, "23T12:00", "24T08:00", id="none: at once"),
        pytest.param(Wish(frequency="edition"), None, "23T12:00", "24T08:00", id="each edition"),
        pytest.param(Wish(), DUE + 3 * DAY, "26T18:00", None, id="a pause"),
        pytest.param(Wish(columns=("law",)), None, "23T18:00", "24T18:00", id="something else"),
    ],
)
def test_a_message_that_waits_follows_its_reader(
    sqlite_database: Database,
    tmp_path: Path,
    wish: Wish,
    paused: datetime | None,
    expected: str,
    then: str | None,
) -> None:
    db, made = sqlite_database, config(tmp_path)
    join(db, reader("b", frequency="daily", hour=18))
    compose(db, made, START)
    store(db, an_entry(1))
    compose(db, made, DUE)
    noon = DUE + timedelta(hours=4)
    subscribe.change(db, made, "b", wish, paused_until=paused, now=noon, by="subscriber")
    assert leaves(db) == [("b", expected)]
    store(db, an_entry(2, received=noon))
    compose(db, made, DUE + DAY)
    assert leaves(db)[1:] == ([("b", then)] if then else [])


def test_local_time_that_comes_twice_counts_once(sqlite_database: Database, tmp_path: Path) -> None:
    digest = replace(DAILY, schedule="30 2 * * *", timezone="Europe/Berlin")
    made = config(tmp_path, digest)
    join(sqlite_database, reader("a"))
    compose(sqlite_database, made, datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    early = an_entry(1, received=datetime(2026, 10, 24, 13, 0, tzinfo=UTC))
    store(sqlite_database, early)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert schedule.instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin") == first
    assert len(compose(sqlite_database, made, first).editions) == 1
    store(sqlite_database, an_entry(2, received=first))
    assert compose(sqlite_database, made, first + timedelta(hours=1)).editions == []
    with sqlite_database.read() as conn:
        assert entry_store.get(conn, id_of(2)) is not None
