"""Find the model that MODEL names; a bundle directory is opened without MLflow."""

from dataclasses import dataclass
from pathlib import Path

from placement.arrays import Document
from placement.data.schema import Schema
from placement.errors import UsageError
from placement.model.figures import ModelFigures
from placement.model.fitted import load_fitted
from placement.model.scorer import Scorer
from placement.reporting.answers.predictions import verdict_caution
from placement.runtime.progress import ProgressListener
from placement.tracking.lookup import bundle_directory, resolve


@dataclass(frozen=True)
class Model:
    """A model ready to score: `about` says where it is from, in the words of `--about`."""

    name: str
    directory: Path
    scorer: Scorer
    schema: Schema
    threshold: float
    figures: ModelFigures
    about: Document


def find_model(name: str, listener: ProgressListener) -> Model:
    """Open the model, say which it is, and repeat what must not be forgotten of it."""
    if not name.strip():
        raise UsageError("--model is empty: name a directory, models:/NAME/VERSION or champion")
    directory, about = _locate(name, listener)
    fitted = load_fitted(directory)
    figures = fitted.figures
    if figures.evaluation is not None:
        verdict = figures.evaluation.verdict
        for text in verdict_caution(verdict.name, verdict.rows):
            listener.warn(f"{name}: {text}")
    return Model(
        name=name,
        directory=directory,
        scorer=fitted.scorer,
        schema=fitted.schema,
        threshold=fitted.threshold,
        figures=figures,
        about={**about, "data_digest": figures.data_digest, "threshold": fitted.threshold},
    )


def _locate(name: str, listener: ProgressListener) -> tuple[Path, Document]:
    directory = bundle_directory(name)
    if directory is not None:
        listener.note(f"model: {name}")
        return directory, {"model": name, "version": None, "created": None, "run_id": None}
    from placement.tracking.store import open_store

    resolved = resolve(name, open_store(create=False))
    version = f" version {resolved.version}" if resolved.version else ""
    newer = f"; version {resolved.newer_version} is newer" if resolved.newer_version else ""
    listener.note(f"model: {resolved.name or name}{version} of {resolved.created}{newer}")
    return Path(resolved.path), {
        "model": resolved.name or name,
        "version": resolved.version,
        "created": resolved.created,
        "run_id": resolved.run_id,
    }
