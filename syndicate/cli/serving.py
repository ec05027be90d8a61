"""The daemon: serve."""

from __future__ import annotations

import click

from syndicate.cli.options import Call, common


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Instead of web.listen.")
@common
def serve(call: Call, listen: str | None) -> int:
    """The daemon: scheduler, mail worker, web."""
    from syndicate.daemon import process

    moment = call.moment() if call.at is not None else None
    return process.serve(call.context.obj["config"], listen=listen, moment=moment)


COMMANDS = {"serve": serve}
