"""A model as an ONNX graph in double precision, built node by node: nothing is converted.

One input a file column, each (n, 1): numbers as doubles, NaN where missing, levels as strings, ""
where missing. The outputs, (n, 1): `placement_probability` and `placement_logit`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.arrays import FloatArray, IntArray
from placement.model.scorer import Isotonic, Platt
from placement.reporting.export.expressions import (
    AtLeastValue,
    AtMostValue,
    Binary,
    Choice,
    Condition,
    Exceeds,
    Expression,
    IsMissing,
    IsSlot,
    Name,
    PositiveCube,
    Reaches,
)
from placement.reporting.export.formula import Cell, Formula, LevelCell, NumberCell

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

OPSET = 20  # the first with RegexFullMatch, by which levels match whatever their case
IR_VERSION = 10
PROBABILITY, LOGIT = "placement_probability", "placement_logit"
_OPERATORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}


@dataclass
class _Graph:
    """Nodes in order, and constants; each call names what it adds."""

    nodes: "list[NodeProto]" = field(default_factory=list)
    constants: "dict[str, TensorProto]" = field(default_factory=dict)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        output = f"v{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, *values: float) -> str:
        """Return the name of numbers (1, k)."""
        return self.tensor(np.array([values], dtype=np.float64))

    def tensor(self, values: FloatArray | IntArray) -> str:
        """Return the name of an array."""
        from onnx import numpy_helper

        name = f"k{len(self.constants) + 1}"
        self.constants[name] = numpy_helper.from_array(values, name)
        return name

    def any_of(self, conditions: Iterable[str]) -> str:
        """Return whether any of some conditions holds."""
        first, *others = conditions
        for other in others:
            first = self.add("Or", first, other)
        return first


def onnx_model(formula: Formula, title: str) -> "ModelProto":
    """Return the model, checked by ONNX itself."""
    import onnx
    from onnx import TensorProto, helper

    writer = _Writer(formula)
    writer.write()
    graph = writer.graph
    shape: list[str | int | None] = ["students", 1]
    inputs = [
        helper.make_tensor_value_info(
            cell.column, TensorProto.DOUBLE if _is_number(cell) else TensorProto.STRING, shape
        )
        for cell in formula.cells
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape)
        for name in (PROBABILITY, LOGIT)
    ]
    made = helper.make_graph(
        graph.nodes, "placement", inputs, outputs, list(graph.constants.values())
    )
    model = helper.make_model(
        made,
        producer_name="placement",
        doc_string=title,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, NumberCell) or cell.levels.numeric


class _Writer:
    """The steps of a formula as nodes; `values` are the names of tensors by those of steps."""

    def __init__(self, formula: Formula) -> None:
        self.formula, self.graph = formula, _Graph()
        self._values: dict[str, str] = {}
        self._missing: dict[str, str] = {}
        self._slots: dict[tuple[str, int], str] = {}

    def write(self) -> None:
        """Write cells, steps, the logit and the probability."""
        for cell in self.formula.cells:
            self._cell(cell)
        for step in self.formula.steps:
            self._values[step.name] = self._value(step.value)
        logit = self.graph.constant(self.formula.intercept)
        for encoded in self.formula.encoded:
            weighted = self._call("Mul", self._values[encoded.step], encoded.weight)
            logit = self.graph.add("Add", logit, weighted)
        self._name(logit, LOGIT)
        self._name(self._calibrated(logit), PROBABILITY)

    def _name(self, value: str, name: str) -> None:
        from onnx import helper

        self.graph.nodes.append(helper.make_node("Identity", [value], [name]))

    def _call(self, kind: str, value: str, number: float) -> str:
        return self.graph.add(kind, value, self.graph.constant(number))

    def _cell(self, cell: Cell) -> None:
        if isinstance(cell, LevelCell):
            self._levels(cell)
            return
        infinite = self.graph.add("IsInf", cell.column)
        missing = self.graph.add("Or", self.graph.add("IsNaN", cell.column), infinite)
        self._missing[cell.name] = missing
        zero = self.graph.constant(0.0)
        self._values[cell.name] = self.graph.add("Where", missing, zero, cell.column)

    def _levels(self, cell: LevelCell) -> None:
        """Write for each slot whether a cell's level is that."""
        if cell.levels.numeric:
            blank = self.graph.add("IsNaN", cell.column)
            known = [self._call("Equal", cell.column, number) for number in cell.numbers]
        else:
            blank = self._matches(cell.column, r"\s*")
            known = [self._matches(cell.column, _pattern(words)) for words in cell.spellings]
        for slot, one in enumerate(known):
            self._slots[cell.name, slot] = one
        unknown = self.graph.add("Not", self.graph.any_of([blank, *known]))
        others = {cell.if_missing: [blank]}
        others.setdefault(cell.if_unknown, []).append(unknown)
        for slot, conditions in others.items():
            self._slots[cell.name, slot] = self.graph.any_of(conditions)
        for slot in range(cell.unseen + 1):
            if (cell.name, slot) not in self._slots:  # a slot that no cell has
                never = self.graph.add("And", blank, unknown)
                self._slots[cell.name, slot] = never

    def _matches(self, column: str, pattern: str) -> str:
        return self.graph.add("RegexFullMatch", column, pattern=pattern)

    def _value(self, value: Expression) -> str:
        match value:
            case Name(name):
                result = self._values[name]
            case Binary(operator, left, right):
                parts = self._value(left), self._value(right)
                result = self.graph.add(_OPERATORS[operator], *parts)
            case AtLeastValue(inner, bound):
                result = self._call("Max", self._value(inner), bound)
            case AtMostValue(inner, bound):
                result = self._call("Min", self._value(inner), bound)
            case PositiveCube(inner):
                base = self._call("Max", self._value(inner), 0.0)
                result = self.graph.add("Mul", self.graph.add("Mul", base, base), base)
            case Choice(condition, yes, no):
                parts = self._value(yes), self._value(no)
                result = self.graph.add("Where", self._condition(condition), *parts)
            case _:
                result = self.graph.constant(value)
        return result

    def _condition(self, condition: Condition) -> str:
        match condition:
            case IsMissing(cell):
                return self._missing[cell]
            case Reaches(name, threshold):
                return self._call("GreaterOrEqual", self._values[name], threshold)
            case Exceeds(name, threshold):
                return self._call("Greater", self._values[name], threshold)
            case IsSlot(cell, slot):
                return self._slots[cell, slot]

    def _calibrated(self, logit: str) -> str:
        match self.formula.calibration:
            case Isotonic(points, probability):
                return self._interpolated(logit, points, probability)
            case Platt(slope, intercept):
                logit = self._call("Add", self._call("Mul", logit, slope), intercept)
        return self.graph.add("Sigmoid", logit)

    def _interpolated(
        self, logit: str, points: tuple[float, ...], probability: tuple[float, ...]
    ) -> str:
        """Add up the share of each rise that lies below the logit: all at once, (n, k - 1)."""
        low, high = np.array(points[:-1]), np.array(points[1:])
        above = self.graph.add("Max", logit, self.graph.constant(*low.tolist()))
        inside = self.graph.add("Min", above, self.graph.constant(*high.tolist()))
        reached = self.graph.add("Sub", inside, self.graph.constant(*low.tolist()))
        share = self.graph.add("Div", reached, self.graph.constant(*(high - low).tolist()))
        rises = self.graph.constant(*np.diff(probability).tolist())
        along = self.graph.tensor(np.array([1]))
        risen = self.graph.add("ReduceSum", self.graph.add("Mul", share, rises), along, keepdims=1)
        return self._call("Add", risen, probability[0])


def _pattern(words: tuple[str, ...]) -> str:
    """Return what matches the spellings of a level: any case, blanks about it, dots after it."""
    spelled = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
    return rf"(?i)\s*(?:{spelled})[\s.,;:]*"
