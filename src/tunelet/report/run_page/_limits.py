"""What the figures do not say."""

from tunelet._words import counted
from tunelet.report._document import Section, Text
from tunelet.run import RunGroup


def limits_section(group: RunGroup) -> Section:
    """Where these figures may mislead."""
    summary = group.runs[0].summary
    found = [
        "These figures hold for texts like those above: another source, year or language may give others.",
    ]
    if summary["evaluated_on"] == "validation":
        found.append(
            "There were no test texts. The epoch, the temperature and the threshold were chosen on the very texts that "
            "are reported on, which flatters the model a little; pass --test DATA for figures that do not."
        )
    found += [
        f"{warning['message']} To try: {warning['hint']}."
        for warning in summary.get("warnings", ())
        if warning["kind"] != "epoch_chosen_on_these_texts"  # said above
    ]
    if summary["n"] < 1000:
        found.append(f"With {counted(summary['n'], 'text')} the intervals are wide: small differences cannot be seen.")
    if len(group.runs) == 1:
        found.append(
            "One seed: another training would come to somewhat different figures; --seeds 1,2,3 shows how much."
        )
    if summary["random_weights"]:
        found.append("The encoder's weights were random at the beginning.")
    return Section("Limits", tuple(Text(text) for text in found))
