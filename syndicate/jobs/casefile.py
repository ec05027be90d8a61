"""audit export: one entry's whole file as a zip, for a dispute.

What was received byte for byte, every decision, what was published of it, the mails that carried
it, what came of comparing it with its original; with a manifest that `sha256sum` checks. The same
state gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import (
    audit,
    editions,
    entries,
    outbox,
    published,
    received,
    values,
)
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.received import Receipt
from syndicate.core import received as pieces
from syndicate.model import Decision, Entry
from syndicate.settings import Settings

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same file, the same bytes
_SUFFIX = {"feed": "xml", "page": "html", "letter": "eml"}
Files = dict[str, bytes]

README = """\
{id}  {title}

The whole file of one entry of {site} ({url}).

entry.json        the entry as it is kept; content.html, content.txt: its text
received.json     how it came: when, from which address, with which headers, and the SHA-256 of all
                  that was answered
received/         what came, byte for byte after HTTP's own encodings. Of a feed the entry's own
                  bytes (N-item), and the same with what stood around all items (N-document)
hops.json         the hands that it came through, each with its evidence; `inferred` was read from
                  a text and was not plainly stated
originals.json      each comparison with its original, with its date
decisions.json    every decision about it, in order; `sha256` in one is that of what came then.
                  The decisions outlive the bytes
seals.json        the chain over all decisions of the site, and whether it held when this was made
story.json        the entries that are the same article
published/        its page, its item in each feed, and the record of what they say
mails.json        the editions that carried it, with dates and counts; mails/: what was mailed,
                  before each recipient's own links were filled in
MANIFEST.sha256   a hash of every file: `sha256sum -c MANIFEST.sha256`

What is missing is not kept any more: bytes go when an entry is taken down or pruned
(storage.keep_days), mails some time after they were sent.
"""


def export(
    db: Database,
    settings: Settings,
    id: str,
    *,
    told: Mapping[str, Any],
    addresses: bool = False,
) -> bytes:
    """The zip. `told` are further documents by name; `addresses`: with those of recipients.

    Of an entry that is pruned there are its decisions, the seals and the mails.
    """
    with db.read() as conn:
        entry = entries.get(conn, id)
        files = {
            "decisions.json": _json([_decision(n, d) for n, d in audit.records(conn, id, None)]),
            **{name: _json(value) for name, value in told.items()},
            **_mails(conn, id, addresses),
        }
        if entry is not None:
            story = entries.of_story(conn, [entry.story]).get(entry.story, [entry])
            files |= _kept(entry, story)
            files |= _received(received.of_entry(conn, id))
            files |= _published(conn, settings, id)
    title = entry.title if entry else "(pruned)"
    site = settings.site
    text = README.format(id=id, title=title, site=site.name, url=site.url)
    files["README.txt"] = text.encode()
    files["MANIFEST.sha256"] = _manifest(files)
    return _zip(files)


def _kept(entry: Entry, story: Sequence[Entry]) -> Files:
    return {
        "entry.json": _json(_entry(entry)),
        "content.html": entry.content_html.encode(),
        "content.txt": entry.content_text.encode(),
        "story.json": _json([_entry(member) for member in story]),
    }


# --- what came --------------------------------------------------------------------------------


def _received(receipts: Sequence[Receipt]) -> Files:
    files: Files = {}
    listed = []
    for number, receipt in enumerate(receipts, 1):
        piece, body = receipt.piece, receipt.piece.body
        item = pieces.item(body, piece.start, piece.end)
        whole = pieces.document(body, piece.start, piece.end)
        is_part = whole != item
        suffix = _SUFFIX.get(body.kind) or body.url.rpartition(".")[2][:8] or "bin"
        if whole.lstrip()[:1] in (b"{", b"[") and body.kind == "feed":
            suffix = "json"
        name = f"received/{number}-{'item' if is_part else body.kind}.{suffix}"
        files[name] = item
        if is_part:
            files[f"received/{number}-document.{suffix}"] = whole
        listed.append(
            {
                "at": receipt.at.isoformat(),
                "kind": body.kind,
                "url": body.url,
                "headers": dict(body.headers),
                "file": name,
                "sha256": piece.sha256.hex(),
                "answer": {"bytes": body.size, "sha256": body.sha256.hex()},
            }
        )
    files["received.json"] = _json(listed)
    return files


# --- what went out ----------------------------------------------------------------------------


def _published(conn: Connection, settings: Settings, id: str) -> Files:
    disk = Disk(settings.storage.output)
    files: Files = {}
    known = published.known(conn, [id]).get(id)
    if known is not None:
        record = {"state": known.state, "at": known.at.isoformat(), "record": known.record}
        files["published/record.json"] = _json(record)
    page = disk.read(f"articles/{id}.html")
    if page is not None:
        files[f"published/articles/{id}.html"] = page
    for path, item in _items(conn, disk, id):
        files[f"published/{path}"] = item
    return files


def _items(conn: Connection, disk: Disk, id: str) -> Iterator[tuple[str, bytes]]:
    """The entry's item in each feed, as it is on disk."""
    for file in published.files(conn, "feed"):
        ids = [entry for entry, _ in file.entries or ()]
        data = disk.read(file.path) if id in ids else None
        if data is None:
            continue
        place = ids.index(id)
        found = pieces.spans(data, [place])
        if found is not None and len(found) == len(ids):
            start, end = found[place]
            yield file.path, data[start:end]


def _mails(conn: Connection, id: str, addresses: bool) -> Files:
    files: Files = {}
    listed = []
    for name in editions.carried_by(conn, id):
        edition = editions.edition(conn, name)
        if edition is None:
            continue
        sent: dict[str, Any] = {
            "id": edition.id,
            "digest": edition.digest,
            "title": edition.title,
            "due": edition.due.isoformat(),
            "composed": edition.composed.isoformat(),
            "state": edition.state.value,
            "recipients": edition.recipients,
        }
        carrying = outbox.variants_with(conn, name, id)
        who = list(outbox.recipients(conn, [each.id for each in carrying]))
        sent["with_it"] = _counted(who)
        if addresses:
            sent["addresses"] = [
                {"email": r.email, "state": r.state, "at": r.changed.isoformat()} for r in who
            ]
        listed.append(sent)
        for each in carrying:
            place = f"mails/{name}/{each.id.replace('/', '-').replace(':', '-')}"
            files[f"{place}.txt"] = f"{each.subject}\n\n{each.text}".encode()
            if each.html:
                files[f"{place}.html"] = each.html.encode()
    files["mails.json"] = _json(listed)
    return files


def _counted(who: Sequence[outbox.Recipient]) -> dict[str, Any]:
    """How many messages with the entry are in each state, and when the first and last left."""
    states: dict[str, int] = {}
    for each in who:
        states[each.state] = states.get(each.state, 0) + 1
    left = sorted(each.changed for each in who if each.state == "sent")
    return {
        "messages": states,
        "first_sent": left[0].isoformat() if left else None,
        "last_sent": left[-1].isoformat() if left else None,
    }


# --- shapes -----------------------------------------------------------------------------------


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "source": entry.source,
        "key": entry.key,
        "guid": entry.guid,
        "title": entry.title,
        "url": entry.url,
        "status": entry.status.value,
        "received": entry.received.isoformat(),
        "story": entry.story,
        "lead": entry.lead,
        "columns": list(entry.columns),
        "attribution": values.dump_attribution(entry.attribution),
        "notices": values.dump_notices(entry.notices),
        "content_hash": entry.content_hash,
    }


def _decision(number: int, made: Decision) -> dict[str, Any]:
    return {
        "number": number,
        "at": made.at.isoformat(),
        "what": made.what,
        "by": made.by,
        "reason": made.reason,
        "before": made.before,
        "after": made.after,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _manifest(files: Files) -> bytes:
    """As `sha256sum` writes it."""
    lines = [
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())
    ]
    return "".join(lines).encode()


def _zip(files: Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()
