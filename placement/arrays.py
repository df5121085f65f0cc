"""The array types, once, and the type of a JSON document; shapes stand in the docstrings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
AnyFloatArray = npt.NDArray[np.floating]  # float32 or float64
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
BytesArray = npt.NDArray[np.uint8]
CodeArray = npt.NDArray[np.unsignedinteger[Any]]  # which of its values a row has
UInt64Array = npt.NDArray[np.uint64]
IndexArray = npt.NDArray[np.intp]  # positions, such as argsort returns
ObjectArray = npt.NDArray[np.object_]
CellArray = npt.NDArray[Any]  # numbers or words, as a column has them
Columns = Mapping[str, Any]  # cells of columns by name, (n,) each: float64, text or `Coded`
Document = dict[str, Any]  # JSON, as it is read and written
