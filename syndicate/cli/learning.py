"""Learning columns: train, evaluate."""

from __future__ import annotations

from pathlib import Path

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@common
def train(call: Call, file: Path | None) -> None:
    """Learn columns from editors' moves and labelled examples (JSON lines of text and column)."""
    from syndicate.jobs import learn

    trained = learn.train(call.app.database, call.settings, file, call.app.now)
    if call.json:
        terminal.document(trained.to_json())
        return
    for name, value in trained.to_json().items():
        terminal.say(f"{name:<14} {'none' if value is None else value}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@common
def evaluate(call: Call, file: Path) -> int:
    """Measure the model on labelled examples: accuracy, macro-F1, the confusion table."""
    from syndicate.jobs import learn

    measured = learn.evaluate(call.app.database, call.settings, file).to_json()
    if call.json:
        terminal.document(measured)
        return 0
    terminal.say(f"accuracy {measured['accuracy']:.3f}   macro-F1 {measured['macro_f1']:.3f}")
    confusion = measured.get("confusion", {})
    names = sorted({*confusion, *(name for row in confusion.values() for name in row)})
    rows = [(name, *(str(confusion.get(name, {}).get(o, 0)) for o in names)) for name in names]
    if rows:
        terminal.table(rows, ("is / said", *names))
    return 0


COMMANDS = {"train": train, "evaluate": evaluate}
