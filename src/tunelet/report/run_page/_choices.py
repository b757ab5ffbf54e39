"""What was chosen on validation or cross-validated texts: the temperature and the threshold."""

from tunelet._words import number
from tunelet.evaluation import TemperatureRecord, ThresholdRecord, aim_in_words
from tunelet.report._document import Block, Table, Text


def temperature_blocks(temperature: TemperatureRecord, texts: str) -> list[Block]:
    """A paragraph on what the temperature changes, and whether figures and predictions use it."""
    before, after = temperature.before, temperature.after
    judged = (
        "judged by cross-fitting, for there are no other texts to judge it on"
        if temperature.cross_fitted
        else "judged on the test texts"
    )
    kind = "less" if temperature.value > 1 else "more"
    used = (
        "It is applied, in all figures of this report and in what it predicts"
        if temperature.applied
        else "It is not applied, neither in the figures of this report nor in what it predicts"
    )
    return [
        Text(
            f"Calibration. A temperature of {temperature.value:.3f}, fitted on {texts}, makes the "
            f"probabilities {kind} certain; {judged}, the expected calibration error goes from {before.ece:.4f} to "
            f"{after.ece:.4f} and the log loss from {before.log_loss:.4f} to {after.log_loss:.4f}. No "
            f"answer changes by it. {used}: {temperature.reason}. Under Reliability both are drawn."
        )
    ]


def threshold_blocks(threshold: ThresholdRecord | None, texts: str) -> list[Block]:
    """The figures of the chosen threshold beside those of 0.5; nothing where there are more than two classes."""
    if threshold is None:
        return []
    half, chosen = threshold.at_half, threshold.at_threshold
    rows = tuple(
        (
            name,
            *map(number, (entry.accuracy, entry.precision, entry.recall, entry.f1)),
            f"{entry.false_positives:,}",
            f"{entry.false_negatives:,}",
        )
        for name, entry in (("0.5", half), (f"{threshold.value:.4f}", chosen))
    )
    reached = "" if threshold.reached else " That could not be reached there; this is the nearest."
    return [
        Text(
            f"Threshold. Chosen on {texts} for {aim_in_words(threshold.aim, threshold.positive)}: a text is "
            f"called {threshold.positive!r} from a probability of {threshold.value:.4f} on.{reached}"
        ),
        Table(
            ("threshold", "accuracy", "precision", "recall", "F1", "false alarms", "missed"),
            rows,
            f"What a threshold comes to, for {threshold.positive!r}",
        ),
    ]
