"""Tensors of the Open Inference Protocol, as JSON or in the binary extension, and columns."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from placement.arrays import CellArray
from placement.model.scorer import ColumnLike
from placement.serving.errors import Refused

_DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1",
    "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip
_BYTES = "BYTES"
DATATYPES = (_BYTES, *_DTYPES)
_LENGTH = struct.Struct("<I")


def read_tensor(tensor: Any, binary: "BinaryPart") -> tuple[str, ColumnLike]:
    """Return the name and the cells (n,) of an input; its shape is [n] or [n, 1]."""
    if type(tensor) is not dict or type(tensor.get("name")) is not str:
        raise Refused(400, "every input must be an object with a name")
    name, datatype = tensor["name"], tensor.get("datatype")
    if type(datatype) is not str or datatype not in DATATYPES:
        raise Refused(400, f"input {name}: datatype must be one of {', '.join(DATATYPES)}")
    rows = _rows(name, tensor.get("shape"))
    parameters = tensor.get("parameters") or {}
    size = parameters.get("binary_data_size") if type(parameters) is dict else None
    if size is None:
        cells = _of_json(name, datatype, list(_flat(tensor.get("data"))))
    elif type(size) is int and size >= 0 and "data" not in tensor:
        cells = _of_bytes(name, datatype, binary.take(size))
    else:
        raise Refused(400, f"input {name}: give data, or binary_data_size and the bytes")
    if len(cells) != rows:
        raise Refused(400, f"input {name}: has {len(cells):,} cells, its shape says {rows:,}")
    return name, cells


def json_tensor(name: str, datatype: str, cells: Sequence[Any]) -> dict[str, Any]:
    """Return an output as JSON."""
    return {"name": name, "datatype": datatype, "shape": [len(cells)], "data": list(cells)}


def binary_tensor(name: str, datatype: str, cells: Sequence[Any]) -> tuple[dict[str, Any], bytes]:
    """Return an output whose cells follow the JSON, and their bytes."""
    if datatype == _BYTES:
        texts = [str(cell).encode("utf-8", "replace") for cell in cells]
        raw = b"".join(_LENGTH.pack(len(text)) + text for text in texts)
    else:
        raw = np.asarray(cells).astype(_DTYPES[datatype]).tobytes()
    head = {"name": name, "datatype": datatype, "shape": [len(cells)]}
    return {**head, "parameters": {"binary_data_size": len(raw)}}, raw


class BinaryPart:
    """The bytes behind the JSON of a request, which the inputs take one after another."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def take(self, size: int) -> bytes:
        """Return the next bytes; refuses where there are fewer."""
        part = self._raw[self._at : self._at + size]
        if len(part) < size:
            raise Refused(400, "the body has fewer bytes than its inputs say")
        self._at += size
        return part

    def refuse_rest(self) -> None:
        """Refuse where bytes are left over."""
        if self._at < len(self._raw):
            raise Refused(400, "the body has more bytes than its inputs say")


def _rows(name: str, shape: Any) -> int:
    fits = type(shape) is list and len(shape) in (1, 2) and all(type(n) is int for n in shape)
    if not fits or shape[0] < 0 or shape[1:] not in ([], [1]):
        raise Refused(400, f"input {name}: a column has the shape [rows] or [rows, 1]")
    rows: int = shape[0]
    return rows


def _flat(data: Any) -> Iterator[Any]:
    """Yield the cells of data, nested once at most, as a column is."""
    if type(data) is not list:
        raise Refused(400, "data must be a list")
    for cell in data:
        if type(cell) is not list:
            yield cell
        elif len(cell) == 1 and type(cell[0]) is not list:
            yield cell[0]
        else:
            raise Refused(400, "data may be nested as [[cell], [cell], …] only")


def _of_json(name: str, datatype: str, cells: list[Any]) -> ColumnLike:
    if datatype == _BYTES:
        wanted: set[type] = {str}
    elif datatype == "BOOL":
        wanted = {bool}
    elif datatype.startswith("FP"):
        wanted = {int, float}
    else:
        wanted = {int}
    kinds = set(map(type, cells))
    if not kinds <= {*wanted, type(None)}:
        raise Refused(400, f"input {name}: its data is not of datatype {datatype}")
    if datatype == _BYTES or (type(None) in kinds and not datatype.startswith("FP")):
        return cells
    try:
        array = np.array(cells, dtype=_DTYPES[datatype])
    except (OverflowError, ValueError) as problem:
        raise Refused(400, f"input {name}: a number is too large for {datatype}") from problem
    return _widened(array)


def _of_bytes(name: str, datatype: str, raw: bytes) -> ColumnLike:
    if datatype == _BYTES:
        return list(_texts(name, raw))
    dtype = np.dtype(_DTYPES[datatype])
    if len(raw) % dtype.itemsize:
        raise Refused(400, f"input {name}: its bytes are no whole number of {datatype}")
    return _widened(np.frombuffer(raw, dtype))


def _widened(array: CellArray) -> CellArray:
    """Return numbers as the scorer computes, whole ones as they are."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _texts(name: str, raw: bytes) -> Iterator[str]:
    at = 0
    while at < len(raw):
        if at + _LENGTH.size > len(raw):
            raise Refused(400, f"input {name}: a text ends before its length")
        (size,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size
        text = raw[at : at + size]
        if len(text) < size:
            raise Refused(400, f"input {name}: a text is shorter than it says")
        at += size
        try:
            yield text.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise Refused(400, f"input {name}: a text is not in UTF-8") from problem
