"""What was chosen on validation or cross-validated texts: the temperature and the threshold."""

from tunelet._words import number
from tunelet.evaluation import TemperatureRecord, ThresholdRecord, aim_in_words
from tunelet.report._document import Block, Table, Text


def temperature_blocks(found: TemperatureRecord, texts: str) -> list[Block]:
    """What the temperature changes, and whether predictions and figures are with it."""
    before, after = found.before, found.after
    judged = (
        "judged by cross-fitting, for there are no other texts to judge it on"
        if found.cross_fitted
        else "judged on the test texts"
    )
    kind = "less" if found.value > 1 else "more"
    used = (
        "It is applied, in all figures of this report and in what it predicts"
        if found.applied
        else "It is not applied, neither in the figures of this report nor in what it predicts"
    )
    return [
        Text(
            f"Calibration. A temperature of {found.value:.3f}, fitted on {texts}, makes the "
            f"probabilities {kind} certain; {judged}, the expected calibration error goes from {before.ece:.4f} to "
            f"{after.ece:.4f} and the log loss from {before.log_loss:.4f} to {after.log_loss:.4f}. No label "
            f"changes by it. {used}: {found.reason}. Under Reliability both are drawn."
        )
    ]


def threshold_blocks(found: ThresholdRecord | None, texts: str) -> list[Block]:
    """What the chosen threshold comes to beside 0.5; nothing of more than two classes."""
    if found is None:
        return []
    half, chosen = found.at_half, found.at_threshold
    rows = tuple(
        (
            name,
            *map(number, (entry.accuracy, entry.precision, entry.recall, entry.f1)),
            f"{entry.false_positives:,}",
            f"{entry.false_negatives:,}",
        )
        for name, entry in (("0.5", half), (f"{found.value:.4f}", chosen))
    )
    reached = "" if found.reached else " That could not be reached there; this is the nearest."
    return [
        Text(
            f"Threshold. Chosen on {texts} for {aim_in_words(found.aim, found.positive)}: a text is "
            f"called {found.positive!r} from a probability of {found.value:.4f} on.{reached}"
        ),
        Table(
            ("threshold", "accuracy", "precision", "recall", "F1", "false alarms", "missed"),
            rows,
            f"What a threshold comes to, for {found.positive!r}",
        ),
    ]
