"""The screens of a search over settings: what is searched, a line for each trial, and what came of it."""

import shlex

from rich.markup import escape

from tunelet._output import console
from tunelet._words import counted, duration, number
from tunelet.console._tables import print_table, table
from tunelet.run import StudyRecord, TrialRecord
from tunelet.scale import Cost
from tunelet.tuning import SearchPlan

_BEST = 5  # trials that the last screen lists


class SearchScreen:
    """Follows a search on stderr."""

    def __init__(self) -> None:
        self._console = console(stderr=True)

    def begun(self, plan: SearchPlan) -> None:
        """Print what is searched, on how many texts."""
        made = table("setting", "tried")
        for key, dimension in plan.space.items():
            made.add_row(escape(key), escape(dimension.in_words))
        length = counted(plan.trials, "trial") if plan.trials is not None else f"{duration(plan.budget or 0)} in all"
        print_table(self._console, escape(f"search: {length}, by {plan.metric} on validation texts"), made)
        held = f"{counted(plan.held_out, 'text')} held out of the search, {plan.texts:,} to train and validate on"
        self._say(f"{held}; {'the test part is not read' if plan.test_part else 'no test part'}")
        if plan.done:
            self._say(f"{counted(plan.done, 'trial')} done before")

    def reckoned(self, cost: Cost) -> None:
        """Print a line."""
        self._say(f"{cost.in_words}, if all trials take as long as the recipe as it is")

    def trial(self, trial: TrialRecord, best: TrialRecord | None) -> None:
        """Print a line."""
        found = {"finished": number(trial.figure), "pruned": f"given up at {number(trial.figure)}"}
        said = found.get(trial.state, f"failed: {trial.error}")
        best_yet = " (best so far)" if best is not None and best.number == trial.number else ""
        self._say(f"trial {trial.number}: {said}{best_yet}, {duration(trial.seconds)}; {trial.in_words}")

    def result(self, facts: StudyRecord) -> None:
        """Print the best trials, what the choice is worth, and the recipe."""
        finished = [trial for trial in facts.trials if trial.state == "finished" and trial.figure is not None]
        finished.sort(key=lambda trial: (trial.figure or 0) * (1 if facts.lower_is_better else -1))
        made = table("trial", facts.metric, "on texts held out")
        for trial in finished[:_BEST]:
            made.add_row(str(trial.number), number(trial.figure), number(trial.held_out))
        states = [trial.state for trial in facts.trials]
        counts = (
            f"{states.count('finished')} finished, {states.count('pruned')} given up, {states.count('failed')} failed"
        )
        print_table(self._console, escape(f"{counted(len(states), 'trial')}: {counts}"), made)
        self._say(f"chosen: trial {facts.best}, {facts.chosen.in_words}")
        if facts.optimism is not None:
            self._say(
                f"choosing flatters itself by {number(facts.optimism)}: {number(facts.figure)} on validation texts, "
                f"{number(facts.held_out)} on {counted(facts.held_out_texts, 'text')} that chose nothing"
            )
        self._say(facts.verdict)
        self._console.print(f"recipe  [bold]{escape(shlex.quote(facts.recipe))}[/]", highlight=False, soft_wrap=True)
        self._say(f"train with it: {facts.command}")

    def _say(self, line: str) -> None:
        self._console.print(escape(line), highlight=False, soft_wrap=True)
