"""The order of a search's sections, and what stands above them."""

from tunelet._words import counted, duration, number
from tunelet.recipe import dump_recipe, dump_settings
from tunelet.report._document import Code, Document, Figures, Folded, Section, Table, Text
from tunelet.report.study_page._figures import coordinates_figure, importance_figure, progress_figure
from tunelet.run import Study, StudyRecord, setting_in_words


def study_document(study: Study) -> Document:
    """The whole report of a search."""
    facts = study.facts
    return Document(
        title=f"Search for settings: {facts.source}",
        subtitle=(
            f"{counted(len(facts.trials), 'trial')} of {facts.model}, chosen by {facts.metric} on validation texts; "
            f"{duration(facts.seconds)} in all"
        ),
        findings=tuple(_findings(facts)),
        figures_of_merit={
            f"{facts.metric} on validation texts": number(facts.figure),
            f"{facts.metric} on texts held out": number(facts.held_out),
            "flattery of the choice": number(facts.optimism),
        },
        sections=(
            _course(facts),
            _settings(facts),
            Section("All trials", (_trials(facts),)),
            _recipe(study),
        ),
    )


def _findings(facts: StudyRecord) -> list[str]:
    chosen = facts.chosen
    found = [f"Chosen: {chosen.in_words} (trial {chosen.number}).", facts.verdict]
    if facts.optimism is not None:
        found.append(
            f"The chosen trial has {facts.metric} {number(facts.figure)} on the validation texts that chose it, and "
            f"{number(facts.held_out)} on {counted(facts.held_out_texts, 'text')} that no trial was chosen by: "
            f"the second figure is the one to expect."
        )
    return found


def _course(facts: StudyRecord) -> Section:
    states = [trial.state for trial in facts.trials]
    pruned = f"{counted(states.count('pruned'), 'trial')} were given up early ({facts.pruner})"
    finished = f"{counted(states.count('finished'), 'trial')} were trained to the end"
    text = f"Trial 0 is the recipe as it was. {finished}; {pruned}."
    if failed := states.count("failed"):
        text += f" {counted(failed, 'trial')} failed, with the reasons in the table below."
    return Section("The search", (Text(text), Figures((progress_figure(facts),))))


def _settings(facts: StudyRecord) -> Section:
    rows = tuple((key, dimension.in_words) for key, dimension in facts.space.items())
    figures = [coordinates_figure(facts)]
    if facts.importance:
        figures.insert(0, importance_figure(facts))
    note = (
        "Importance is the share of the figure's variance over the space that a setting explains by itself (fANOVA)."
        if facts.importance
        else "There are too few trials to say which setting matters."
    )
    return Section(
        "Settings",
        (Table(("setting", "tried"), rows, "What was searched", words=2), Text(note), Figures(tuple(figures))),
    )


def _trials(facts: StudyRecord) -> Table:
    keys = tuple(facts.space)
    header = ("trial", "state", *keys, facts.metric, "held out", "time")
    rows = []
    for trial in facts.trials:
        values = tuple(setting_in_words(trial.settings.get(key, "")) for key in keys)
        state = trial.state if not trial.error else f"failed: {trial.error}"
        figures = tuple("" if figure is None else number(figure) for figure in (trial.figure, trial.held_out))
        rows.append((f"{trial.number}{' (chosen)' if trial.number == facts.best else ''}", state, *values, *figures,
                     duration(trial.seconds)))  # fmt: skip
    caption = "A setting that is not given has the value of the recipe. Figures of trials given up are their last ones."
    return Table(header, tuple(rows), caption, words=2)


def _recipe(study: Study) -> Section:
    return Section(
        "The recipe",
        (
            Code(study.facts.command),
            Text("Settings that are not tunelet's defaults:"),
            Code(dump_settings(study.recipe)),
            Folded("recipe.toml", dump_recipe(study.recipe)),
        ),
    )
