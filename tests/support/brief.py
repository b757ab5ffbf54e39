"""Settings of trainings in tests that are about something else: what a run looks at beside its model is left out."""

BRIEF = {"evaluation.resamples": 100, "data.audit": False, "evaluation.explained": 0}
