"""What is exported: a model, and what its file says of it."""

from dataclasses import dataclass

from placement.data.schema import Target
from placement.model.scorer import Scorer


@dataclass(frozen=True)
class Subject:
    """The model to be written, its outcome and threshold, and a sentence that says which it is.

    `file` is the name of the file to write, `card` the text of the model card where that is it.
    """

    scorer: Scorer
    target: Target
    threshold: float
    title: str
    file: str
    card: str = ""
