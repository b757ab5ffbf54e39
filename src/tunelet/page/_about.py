"""What the page says of a run: its metrics with their intervals, and its ROC curve."""

from pydantic import Field

from tunelet._record import Record, none_if_undefined
from tunelet._words import counted
from tunelet.evaluation import metric_words
from tunelet.report import for_strict_page, roc_figure
from tunelet.run import Run, Summary, measured_on


class AboutMetric(Record):
    """A metric of a run, under the name that the report has for it."""

    name: str = Field(description="as the report calls it", examples=["accuracy"])
    value: float | None = Field(description="null: the texts cannot say", examples=[0.886])
    low: float | None = Field(description="lower end of the 95 % interval; null: none", examples=[0.87])
    high: float | None = Field(description="upper end of it", examples=[0.901])


class About(Record):
    """What the page shows beside a model's answers."""

    metrics: list[AboutMetric] = Field(description="in the order of the report")
    data: str = Field(description="the texts that they are of", examples=["1,000 test texts"])
    roc: str | None = Field(
        description="the ROC curve as SVG, in the variables of the page's colours; null: the texts do not allow one"
    )
    roc_described: str | None = Field(description="what the curve shows, in words; null: there is none")


def about(run: Run) -> About:
    """What the page says of a run. The curve is drawn anew, by one caller at a time: matplotlib bears no more."""
    facts = run.facts
    of_classes = isinstance(facts, Summary)  # labels of other shapes have no curve on the page
    figure = roc_figure(run) if of_classes else None
    metrics = []
    named = metric_words(facts.positive) if isinstance(facts, Summary) else facts.metrics.words
    for name, words in named.items():
        low, high = facts.interval(name) or (None, None)
        metrics.append(AboutMetric(name=words, value=none_if_undefined(facts.value(name)), low=low, high=high))
    return About(
        metrics=metrics,
        data=counted(facts.n, f"{measured_on(facts)} text"),
        roc=None if figure is None else for_strict_page(figure),
        roc_described=None if figure is None else figure.alternative,
    )
