"""A training under way as the bytes of a safetensors file: its state and its epochs so far.

Numbers only: no row, and nothing that is executed when it is read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from placement.arrays import Document
from placement.errors import ModelError
from placement.model.history import Epoch
from placement.training.solver.hessian import Hessian
from placement.training.solver.loop_state import LoopState

FORMAT = 1
_DOCUMENT, _ARRAY = "document", "array"
_OTHERS = {"stage", "weights", "intercept", "stopped"}
_FIGURES = tuple(field.name for field in fields(Epoch) if field.name not in _OTHERS)
_COUNTS = {"number", "clamped_rows", "clamped_wrong"}

Arrays = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """The state of the loop before a step, and the epochs before that."""

    state: LoopState
    history: tuple[Epoch, ...]

    def as_bytes(self) -> bytes:
        """Write it; `checkpoint_of` reads it again to the bit."""
        arrays: Arrays = {}
        hessian = self.state.hessian
        state = {**_fields(self.state), "hessian": None if hessian is None else _fields(hessian)}
        document = {
            "format": FORMAT,
            "state": _without_arrays(state, arrays),
            "history": _without_arrays(_table(self.history), arrays),
        }
        text = json.dumps(document).encode()
        return save({**arrays, _DOCUMENT: torch.frombuffer(bytearray(text), dtype=torch.uint8)})


def checkpoint_of(data: bytes) -> Checkpoint:
    """Read a checkpoint. Raises ModelError where it is damaged, or of another version."""
    try:
        arrays = load(data)
        document = json.loads(arrays[_DOCUMENT].numpy().tobytes())
        found = document["format"]
        if found == FORMAT:
            state = _with_arrays(document["state"], arrays)
            history = _with_arrays(document["history"], arrays)
            return Checkpoint(_state(state), _epochs(history))
    except (SafetensorError, ValueError, LookupError, TypeError) as problem:
        raise ModelError(f"the checkpoint is damaged ({problem}): train anew") from problem
    raise ModelError(
        f"the checkpoint is of version {found}, and this placement reads version {FORMAT}: go on "
        "with the placement that wrote it, or train anew"
    )


def _fields(values: LoopState | Hessian) -> Document:
    return {field.name: getattr(values, field.name) for field in fields(values)}


def _without_arrays(value: Any, arrays: Arrays) -> Any:
    """Return a value for JSON; its arrays go to `arrays`, with their names in their place."""
    if isinstance(value, np.ndarray):
        value = torch.from_numpy(value)
    if isinstance(value, torch.Tensor):
        name = f"{_ARRAY}{len(arrays)}"
        arrays[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {_ARRAY: name}
    if isinstance(value, Mapping):
        return {str(key): _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_arrays(item, arrays) for item in value]
    return value


def _with_arrays(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_ARRAY}:
        return arrays[value[_ARRAY]]
    return {key: _with_arrays(item, arrays) for key, item in value.items()}


def _state(state: Document) -> LoopState:
    hessian, parameters = state.pop("hessian"), state.pop("parameters").numpy()
    best = tuple(state.pop("best"))
    if hessian is not None:
        hessian["hessian"] = hessian["hessian"].numpy()
        hessian["parameters"] = hessian["parameters"].numpy()
        hessian = Hessian(**hessian)
    return LoopState(parameters=parameters, hessian=hessian, best=best, **state)


def _table(history: Sequence[Epoch]) -> Document:
    """Return epochs as arrays; a figure that was not taken is NaN."""
    figures = [[getattr(epoch, name) for name in _FIGURES] for epoch in history]
    return {
        "stages": [epoch.stage for epoch in history],
        "figures": np.array(figures, dtype=np.float64).reshape(-1, len(_FIGURES)),
        "weights": np.array([epoch.weights for epoch in history]),
        "intercepts": np.array([epoch.intercept for epoch in history]),
    }


def _epochs(table: Document) -> tuple[Epoch, ...]:
    figures, weights = table["figures"].tolist(), table["weights"].numpy()
    rows = zip(table["stages"], figures, weights, table["intercepts"].tolist(), strict=True)
    return tuple(
        Epoch(stage=stage, weights=own, intercept=intercept, **_figures(values))
        for stage, values, own, intercept in rows
    )


def _figures(values: Sequence[float]) -> Document:
    return {
        name: int(value) if name in _COUNTS else None if value != value else value  # noqa: PLR0124
        for name, value in zip(_FIGURES, values, strict=True)
    }
