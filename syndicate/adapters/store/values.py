"""Values of the model to and from what the database keeps of them (JSON-able dicts, lists).

Empty fields are left out, so that a row says only what is known.
"""

from __future__ import annotations

from typing import Any

from syndicate.model import (
    NO_TERMS,
    Attribution,
    Enclosure,
    GivenDate,
    Hop,
    Label,
    Notice,
    NoticeFrom,
    Person,
    Picture,
    Publisher,
    Terms,
)

Dict = dict[str, Any]


def _filled(**fields: Any) -> Dict:
    return {name: value for name, value in fields.items() if value}


def dump_person(person: Person) -> Dict:
    return _filled(name=person.name, url=person.url, email=person.email)


def load_person(row: Dict) -> Person:
    return Person(row.get("name", ""), row.get("url"), row.get("email"))


def dump_publisher(source: Publisher) -> Dict:
    return _filled(
        name=source.name,
        url=source.url,
        feed=source.feed,
        id=source.id,
        updated=source.updated and source.updated.text,
        authors=[dump_person(person) for person in source.authors],
        rights=source.rights,
        logo=source.logo,
    )


def load_publisher(row: Dict) -> Publisher:
    return Publisher(
        name=row.get("name"),
        url=row.get("url"),
        feed=row.get("feed"),
        id=row.get("id"),
        updated=load_date(row.get("updated")),
        authors=tuple(map(load_person, row.get("authors", ()))),
        rights=row.get("rights"),
        logo=row.get("logo"),
    )


def load_date(text: str | None) -> GivenDate | None:
    return GivenDate(text) if text else None


def dump_attribution(value: Attribution) -> Dict:
    return _filled(
        source=dump_publisher(value.source),
        authors=[dump_person(person) for person in value.authors],
        original_url=value.original_url,
        original_id=value.original_id,
        original_title=value.original_title,
        published=value.published and value.published.text,
        updated=value.updated and value.updated.text,
        rights=value.rights,
        licence=value.licence,
        editor=value.editor,
        via=[_filled(name=hop.name, url=hop.url) for hop in value.via],
    )


def load_attribution(row: Dict) -> Attribution:
    return Attribution(
        source=load_publisher(row.get("source", {})),
        authors=tuple(map(load_person, row.get("authors", ()))),
        original_url=row.get("original_url"),
        original_id=row.get("original_id"),
        original_title=row.get("original_title"),
        published=load_date(row.get("published")),
        updated=load_date(row.get("updated")),
        rights=row.get("rights"),
        licence=row.get("licence"),
        editor=row.get("editor"),
        via=tuple(Hop(hop.get("name"), hop.get("url")) for hop in row.get("via", ())),
    )


def dump_notices(notices: tuple[Notice, ...]) -> list[Dict]:
    return [{"text": notice.text, "from": notice.origin.value} for notice in notices]


def load_notices(rows: list[Dict]) -> tuple[Notice, ...]:
    return tuple(Notice(row["text"], NoticeFrom(row["from"])) for row in rows)


def dump_enclosures(enclosures: tuple[Enclosure, ...]) -> list[Dict]:
    return [_filled(url=e.url, type=e.type, length=e.length, title=e.title) for e in enclosures]


def load_enclosures(rows: list[Dict]) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(row.get("url", ""), row.get("type"), row.get("length"), row.get("title"))
        for row in rows
    )


def dump_labels(labels: tuple[Label, ...]) -> list[Dict]:
    return [_filled(kind=label.kind, text=label.text, url=label.url) for label in labels]


def load_labels(rows: list[Dict] | None) -> tuple[Label, ...]:
    return tuple(Label(row["kind"], row.get("text", ""), row.get("url")) for row in rows or ())


def dump_pictures(pictures: tuple[Picture, ...]) -> list[Dict]:
    return [
        _filled(url=p.url, caption=p.caption, credit=p.credit, rights=p.rights) for p in pictures
    ]


def load_pictures(rows: list[Dict] | None) -> tuple[Picture, ...]:
    return tuple(Picture(**row) for row in rows or ())


def dump_terms(terms: Terms) -> Dict:
    said = _filled(
        robots=list(terms.robots),
        tdm_policy=terms.tdm_policy,
        policy=terms.policy,
        policy_type=terms.policy_type,
        expression=terms.expression,
    )
    return said if terms.tdm is None else {**said, "tdm": terms.tdm}


def load_terms(row: Dict | None) -> Terms:
    if not row:
        return NO_TERMS
    return Terms(
        tuple(row.get("robots", ())),
        row.get("tdm"),
        row.get("tdm_policy"),
        row.get("policy"),
        row.get("policy_type", ""),
        row.get("expression", ""),
    )
