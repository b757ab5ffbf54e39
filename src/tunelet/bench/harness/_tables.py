"""A document's tables: the same rows for the screen and for docs/performance.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

JsonObject = Mapping[str, Any]

_TIMES = {
    "stock": "x stock",
    "best": "x best",
    "best without dropout": "x no dropout",
    "pipeline": "x pipeline",
    "transformers float32": "x float32",
    "transformers bfloat16": "x bfloat16",
    "onnx int8": "x ONNX int8",
}
_NO_ROOM = {  # on a terminal of 80 columns
    "train": ("how", "min to max", "tokens/s"),
    "predict": ("how", "min to max", "tokens/s", "x bfloat16", "memory, GiB", "of ceiling", "apart by"),
}


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column is left-aligned, and the second where it is in words."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1

    def markdown(self) -> str:
        """The table in GitHub's Markdown."""
        rule = ["---" if column < self.words else "---:" for column in range(len(self.header))]
        lines = [self.header, rule, *self.rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)

    def show(self, console: "Console") -> None:
        """Print the table on a terminal."""
        from rich.markup import escape
        from rich.table import Table as Screen

        screen = Screen(title=escape(self.title), title_justify="left", title_style="bold")
        for column, heading in enumerate(self.header):
            longest = max((len(word) for row in self.rows for word in row[column].split()), default=0)
            width = longest if column == 0 else None  # names are folded between words, never cut
            screen.add_column(escape(heading), justify="left" if column < self.words else "right", min_width=width)
        for row in self.rows:
            screen.add_row(*map(escape, row))
        console.print(screen, highlight=False)


def tables(document: JsonObject, *, wide: bool) -> Iterator[tuple[JsonObject, list[Table]]]:
    """Each model of a document with its tables, those without rows left out.

    Args:
        document: as `document` made it.
        wide: with the columns that have no room on a terminal.
    """
    for model in document["models"]:
        model_tables = [arms_table(document, model, wide=wide), trials_table(model), ceilings_table(model)]
        if model.get("parity"):
            model_tables.append(parity_table(model["parity"]))
        yield model, [table for table in model_tables if table.rows]


def show_document(console: "Console", document: JsonObject) -> None:
    """All tables of a document, and with them how the arms ran and which could not be measured."""
    for model, model_tables in tables(document, wide=False):
        for number, table in enumerate(model_tables):
            table.show(console)
            if number == 0:
                ran = [(arm["name"], arm["setting"]) for arm in model["arms"] if arm["failure"] is None]
                for name, line in [*ran, *missing(model)]:
                    console.print(f"{name}: {line}", highlight=False, markup=False)


def arms_table(document: JsonObject, model: JsonObject, *, wide: bool) -> Table:
    """The measured arms side by side; columns without any figure are left out."""
    rows = [arm_cells(arm) for arm in model["arms"] if arm["failure"] is None]
    hidden = () if wide else _NO_ROOM[document["kind"]]
    header = tuple(
        heading for heading in (rows[0] if rows else ()) if heading not in hidden and any(row[heading] for row in rows)
    )
    title = f"{model['name']}: {model['texts']['source']}, {model['texts']['mean_tokens']:.0f} tokens a text"
    cells = tuple(tuple(row[heading] for heading in header) for row in rows)
    return Table(title, header, cells, words=2 if wide else 1)


def arm_cells(arm: JsonObject) -> dict[str, str]:
    """The cells of a measured arm by their heading; empty where there is no figure."""
    reviews, agreement = arm["reviews_per_second"], arm["agreement"]
    return {
        "arm": arm["name"],
        "how": arm["setting"],
        "reviews/s": number(reviews["median"]),
        "min to max": f"{number(reviews['low'])} to {number(reviews['high'])}",
        "tokens/s": f"{arm['tokens_per_second']['median']:,.0f}",
        **{heading: number(arm["times"].get(name)) for name, heading in _TIMES.items()},
        "memory, GiB": f"{arm['peak_memory_bytes'] / 2**30:.2f}",
        "of ceiling": "" if arm["fraction_of_ceiling"] is None else f"{arm['fraction_of_ceiling']:.0%}",
        "agree": "" if agreement is None else f"{agreement['labels']:.1%}",
        "apart by": "" if agreement is None else f"{agreement['probability']:.1e}",
    }


def trials_table(model: JsonObject) -> Table:
    """What was tried to find the best settings of the others."""
    rows = []
    for trial in model["trials"]:
        notes = [trial["failure"]] if trial["failure"] else []
        notes += ["slow over its first step, given up"] if trial.get("given_up") else []
        notes += [f"compiling took {trial['compile_seconds']:.0f} s"] if trial.get("compile_seconds") else []
        rate = trial["tokens_per_second"]
        rows.append((trial["name"], "; ".join(notes), "" if rate is None else f"{rate:,.0f}"))
    return Table(f"{model['name']}: settings tried", ("setting", "note", "tokens/s"), tuple(rows), words=2)


def ceilings_table(model: JsonObject) -> Table:
    """What the machine's matrix products reach at the model's shapes."""
    rows = [
        (precision, kernel, f"{spread['median']:,.0f}", f"{spread['low']:,.0f} to {spread['high']:,.0f}")
        for precision, ceiling in model["ceilings"].items()
        for kernel, spread in ceiling["kernels"].items()
    ]
    title = f"{model['name']}: matrix products"
    return Table(title, ("precision", "kernel", "GFLOP/s", "min to max"), tuple(rows), words=2)


def parity_table(parity: JsonObject) -> Table:
    """Losses side by side: the first, the last, and how far they are apart at most."""
    reference = parity["stock"]
    rows = [("plain loop, float32", f"{reference[0]:.6f}", f"{reference[-1]:.6f}", "", "")]
    for precision, measured in parity["tunelet"].items():
        if "losses" not in measured:
            continue
        losses, difference = measured["losses"], measured["difference"]
        apart = (f"{difference['absolute']:.1e}", f"{difference['relative']:.1e}")
        rows.append((f"tunelet {precision}", f"{losses[0]:.6f}", f"{losses[-1]:.6f}", *apart))
    title = f"losses of {parity['steps']} steps, texts cut to {parity['longest']} tokens, dropout off"
    return Table(title, ("arm", "first loss", "last loss", "largest difference", "relative"), tuple(rows))


def missing(model: JsonObject) -> list[tuple[str, str]]:
    """Arms that could not be measured, with the reason."""
    arms = [(arm["name"], arm["failure"]) for arm in model["arms"] if arm["failure"] is not None]
    losses = (model.get("parity") or {}).get("tunelet", {})
    return arms + [
        (f"losses, {name}", measured["failure"]) for name, measured in losses.items() if "failure" in measured
    ]


def number(value: float | None) -> str:
    """A number in three figures; an empty text where there is none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
