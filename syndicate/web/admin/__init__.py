"""The editors' dashboard: server-rendered, usable without JavaScript.

Every action is also a command. What an editor does here is in the same record as there.
"""

from __future__ import annotations

from starlette.routing import Route

from syndicate.web.admin import claims, columns, digests, entries, lists, login, overview

ROUTES: list[Route] = [
    *login.ROUTES,
    *overview.ROUTES,
    *entries.ROUTES,
    *columns.ROUTES,
    *lists.ROUTES,
    *claims.ROUTES,
    *digests.ROUTES,
]
