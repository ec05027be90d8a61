"""Sign-up, confirmation, preferences, unsubscribing, erasure; one address or a whole list."""

from syndicate.jobs.subscribe.lists import Imported, export, import_csv
from syndicate.jobs.subscribe.one import (
    Added,
    add,
    change,
    confirm,
    data_of,
    forget,
    holder,
    mark,
    new,
    remove,
    sign_up,
    unsubscribe,
)

__all__ = [
    "Added",
    "Imported",
    "add",
    "change",
    "confirm",
    "data_of",
    "export",
    "forget",
    "holder",
    "import_csv",
    "mark",
    "new",
    "remove",
    "sign_up",
    "unsubscribe",
]
