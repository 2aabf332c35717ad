"""The tensors that an ONNX model takes: which columns make each, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError
from mr.models.native.description import NativeFeature

__all__ = ["TensorInput", "read_inputs"]

DTYPES: dict[str, tuple[str, Any]] = {
    "tensor(float)": ("number", np.float32),
    "tensor(double)": ("number", np.float64),
    "tensor(float16)": ("number", np.float16),
    "tensor(int64)": ("integer", np.int64),
    "tensor(int32)": ("integer", np.int32),
    "tensor(int16)": ("integer", np.int16),
    "tensor(int8)": ("integer", np.int8),
    "tensor(uint8)": ("integer", np.uint8),
    "tensor(bool)": ("boolean", np.bool_),
    "tensor(string)": ("text", object),
}


@dataclass(frozen=True)
class TensorInput:
    """An input of the model's: ``columns`` are its place among the features (None: all of them,
    however many there are), ``flat`` is whether it takes (n,) instead of (n, columns)."""

    name: str
    stated: str
    columns: slice
    width: int | None
    flat: bool
    batch: int | None

    @property
    def type(self) -> str:
        return DTYPES[self.stated][0]

    def features(self, *, named: bool) -> list[NativeFeature]:
        """Its columns; the input's name is that of its only one."""
        why = f"{self.name} takes {self.stated}"
        missing = None if self.type == "number" else False
        name = self.name if named else None
        return [NativeFeature(name, self.type, why, missing)] * (self.width or 0)

    def tensor(self, rows: Any) -> NDArray[Any]:
        """Its tensor of n rows, an array, a frame or a list; ValueError for what it can't hold."""
        if isinstance(rows, list):
            part = np.array(rows, object).reshape(len(rows), 1)
        elif hasattr(rows, "iloc"):
            part = np.asarray(rows.iloc[:, self.columns])
        else:
            part = np.asarray(rows)[:, self.columns]
        made = self._cast(part)
        return made.reshape(len(made)) if self.flat else np.ascontiguousarray(made)

    def _cast(self, part: NDArray[Any]) -> NDArray[Any]:
        kind, dtype = DTYPES[self.stated]
        if kind == "text":
            if not all(isinstance(cell, str) for cell in part.ravel().tolist()):
                raise ValueError(f"{self.name}: a missing text, which {self.stated} can't hold")
            return part.astype(object)
        if kind == "number":
            with np.errstate(over="ignore"):  # beyond what 32 bits hold: infinite
                return part.astype(dtype)
        if (part != part).any():
            raise ValueError(f"{self.name}: a missing value, which {self.stated} can't hold")
        made = part.astype(dtype)
        if (made != part).any():
            raise ValueError(f"{self.name}: a value that {self.stated} can't hold")
        return made


def read_inputs(stated: Sequence[Any]) -> list[TensorInput]:
    """The inputs of an onnxruntime session; ModelFileError for what no table has."""
    inputs, start = [], 0
    for each in stated:
        shape = list(each.shape)
        if each.type not in DTYPES or len(shape) not in (1, 2):
            raise _unfit(each, "no column of a table is that")
        batch = shape[0] if isinstance(shape[0], int) else None
        if batch not in (None, 1):
            raise _unfit(each, f"it takes {batch} rows at a time, not any number")
        width: int | None = 1 if len(shape) == 1 else shape[1]
        if not isinstance(width, int) or width < 1:
            if len(stated) > 1:
                raise _unfit(each, "how many columns that is isn't said")
            width = None
        stop = None if width is None else start + width
        inputs.append(
            TensorInput(each.name, each.type, slice(start, stop), width, len(shape) == 1, batch)
        )
        start = stop or 0
    if len({each.batch for each in inputs}) != 1:
        raise ModelFileError("the ONNX model's inputs take different numbers of rows")
    return inputs


def _unfit(each: Any, why: str) -> ModelFileError:
    return ModelFileError(
        f"the ONNX model's input {each.name} is {each.type} of shape {each.shape}: {why}; convert"
        " it with a free first dimension, and columns behind it"
    )
