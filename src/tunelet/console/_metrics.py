"""Tables of metrics."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tunelet._words import interval, number
from tunelet.evaluation import metric_words


def metrics_screen(console: Console, metrics: Mapping[str, Any], title: str) -> None:
    """Metrics with 95 % intervals, the per-class table and the confusion matrix."""
    table = Table(title=f"{escape(title)}, 95 % bootstrap intervals", title_justify="left", title_style="bold")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name, label in metric_words(metrics["positive"]).items():
        table.add_row(escape(label), number(metrics[name]), interval(metrics.get(f"{name}_ci")))
    console.print(table, highlight=False)
    labels = metrics["confusion"]["labels"]
    if len(labels) > 12:
        return
    classes = Table(title="by class; rows are true, columns predicted", title_justify="left", title_style="bold")
    for heading in ("class", "texts", "precision", "recall", "F1", *(f"as {label}" for label in labels)):
        classes.add_column(escape(heading), justify="left" if heading == "class" else "right")
    for row, counts in zip(metrics["per_class"], metrics["confusion"]["matrix"], strict=True):
        numbers = (number(row[key]) for key in ("precision", "recall", "f1"))
        classes.add_row(escape(row["label"]), f"{row['n']:,}", *numbers, *(f"{count:,}" for count in counts))
    console.print(classes, highlight=False)
