"""What several seeds came to together."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, interval_or_why, number
from tunelet.console._metrics import warnings_screen
from tunelet.console._tables import print_table, table
from tunelet.evaluation import metric_words


def group_screen(console: Console, summary: Mapping[str, Any]) -> None:
    """What several seeds came to together."""
    seeds = ", ".join(map(str, summary["seeds"]))
    texts = counted(summary["n"], f"{summary['evaluated_on']} text")
    made = table("metric", "mean", "deviation", "95 % interval, texts and seeds")
    for name, label in metric_words(summary["positive"]).items():
        deviation, bounds = number(summary[f"{name}_sd"]), escape(interval_or_why(summary, name))
        made.add_row(escape(label), number(summary[name]), deviation, bounds)
    print_table(console, escape(f"{counted(len(summary['seeds']), 'seed')} ({seeds}) on {texts}"), made)
    warnings_screen(console, summary.get("warnings", ()))
    console.print(f"run folder  [bold]{escape(shlex.quote(summary['run']))}[/]", highlight=False, soft_wrap=True)
