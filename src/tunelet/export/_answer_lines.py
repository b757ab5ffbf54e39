"""The lines of a README that make answers of logits, a class for each shape of labels: the same as tunelet's."""

from abc import ABC, abstractmethod

from tunelet.data import TaskName

_RECORD = 'json.loads(Path("export.json").read_text(encoding="utf-8"))'


class AnswerLines(ABC):
    """From logits to probabilities and answers, in the libraries that exports are for."""

    @property
    @abstractmethod
    def numpy(self) -> str:
        """Lines that make `probabilities` [texts, labels] of `logits`, and print the answers with them.

        `names` are those of the logits by their number as a string; `np`, `json` and `Path` are imported.
        """

    @property
    @abstractmethod
    def torch(self) -> str:
        """Lines that make probabilities of `logits`; `torch` is imported."""

    @property
    @abstractmethod
    def scores(self) -> str:
        """What the scores of a pipeline of transformers are, in sentences."""


class OneOfSeveral(AnswerLines):
    """One label a text."""

    @property
    def numpy(self) -> str:
        """As described in `AnswerLines`."""
        return """shares = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities = shares / shares.sum(axis=1, keepdims=True)
print([names[str(best)] for best in probabilities.argmax(axis=1)], probabilities)"""

    @property
    def torch(self) -> str:
        """As described in `AnswerLines`."""
        return "probabilities = torch.softmax(logits, dim=1)  # in the order of id2label in config.json"

    @property
    def scores(self) -> str:
        """As described in `AnswerLines`."""
        return "The scores are tunelet's probabilities."


class AnyOfSeveral(AnswerLines):
    """Several labels a text."""

    @property
    def numpy(self) -> str:
        """As described in `AnswerLines`."""
        return f"""probabilities = 1 / (1 + np.exp(-logits.astype(float)))
thresholds = {_RECORD}["thresholds"]
print([[names[str(at)] for at in np.flatnonzero(row)] for row in probabilities >= thresholds], probabilities)"""

    @property
    def torch(self) -> str:
        """As described in `AnswerLines`."""
        return "probabilities = torch.sigmoid(logits)  # of each label, in the order of id2label in config.json"

    @property
    def scores(self) -> str:
        """As described in `AnswerLines`."""
        return (
            "The scores are tunelet's probabilities: each label has one of its own, and is given from its threshold on "
            "(`thresholds` in `export.json`)."
        )


class OneInOrder(AnswerLines):
    """Ratings in order, whose logits are of lying above each but the highest."""

    @property
    def numpy(self) -> str:
        """As described in `AnswerLines`."""
        return f"""ratings = {_RECORD}["label_names"]
above = 1 / (1 + np.exp(np.sort(-logits.astype(float), axis=1)))  # of lying above each rating but the highest
edges = np.hstack([np.ones((len(above), 1)), above, np.zeros((len(above), 1))])
probabilities = edges[:, :-1] - edges[:, 1:]  # of each rating
print([ratings[at] for at in (probabilities.cumsum(axis=1) >= 0.5 - 1e-9).argmax(axis=1)], probabilities)"""

    @property
    def torch(self) -> str:
        """As described in `AnswerLines`."""
        return """above = torch.sigmoid(logits).sort(dim=1, descending=True).values  # of lying above each but one
edges = torch.hstack([torch.ones(len(above), 1), above, torch.zeros(len(above), 1)])
probabilities = edges[:, :-1] - edges[:, 1:]  # of each rating, in the order of label_names in export.json"""

    @property
    def scores(self) -> str:
        """As described in `AnswerLines`."""
        return (
            "The scores are tunelet's probabilities of lying above each rating but the highest, `> 1` and so on. That "
            "of a rating is the difference of two of them; the answer is the first rating above which less than half "
            "of the probability lies."
        )


class Number(AnswerLines):
    """A plain number, in the unit of the data."""

    @property
    def numpy(self) -> str:
        """As described in `AnswerLines`."""
        return """probabilities = logits  # the numbers, in the unit of the data [texts, 1]
print(logits[:, 0].tolist())"""

    @property
    def torch(self) -> str:
        """As described in `AnswerLines`."""
        return "probabilities = logits  # the numbers, in the unit of the data"

    @property
    def scores(self) -> str:
        """As described in `AnswerLines`."""
        return "The score is the number, in the unit of the data."


ANSWER_LINES: dict[TaskName, AnswerLines] = {
    "multiclass": OneOfSeveral(),
    "multilabel": AnyOfSeveral(),
    "ordinal": OneInOrder(),
    "regression": Number(),
}
