"""Mailboxes: the same promises of a Maildir and of IMAP, and what only one of them has."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imap_server import Folder, certified, serving

from syndicate.adapters.mailbox import Imap, Mailbox, Maildir, folder_name, open_mailbox
from syndicate.core import addresses
from syndicate.errors import FetchError, ForbiddenAddress

LETTERS = {1: b"Subject: one\r\n\r\n1", 2: b"Subject: two\r\n\r\n" + b"2" * 50, 3: b"x" * 500}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certified(tmp_path_factory.mktemp("tls"))


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def maildir(path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir()
    for number, data in LETTERS.items():
        file = path / "new" / f"{number}.host"
        file.write_bytes(data)
        os.utime(file, (number, number))
    return path


@pytest.fixture(params=["maildir", "imap"])
def box(request: pytest.FixtureRequest, tmp_path: Path, certificate: Path) -> Iterator[Mailbox]:
    """A mailbox of either kind with three letters, of which the last is too large."""
    if request.param == "maildir":
        yield Maildir(maildir(tmp_path), max_bytes=100)
        return
    with serving(Folder(dict(LETTERS)), certificate) as folder:
        url = f"imaps://reader@127.0.0.1:{folder.port}/INBOX"
        yield Imap(url, "pass wörd", max_bytes=100, timeout=5, context=trusting(certificate))


def test_what_is_unread_is_read_in_order(box: Mailbox) -> None:
    found = list(box.unread(10))
    assert [letter.data for letter in found] == [LETTERS[1], LETTERS[2], None]
    assert "larger than 100 bytes" in found[2].error
    assert found[2].head == LETTERS[3][:100], "how it begins is given all the same"
    assert len(list(box.unread(1))) == 1


def test_reading_changes_nothing_and_acknowledging_does(box: Mailbox) -> None:
    first = list(box.unread(10))
    assert [letter.key for letter in box.unread(10)] == [letter.key for letter in first]
    box.acknowledge([first[0].key])
    assert [letter.key for letter in box.unread(10)] == [letter.key for letter in first[1:]]
    box.acknowledge([first[0].key])  # a second time is no error
    box.acknowledge([])


# --- Maildir --------------------------------------------------------------------------------


def test_flags_of_a_maildir_are_kept(tmp_path: Path) -> None:
    path = maildir(tmp_path)
    (path / "cur" / "9.host:2,FR").write_bytes(b"Subject: nine\n\n9")
    (path / "cur" / "8.host:2,S").write_bytes(b"Subject: eight\n\n8")
    (path / "new" / ".hidden").write_bytes(b"")
    box = Maildir(path)
    keys = [letter.key for letter in box.unread(10)]
    assert "cur/9.host:2,FR" in keys
    assert len(keys) == 4
    box.acknowledge(keys)
    assert sorted(p.name for p in (path / "cur").iterdir()) == [
        "1.host:2,S",
        "2.host:2,S",
        "3.host:2,S",
        "8.host:2,S",
        "9.host:2,FRS",
    ]


@pytest.mark.parametrize("where", ["nowhere", "file"])
def test_what_is_no_maildir(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FetchError, match="there is no Maildir"):
        list(open_mailbox(f"maildir:{tmp_path / where}").unread(1))


# --- IMAP -----------------------------------------------------------------------------------


def attempt(folder: Folder, certificate: Path, change: Callable[[str], str], wrapped: bool) -> int:
    with serving(folder, certificate, wrapped=wrapped):
        scheme = "imaps" if wrapped else "imap"
        url = change(f"{scheme}://reader@127.0.0.1:{folder.port}/INBOX")
        box = Imap(url, "pass wörd", timeout=5, context=trusting(certificate))
        return len(list(box.unread(10)))


def test_starttls(certificate: Path) -> None:
    folder = Folder(dict(LETTERS))
    assert attempt(folder, certificate, str, wrapped=False) == 3
    assert folder.told.index("STARTTLS") < next(
        i for i, told in enumerate(folder.told) if told.startswith("AUTHENTICATE")
    )


def test_no_password_without_tls(certificate: Path) -> None:
    folder = Folder({}, capabilities="IMAP4rev1 NOTLS")
    with pytest.raises(FetchError, match="STARTTLS"):
        attempt(folder, certificate, str, wrapped=False)
    assert not any(told.startswith(("AUTH", "LOGIN")) for told in folder.told)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda u: u.replace("reader", "other"), "login was refused", id="wrong user"),
        pytest.param(lambda u: u.replace("INBOX", "Lost"), "no folder 'Lost'", id="no folder"),
        pytest.param(lambda u: u.replace("127.0.0.1", "localhost"), "certificate", id="wrong name"),
    ],
)
def test_what_cannot_be_read(certificate: Path, change: Callable[[str], str], reason: str) -> None:
    with pytest.raises(FetchError, match=reason) as caught:
        attempt(Folder({}), certificate, change, wrapped=True)
    assert "pass" not in str(caught.value).replace("password", "")


def test_nobody_answers() -> None:
    with pytest.raises(FetchError, match="cannot be read"):
        list(Imap("imaps://a@127.0.0.1:1/INBOX", timeout=2).unread(1))


def test_an_address_that_may_not_be_dialled(certificate: Path) -> None:
    with serving(Folder({}), certificate) as folder:
        url = f"imaps://reader@127.0.0.1:{folder.port}/INBOX"
        box = Imap(url, "x", permit=addresses.guard(()), context=trusting(certificate))
        with pytest.raises(ForbiddenAddress):
            list(box.unread(1))
        assert folder.told == []


def test_numbers_of_an_older_folder_mark_nothing(certificate: Path) -> None:
    with serving(Folder(dict(LETTERS)), certificate) as folder:
        url = f"imaps://reader@127.0.0.1:{folder.port}/INBOX"
        box = Imap(url, "pass wörd", timeout=5, context=trusting(certificate))
        keys = [letter.key for letter in box.unread(10)]
        folder.validity = 8
        box.acknowledge(keys)
        assert folder.seen == set()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("新闻", '"&ZbCV+w-"'),
        ("R&D", '"R&-D"'),
        ('a"b', '"a\\"b"'),
        ("News/法治", '"News/&bNVsuw-"'),
    ],
)
def test_names_of_folders(name: str, written: str) -> None:
    assert folder_name(name) == written
