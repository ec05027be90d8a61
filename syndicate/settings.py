"""What an operator sets: the values behind config.toml (contract §4), checked and complete.

Plain frozen dataclasses, so that core and jobs need neither TOML nor pydantic. Names equal the
keys of the file. `config.py` makes them; every default here is the documented one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Contact:
    """How readers and rightsholders reach the site."""

    email: str = ""
    phone: tuple[str, ...] = ()
    report_phone: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    im: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notices:
    """Texts shown with every reprint they apply to; `reprint` may use {takedown_days}."""

    reprint: str = ""
    information: str = ""
    royalty: str = ""
    takedown_days: int = 30

    def texts(self) -> tuple[str, ...]:
        """The notices that are set, filled in, in their order on the page."""
        filled = self.reprint.replace("{takedown_days}", str(self.takedown_days))
        return tuple(text for text in (filled, self.information, self.royalty) if text)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the site belongs to and stands for: what trust.txt says (JournalList), each a list of
    addresses but `datatrainingallowed` (yes or no, "" for neither)."""

    member: tuple[str, ...] = ()
    belongto: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    controlledby: tuple[str, ...] = ()
    social: tuple[str, ...] = ()
    vendor: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    disclosure: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    datatrainingallowed: Literal["", "yes", "no"] = ""


@dataclass(frozen=True, slots=True)
class Tdm:
    """Whether text and data mining of the site is reserved (TDMRep), and where its terms are."""

    reservation: bool = False
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Who republishes: shown everywhere. `url` ends with a slash."""

    name: str
    url: str
    language: str = "zh-CN"
    timezone: str = "Asia/Shanghai"
    sponsor: str = ""
    supervisor: str = ""
    rights: str = ""
    accent: str = "#9b1c1c"
    contact: Contact = Contact()
    notices: Notices = Notices()
    trust: Trust = Trust()
    tdm: Tdm = Tdm()


@dataclass(frozen=True, slots=True)
class Storage:
    """Where state and output live. `database` is an SQLAlchemy-like URL; `output` and `backup`
    (the folder of copies that `serve` makes, "" for none) are absolute."""

    database: str = "sqlite:var/syndicate.db"
    output: str = "feeds"
    keep_days: int = 0
    backup: str = ""
    backup_keep: int = 7


@dataclass(frozen=True, slots=True)
class Fetch:
    """Limits on reading sources; `timeout` in seconds for a whole exchange, bytes decompressed."""

    contact: str = ""
    concurrency: int = 32
    per_host: int = 2
    timeout: float = 30.0
    max_bytes: int = 10_000_000
    allow_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publish:
    """How many entries a feed holds, what an item's link points to, hubs to ping."""

    items: int = 50
    link: Literal["original", "page"] = "original"
    hubs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """Local copies of pictures, and their limits: bytes of a file and of all of an entry's,
    pixels of a picture."""

    copies: bool = False
    max_bytes: int = 5_000_000
    entry_bytes: int = 20_000_000
    max_pixels: int = 40_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a column: the "and" of its keys (contract §4)."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    regex: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A section of the site (栏目)."""

    id: str
    title: str = ""
    parent: str = ""
    description: str = ""
    rest: bool = False
    categories: tuple[str, ...] = ()  # upstream names that mean this column
    origins: Literal["publish", "link", "hold"] = "publish"  # where the origin is not on the list
    origins_expired: Literal["", "publish", "link", "hold"] = ""  # "": as `origins`
    origins_asserted: Literal["", "publish", "link", "hold"] = ""
    editor: str = ""  # who answers for it here; its parent's without
    require_editor: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Origins:
    """The operator's list of permitted origins: an absolute path, "" for none."""

    list: str = ""


@dataclass(frozen=True, slots=True)
class Selectors:
    """CSS selectors of a listing page."""

    items: str = ""
    title: str = ""
    link: str = ""
    date: str = ""
    content: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries come from. `content` is already decided ("" never reaches here)."""

    id: str
    name: str = ""
    type: Literal["feed", "folder", "page", "mailbox"] = "feed"
    url: str = ""
    path: str = ""  # absolute
    column: str = ""
    every: str = "auto"  # "auto" or 30m, 2h, 1d
    timezone: str = ""  # never empty after config: the site's by default
    own: bool = False
    rights: str = ""
    licence: str = ""
    permission: str = ""
    content: Literal["", "full", "summary", "link"] = ""
    fulltext: bool = False
    pictures: Literal["", "link", "copy", "none"] = ""  # decided after config, as content is
    noindex: bool = False
    trusted: bool = False
    shorten_titles: bool = False
    require: tuple[str, ...] = ("source",)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: Selectors = Selectors()
    password: str = field(default="", repr=False)  # of a mailbox over IMAP
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """A product that goes out by mail. `schedule` is cron with cron's weekdays."""

    id: str
    title: str = ""
    columns: tuple[str, ...] = ()
    schedule: str = "0 8 * * *"
    timezone: str = ""  # never empty after config
    items: int = 30
    max_age: timedelta = timedelta(days=30)
    settle: timedelta = timedelta(0)
    empty: Literal["skip", "send"] = "skip"
    subject: str = "{{ digest.title }} · {{ edition.date }}"
    template: str = "digest"
    public: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """Signing: PEM text of an RSA or Ed25519 key; empty `domain` switches it off."""

    domain: str = ""
    selector: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """The way out for mail, and back. Secrets are resolved; "" where unset."""

    route: str = "maildir:var/mail"
    password: str = field(default="", repr=False)
    sender: str = ""  # key `from`; never empty after config
    reply_to: str = ""
    bounce: str = ""
    inbox: str = ""
    inbox_password: str = field(default="", repr=False)
    claims: str = ""  # the address that rightsholders write to
    claims_inbox: str = ""  # a mailbox of its own for them
    claims_inbox_password: str = field(default="", repr=False)
    rate: float = 0.0
    connections: int = 4
    dkim: Dkim = Dkim()


@dataclass(frozen=True, slots=True)
class Learning:
    """After how many moves by editors the daemon learns columns anew; 0: `train` by hand alone."""

    train_after: int = 20

    def is_due(self, moves: int) -> bool:
        return 0 < self.train_after <= moves


@dataclass(frozen=True, slots=True)
class Web:
    """The daemon's web side. `secret` is where the signing key is ("file:…" is made at first)."""

    listen: str = "127.0.0.1:8080"
    trusted_proxies: tuple[str, ...] = ()
    secret: str = "file:var/secret"
    admin_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, resolved: paths absolute, secrets read, defaults in place."""

    site: Site
    file: Path
    storage: Storage = Storage()
    fetch: Fetch = Fetch()
    publish: Publish = Publish()
    origins: Origins = Origins()
    media: Media = Media()
    columns: tuple[Column, ...] = ()  # the one for the rest is always among them
    sources: tuple[Source, ...] = ()
    digests: tuple[Digest, ...] = ()
    mail: Mail = Mail()
    learning: Learning = Learning()
    web: Web = Web()
    unset: tuple[str, ...] = ()  # keys that name a secret which is not there: what needs it is off

    @property
    def root(self) -> Path:
        """The folder that relative paths in the file are relative to."""
        return self.file.parent

    @property
    def unsendable(self) -> tuple[str, ...]:
        """The unset keys without which no mail is sent; those of mailboxes are another matter."""
        mine = (key for key in self.unset if key.startswith("mail."))
        return tuple(key for key in mine if not key.endswith("inbox_password"))

    @property
    def rest(self) -> Column:
        """The column that takes what fits nowhere."""
        return next(column for column in self.columns if column.rest)

    def source(self, id: str) -> Source | None:
        return next((source for source in self.sources if source.id == id), None)

    def column(self, id: str) -> Column | None:
        return next((column for column in self.columns if column.id == id), None)
