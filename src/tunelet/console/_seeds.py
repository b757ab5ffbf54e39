"""What several seeds came to together."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tunelet._words import interval, number
from tunelet.evaluation import metric_words


def group_screen(console: Console, summary: Mapping[str, Any]) -> None:
    """What several seeds came to together."""
    seeds = ", ".join(map(str, summary["seeds"]))
    title = f"{len(summary['seeds'])} seeds ({seeds}) on {summary['n']:,} {summary['evaluated_on']} texts"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("metric", "mean", "deviation", "95 % interval, texts and seeds"):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for name, label in metric_words(summary["positive"]).items():
        deviation, bounds = number(summary[f"{name}_sd"]), interval(summary[f"{name}_ci"])
        table.add_row(escape(label), number(summary[name]), deviation, bounds)
    console.print(table, highlight=False)
    console.print(f"run folder  [bold]{escape(shlex.quote(summary['run']))}[/]", highlight=False, soft_wrap=True)
