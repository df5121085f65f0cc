"""Arrow arrays as numpy arrays and back, without a copy: straight from their buffers.

`Array.to_numpy` and `pa.array` would do it, and import pandas for it, which takes longer than many
a table.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from placement.arrays import BoolArray, CellArray, FloatArray

if TYPE_CHECKING:
    import pyarrow as pa


def to_numpy(array: "pa.Array", dtype: npt.DTypeLike) -> CellArray:
    """Return the values (n,) of an array of numbers of this width, whatever stands for nulls.

    They are Arrow's own memory and cannot be written to.
    """
    values = array.buffers()[-1]
    if values is None:
        return np.empty(0, dtype)
    kind = np.dtype(dtype)
    return np.frombuffer(values, kind, len(array), array.offset * kind.itemsize)


def null_mask(array: "pa.Array") -> BoolArray | None:
    """Return which values (n,) are null; None where none is."""
    valid = array.buffers()[0]
    if not array.null_count:
        return None
    if valid is None:  # an array of the type null
        return np.ones(len(array), dtype=bool)
    end = array.offset + len(array)
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), count=end, bitorder="little")
    return np.asarray(bits[array.offset :] == 0)


def text_lines(text: bytes) -> "pa.Array":
    """Return the lines of a text in UTF-8 as they stand, without their ends."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = text if text.endswith(b"\n") else text + b"\n"
    ends = np.flatnonzero(np.frombuffer(whole, dtype=np.uint8) == ord("\n"))
    offsets = np.concatenate([[0], ends + 1]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(whole)]
    return pc.ascii_rtrim(pa.Array.from_buffers(pa.utf8(), len(ends), buffers), "\r\n")


def matches(texts: "pa.Array", pattern: str) -> BoolArray:
    """Return in which texts (n,) a pattern of RE2 is matches; in none that is null."""
    import pyarrow.compute as pc

    matches, null = pc.match_substring_regex(texts, pattern), null_mask(texts)
    end = matches.offset + len(matches)
    bits = np.frombuffer(matches.buffers()[-1], np.uint8)
    mask = np.unpackbits(bits, count=end, bitorder="little")[matches.offset :].astype(bool)
    return mask if null is None else mask & ~null


def to_floats(array: "pa.Array") -> FloatArray:
    """Return the numbers (n,) of an array of float64, NaN where they are null."""
    values, null = to_numpy(array, np.float64), null_mask(array)
    return values if null is None else np.where(null, np.nan, values)


def from_numpy(values: CellArray) -> "pa.Array":
    """Return numbers or truth values (n,) as an array."""
    import pyarrow as pa

    is_mask = values.dtype == bool
    data = np.packbits(values, bitorder="little") if is_mask else np.ascontiguousarray(values)
    kind = pa.bool_() if is_mask else pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(data)])


def from_texts(texts: Sequence[str]) -> "pa.Array":
    """Return texts (n,) as an array."""
    import pyarrow as pa

    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def text_scalar(text: str) -> "pa.StringScalar":
    """Return one text, to be put beside every cell of an array."""
    return from_texts([text])[0]
