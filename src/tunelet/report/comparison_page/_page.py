"""The order of a comparison's sections, and what stands above them."""

from tunelet._words import counted
from tunelet.comparison import Comparison
from tunelet.evaluation import LOWER_IS_BETTER
from tunelet.report._document import Document
from tunelet.report.comparison_page._cost import cost_section
from tunelet.report.comparison_page._differs import differs_section
from tunelet.report.comparison_page._end import environment_section, limits_section, reproduce_section
from tunelet.report.comparison_page._kinds import kind_of
from tunelet.report.comparison_page._models import with_bounds
from tunelet.report.comparison_page._pairs import pairs_section
from tunelet.report.comparison_page._results import results_section
from tunelet.run import measured_on


def comparison_document(comparison: Comparison) -> Document:
    """The whole report of a comparison: its verdicts, the figures that decide, and every section."""
    record = comparison.record
    models = comparison.record.models
    random = [model.name for model in models if model.random_weights]
    findings = list(comparison.verdicts)
    if random:
        findings.append(
            f"{' and '.join(random)} began with random weights: nothing is said here about the pretrained model."
        )
    kind, main = kind_of(comparison), models[0].metrics.main
    values = {model.name: value for model in models if (value := model.metrics.value(main)) is not None}
    best = (min if main in LOWER_IS_BETTER else max)(values, key=lambda name: values[name], default="")
    return Document(
        title=_title(comparison.names),
        subtitle=(
            f"{counted(record.n, measured_on(record) + ' text')}, labels {', '.join(record.label_names[:8])}; "
            f"correlations over {record.resamples:,} paired draws"
        ),
        findings=tuple(findings),
        figures_of_merit={
            f"{kind.main} of {model.name}": with_bounds(model, main, ".3f")
            + (f" ({kind.best})" if model.name == best else "")
            for model in models
        },
        sections=(
            differs_section(comparison),
            results_section(comparison),
            pairs_section(comparison),
            cost_section(comparison),
            limits_section(comparison),
            environment_section(comparison),
            reproduce_section(comparison),
        ),
    )


def _title(names: tuple[str, ...]) -> str:
    return " against ".join(names) if len(names) == 2 else f"{', '.join(names[:-1])} and {names[-1]}"
