"""The screen after a training with several seeds."""

import shlex

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, interval, number
from tunelet.console._metrics import no_interval_screen, warnings_screen
from tunelet.console._tables import print_table, table
from tunelet.run import GroupFacts, measured_on


def group_screen(console: Console, summary: GroupFacts) -> None:
    """Print means, deviations and intervals over the seeds, with notes, and the folder of the runs."""
    seeds = ", ".join(map(str, summary.seeds))
    texts = counted(summary.n, f"{measured_on(summary)} text")
    made = table("metric", "mean", "deviation", "95 % interval, texts and seeds")
    for name, label in summary.words_of_metrics.items():
        deviation, bounds = number(summary.deviation(name)), interval(summary.interval(name)) or "none"
        made.add_row(escape(label), number(summary.value(name)), deviation, bounds)
    print_table(console, escape(f"{counted(len(summary.seeds), 'seed')} ({seeds}) on {texts}"), made)
    no_interval_screen(console, summary, summary.words_of_metrics)
    warnings_screen(console, summary.warnings)
    console.print(f"run folder  [bold]{escape(shlex.quote(summary.run))}[/]", highlight=False, soft_wrap=True)
