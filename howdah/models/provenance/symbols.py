"""What a pickle's stack holds, as far as it matters: names, texts, numbers, and arrays' types.

joblib puts the bytes of an array behind the pickled description of it, so how many there are
follows from the description alone: ``array_layout``.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from howdah.errors import ModelError

__all__ = ["UNKNOWN", "ArrayLayout", "Instance", "Name", "array_layout", "flat"]

UNKNOWN = object()  # whatever else is on the stack
LONGEST_TUPLE = 64  # numpy's arrays have no more dimensions
CODE = re.compile(r"[<>|=]?([A-Za-z])(\d+)")  # of a type: f8
HAS_OBJECTS = 1  # the flag of a type some of whose parts are Python objects


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a pickle refers to."""

    module: str
    name: str

    @property
    def is_array_wrapper(self) -> bool:
        """joblib's description of an array whose bytes are behind it."""
        return self.name == "NumpyArrayWrapper" and self.module.endswith("joblib.numpy_pickle")

    @property
    def is_dtype(self) -> bool:
        """What makes a numpy type of its code."""
        return (self.module, self.name) == ("numpy", "dtype")

    @property
    def is_text_dtype(self) -> bool:
        """What makes numpy 2's type of texts of any length."""
        made_by = ("numpy._core._internal", "_convert_to_stringdtype_kwargs")
        return (self.module, self.name) == made_by

    @property
    def is_old_array_wrapper(self) -> bool:
        """That of joblib before 0.10, whose arrays were files of their own."""
        return self.name in ("NDArrayWrapper", "ZNDArrayWrapper") and "joblib" in self.module


@dataclass(slots=True)
class Instance:
    """An object of a class that matters: a numpy type, or a description of an array."""

    of: Name
    arguments: tuple[object, ...] = ()
    state: object = UNKNOWN


@dataclass(frozen=True)
class ArrayLayout:
    """How an array's bytes follow: ``is_pickled`` as a pickle of their own; else ``bytes``, behind
    a padding if it is ``padded``."""

    bytes: int
    padded: bool
    is_pickled: bool


def flat(items: list[object]) -> object:
    """A tuple of what a pickle has on its stack, without what is nested in it."""
    if len(items) > LONGEST_TUPLE:
        return UNKNOWN
    return tuple(UNKNOWN if isinstance(item, tuple | dict | Instance) else item for item in items)


def array_layout(state: object) -> ArrayLayout:
    """Of the state of joblib's NumpyArrayWrapper; ModelError where that isn't one."""
    if not isinstance(state, Mapping):
        raise _unknown_array()
    shape, dtype = state.get("shape"), state.get("dtype")
    if not isinstance(shape, tuple) or not isinstance(dtype, Instance):
        raise _unknown_array()
    sizes = [size for size in shape if type(size) is int and size >= 0]
    if len(sizes) != len(shape):
        raise _unknown_array()
    padded = state.get("numpy_array_alignment_bytes") is not None
    size = _item_size(dtype)
    if size is None:
        return ArrayLayout(0, padded=False, is_pickled=True)
    return ArrayLayout(math.prod(sizes) * size, padded, is_pickled=False)


def _item_size(dtype: Instance) -> int | None:
    """Bytes of an element; None where it is, or has, a Python object or a text of any length."""
    if dtype.of.is_text_dtype:
        return None
    code = dtype.arguments[0] if dtype.arguments else UNKNOWN
    state = dtype.state if isinstance(dtype.state, tuple) else ()
    kind = CODE.fullmatch(code) if isinstance(code, str) else None
    flags = state[7] if len(state) > 7 else 0
    if (kind and kind[1] == "O") or (isinstance(flags, int) and flags & HAS_OBJECTS):
        return None
    stated = state[5] if len(state) > 6 else UNKNOWN
    if isinstance(stated, int) and stated >= 0:
        return stated
    if kind and kind[1] not in "USV":
        return int(kind[2])
    raise _unknown_array()


def _unknown_array() -> ModelError:
    return ModelError("an array in it is of a type that can't be followed")
