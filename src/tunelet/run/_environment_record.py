"""`environment.json`: what a run ran on, the checkpoint that was adapted, and what was chosen."""

from collections.abc import Mapping

from tunelet._record import FileRecord, Record
from tunelet._words import counted
from tunelet.run._choices import BudgetChoices, Choices


class Environment(Record):
    """What a process runs on: versions, operating system, processor and memory.

    Attributes:
        versions: package -> version.
        python: its version.
        system, processor: as they call themselves.
        cores: that this process may use; None: the system does not say.
        memory_bytes: of the machine.
    """

    versions: Mapping[str, str]
    python: str
    system: str
    processor: str
    cores: int | None
    memory_bytes: int

    @property
    def processor_in_words(self) -> str:
        """The processor with its cores."""
        return self.processor if self.cores is None else f"{self.processor}, {counted(self.cores, 'core')}"


class CheckpointRecord(Record):
    """The checkpoint that was adapted.

    Attributes:
        name: short name, Hub id or folder.
        origin: where it was: "folder", "package", "hub" or the like.
        reason: why it was this one.
        hub_id, revision: on the Hub; None: it was not there.
        weights_sha256: a fingerprint of its weights; None: they are not used.
        random_weights: whether the weights were drawn anew.
    """

    name: str
    origin: str
    reason: str
    hub_id: str | None
    revision: str | None
    weights_sha256: str | None
    random_weights: bool


class BudgetRecord(Record):
    """A budget of time.

    Attributes:
        seconds: of the whole command.
        choices: what was chosen for it.
    """

    seconds: float
    choices: BudgetChoices


class EnvironmentRecord(FileRecord, Environment):
    """`environment.json`.

    Attributes:
        threads: that PyTorch computed with.
        checkpoint: that was adapted.
        choices: what was chosen.
        budget: of time; None: there was none.
    """

    threads: int | None = None
    checkpoint: CheckpointRecord
    choices: Choices
    budget: BudgetRecord | None = None
