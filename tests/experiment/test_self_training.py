"""Texts without labels in training: students learn what teachers make of them, and are kept where they are better."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from scipy.special import softmax

import tunelet
from brief import BRIEF
from checkpoints import noted_checkpoints, stopped_behind
from tunelet import Classifier, TuneletError
from tunelet.evaluation import STUDENT, fit_weights
from tunelet.experiment import _trainings
from tunelet.experiment._self_training import Answers, soft_labels
from tunelet.publish import published
from tunelet.recipe import TrainingSettings
from tunelet.report import write_report
from tunelet.run import Run, RunGroup, kept_in_words
from tunelet.training import Mix, Outcome, Rates, TrainingData, Work, expect

pytestmark = pytest.mark.slow

# No head is solved and a teacher has a few steps, so that TF-IDF, which needs none, has much to teach.
QUICK = {
    "data.max_length": 16, "data.validation": "cross-validation", "data.folds": 2, "model.precision": "float32",
    "training.batch_size": 8, "training.epochs": 1, "training.learning_rate": 5e-3, "training.head_learning_rate": 2e-2,
    "training.probe": False, "training.checkpoint_seconds": 0.001, "training.min_steps": 0, "model.pooling": "mean",
    "model.layers": 3, **BRIEF, "training.seed": 2,
}  # fmt: skip
WORDS = {"good": ["joy", "charm", "delight"], "bad": ["pain", "bore", "mess"]}
FILLER = ["stone", "river", "glass", "paper", "winter", "garden", "copper", "engine"]


def texts(n: int, *, seed: int) -> list[tuple[str, str]]:
    """Different texts of which one word in four tells the label."""
    random = np.random.default_rng(seed)
    found: dict[str, str] = {}
    while len(found) < n:
        name = ("good", "bad")[len(found) % 2]
        found.setdefault(" ".join([*random.choice(FILLER, 3), random.choice(WORDS[name])]), name)
    return list(found.items())


LABELLED = texts(36, seed=1)
OTHERS = [text for text, _ in texts(220, seed=2) if text not in dict(LABELLED)][:200]


@dataclass(frozen=True)
class Trained:
    """One call of `fit`: what it was given, where, and what it came to."""

    data: TrainingData
    place: str
    outcome: Outcome


def texts_of(tokens) -> list[bytes]:
    return [tokens.text(row).token_ids.tobytes() for row in range(len(tokens))]


def trained(checkpoint, out, others=OTHERS, **given) -> tuple[Run, list[Trained]]:
    """Trains with texts without labels; gives the run, and each training in its order."""
    calls: list[Trained] = []
    fit = _trainings.fit

    def watched(classifier, data, settings, folder, *rest):
        outcome = fit(classifier, data, settings, folder, *rest)
        calls.append(Trained(data, folder.path.name, outcome))
        return outcome

    settings = QUICK | given.pop("settings", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_trainings, "fit", watched)
        run = tunelet.train(
            LABELLED, unlabelled=others, model=checkpoint, settings=settings, out=out, quiet=True, **given
        )
    return run, calls


@pytest.fixture(scope="module")
def learnt(tiny_checkpoint, tmp_path_factory):
    """A cross-validated run whose students were better, its trainings, and where each of its checkpoints lay."""
    with noted_checkpoints() as written:
        return *trained(tiny_checkpoint("bert"), tmp_path_factory.mktemp("learnt") / "run"), written


def test_every_fold_has_a_teacher_and_a_student_and_where_students_are_better_the_last_one_is_kept(learnt):
    run, calls, _ = learnt
    assert [call.place for call in calls] == ["fold-1", "fold-2", "student-1", "student-2", "teacher", "run.partial"]
    kept = run.evaluation.kept
    assert kept.name == run.summary.kept == STUDENT
    assert [one.name for one in kept.candidates][:2] == ["adapter", STUDENT]
    assert run.summary.steps == run.summary.planned_steps == calls[-1].outcome.steps
    assert "unlabelled" in kept_in_words(run)


def test_a_student_learns_from_all_other_texts_and_from_none_that_its_fold_holds_out(learnt):
    _, calls, _ = learnt
    teachers, students = [*calls[:2], calls[4]], [*calls[2:4], calls[5]]
    for teacher, student in zip(teachers, students, strict=True):
        labelled, learnt_from = texts_of(teacher.data.train), texts_of(student.data.train)
        assert learnt_from[: len(labelled)] == labelled
        others, targets = learnt_from[len(labelled) :], student.data.train_labels
        assert len(set(others)) == len(OTHERS)
        np.testing.assert_array_equal(targets[: len(labelled)], np.eye(2)[teacher.data.train_labels])
        np.testing.assert_allclose(targets[len(labelled) :].sum(axis=1), 1, rtol=1e-6)
        assert (targets[len(labelled) :].max(axis=1) < 1).all()
        if teacher.data.validation is not None:
            held_out = texts_of(student.data.validation)
            assert held_out == texts_of(teacher.data.validation)
            assert not set(held_out) & set(learnt_from)


def test_the_figures_are_those_of_the_students(learnt):
    run, calls, _ = learnt
    right = [call.outcome.validation for call in calls[2:4]]
    accuracy = np.mean(np.concatenate([found.predicted == found.labels for found in right]))
    candidates = {one.name: one.accuracy for one in run.evaluation.kept.candidates}
    assert candidates[STUDENT] == pytest.approx(accuracy)
    if not run.summary.blend:
        assert run.summary.accuracy == pytest.approx(accuracy)
    assert accuracy > candidates["adapter"] + 0.2
    # The run's own history is that of the last student, and its time is that of all.
    assert run.history[-1].step <= calls[-1].outcome.steps
    spent = sum(call.outcome.tokens for call in calls)
    assert run.summary.train_seconds * run.summary.tokens_per_second == pytest.approx(spent)


def test_the_estimate_counts_teachers_their_answers_and_students(learnt):
    run, calls, _ = learnt
    lengths = calls[4].data.train.lengths
    held_out = [np.arange(len(call.data.validation)) for call in calls[:2]]  # all texts are equally long
    work = Work(lengths, folds=held_out, unlabelled=calls[-1].data.train.lengths[len(lengths) :])
    found = expect(Rates(training=1.0, evaluation=1.0), run.recipe.training, work)
    assert found.training_seconds == pytest.approx(sum(call.outcome.tokens for call in calls), rel=0.05)
    answered = 3 * work.unlabelled.sum()  # by three teachers
    assert found.evaluation_seconds == pytest.approx(answered + 2 * lengths.sum(), rel=0.01)  # and each fold's own


def test_the_report_tells_of_the_texts_and_what_is_published_has_none_of_them(learnt, tmp_path):
    run, *_ = learnt
    told = run.data.unlabelled
    assert (told.rows, told.used.rows, told.dropped) == (len(OTHERS), len(OTHERS), {})
    document = (write_report(RunGroup.load(run.path), tmp_path)[0]).read_text(encoding="utf-8")
    for words in (f"{len(OTHERS)} texts of list of texts", "Self-training", "adapter + unlabelled"):
        assert words in document
    everything = b"".join(
        content if isinstance(content, bytes) else content.read_bytes() for content in published(run, "run").values()
    )
    assert b'"unlabelled": {' in everything
    assert OTHERS[0].encode() not in everything


@pytest.mark.parametrize("moment", ["within a student", "behind the students", "within the last student"])
def test_stopped_in_a_students_training_and_resumed_the_bits_are_the_same(learnt, tiny_checkpoint, tmp_path, moment):
    expected, _, written = learnt
    at = {
        "within a student": written.index("student-2") + 3,
        "behind the students": written.index("teacher"),
        "within the last student": written.index("checkpoints") + 5,
    }[moment]
    stop(tiny_checkpoint("bert"), tmp_path / "run", at)
    asked = []
    answer = _trainings.logits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_trainings, "logits", lambda *rest: (asked.append(1), answer(*rest))[1])
        run, _ = trained(tiny_checkpoint("bert"), tmp_path / "run", resume=True)
    # Teachers that have answered are not asked again.
    assert len(asked) == (0 if moment == "within the last student" else 1)
    for name in ("adapter/adapter_model.safetensors", "adapter/2_Dense/model.safetensors"):
        assert (run.path / name).read_bytes() == (expected.path / name).read_bytes()
    np.testing.assert_array_equal(run.predictions.probabilities, expected.predictions.probabilities)
    assert [line.loss for line in run.history] == [line.loss for line in expected.history]
    assert run.evaluation.kept == expected.evaluation.kept


def stop(checkpoint, out, at: int, **given) -> None:
    """Train until so many checkpoints are written."""
    with stopped_behind(at):
        trained(checkpoint, out, **given)


def test_a_run_does_not_go_on_with_other_texts(tiny_checkpoint, tmp_path):
    checkpoint = tiny_checkpoint("bert")
    stop(checkpoint, tmp_path / "run", 1)
    with pytest.raises(TuneletError, match="other unlabelled texts"):
        trained(checkpoint, tmp_path / "run", OTHERS[1:], resume=True)
    with pytest.raises(TuneletError, match="was started with unlabelled texts"):
        trained(checkpoint, tmp_path / "run", None, resume=True)
    stop(checkpoint, tmp_path / "without", 1, others=None)
    with pytest.raises(TuneletError, match="without unlabelled texts"):
        trained(checkpoint, tmp_path / "without", resume=True)


FEW_STEPS = {
    "training.epochs": 20,
    "training.max_steps": 40,
}  # most of which a student spends on texts that say nothing


@pytest.mark.parametrize(
    ("others", "settings", "kept"),
    [(OTHERS, {}, STUDENT), ([" ".join(words) for words in permutations(FILLER, 3)], FEW_STEPS, "adapter")],
    ids=["texts that help", "texts that do not"],
)
def test_held_out_texts_decide_and_weights_history_and_figures_are_those_of_what_is_kept(
    tiny_checkpoint, tmp_path, others, settings, kept
):
    held_out = {"data.validation": "held-out", "evaluation.baseline": kept == STUDENT}
    run, (teacher, student) = trained(tiny_checkpoint("bert"), tmp_path / "run", others, settings=settings | held_out)
    assert (teacher.place, student.place) == ("teacher", "student")
    assert run.summary.kept == kept
    expected = student if kept == STUDENT else teacher
    assert run.summary.steps == expected.outcome.steps
    assert run.history[-1].step == expected.outcome.steps
    rows = dict(zip(run.predictions.ids, run.predictions.probabilities, strict=True))
    asked = [LABELLED[int(row)][0] for row in rows]
    again = Classifier.load(run).predict(asked)
    said = [[found.probabilities[name] for name in run.label_names] for found in again]
    np.testing.assert_allclose(said, list(rows.values()), atol=1e-5)


def test_what_does_not_go_with_unlabelled_texts_is_refused_before_anything_is_read(tmp_path):
    for given, said in (({"budget": "5m"}, "budget"), ({"settings": {"adapter.method": "head"}}, "adapter.method")):
        with pytest.raises(TuneletError, match=said) as caught:
            tunelet.train("nowhere.csv", unlabelled="nothing.txt", out=tmp_path / "run", quiet=True, **given)
        assert caught.value.hint


def test_texts_with_labels_are_none_without(tiny_checkpoint, tmp_path):
    known = [text.upper() for text, _ in LABELLED]
    with pytest.raises(TuneletError, match=r"one that can be used.*36 also a labelled text; 1 repeated text"):
        trained(tiny_checkpoint("bert"), tmp_path / "run", [*known, "something new", "Something  new"])
    assert not (tmp_path / "run.partial").exists()


def test_a_folds_student_is_taught_with_weights_that_its_own_texts_do_not_decide():
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    folds = [np.arange(0, 20), np.arange(20, 40)]
    truth = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    encoder, tfidf = (
        Answers(
            truth + random.normal(size=(40, 2)), {number: random.normal(size=(9, 2)) for number in (0, 1, -1)}
        )
        for _ in range(2)
    )  # fmt: skip
    known = labels.copy()
    known[folds[0]] = 1 - known[folds[0]]  # what is said of the first fold's texts is wrong now
    for blended in (None, tfidf):
        before, after = (
            [soft_labels(number, encoder, blended, given, folds) for number in (0, 1, -1)] for given in (labels, known)
        )
        np.testing.assert_array_equal(before[0], after[0])
        assert not np.allclose(before[1], after[1])
        assert not np.allclose(before[2], after[2])
        assert all(found.dtype == np.float32 for found in before)
    # Of a single part that was held out there are no others.
    only = soft_labels(0, encoder, None, labels, folds[:1])
    assert not np.allclose(only, soft_labels(0, encoder, None, known, folds[:1]))
    weight = fit_weights([encoder.known[folds[1]]], labels[folds[1]])[0]
    expected = softmax(weight * encoder.unlabelled[0], axis=1)
    np.testing.assert_allclose(soft_labels(0, encoder, None, labels, folds), expected, rtol=1e-6)


def test_tfidf_that_knows_what_the_teacher_does_not_decides_what_a_student_learns():
    random = np.random.default_rng(1)
    labels, truth = np.arange(200) % 2, random.integers(0, 2, 50)
    sees = [np.where(known[:, None] == np.arange(2), 2.0, -2.0) for known in (labels, truth)]
    blind = [random.normal(size=found.shape) for found in sees]
    found = soft_labels(-1, Answers(blind[0], {-1: blind[1]}), Answers(sees[0], {-1: sees[1]}), labels, ())
    np.testing.assert_array_equal(found.argmax(axis=1), truth)


@pytest.mark.parametrize(
    ("settings", "copies", "steps"),
    [
        ({"epochs": 3}, 3, 43),  # (3 * 30 + 250) / 8
        ({"epochs": 3, "min_steps": 100}, 3, 100),
        ({"epochs": 3, "max_steps": 10}, 2, 10),
        ({"epochs": 3, "max_tokens": 600}, 2, 39),  # two passes over 300 tokens; the others have 2,500 of their own
        ({"epochs": 3, "max_tokens": 30}, 1, 31),  # not even one pass
    ],
    ids=str,
)
def test_labelled_texts_are_read_as_often_as_by_the_teacher_and_the_others_once(settings, copies, steps):
    found = Mix.of(TrainingSettings(batch_size=8, **settings), np.full(30, 10), np.full(250, 10))
    assert found.copies == copies
    assert len(found.lengths) == copies * 30 + 250
    assert found.length.steps == steps
