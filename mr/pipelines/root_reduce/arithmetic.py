"""Operators on the columns of n events: arrays (n,) of numbers, or of a list an event.

They give what people mean by them, or ValueError: whole numbers are added as int64, whatever width
they are stored in, and never wrap; truths that are added up count as 0 and 1; bits are taken of
whole numbers or of truths, not of one and the other.
"""

import operator
from collections.abc import Callable
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

__all__ = ["OPERATORS", "absolute", "counted", "exact_in_float", "flat", "is_list", "kind_of",
           "largest", "total", "widened"]  # fmt: skip

BEYOND = 1 << 63
SURELY_BELOW = BEYOND * (1 - 2.0**-40)  # what floats can tell of a whole number's size
IN_FLOAT = 1 << 53
WRAPS = "whole numbers of 2^63 and more come out, which int64 can't hold"
BITS = (
    "it takes bits of a {} and a {}: `&`, `|` and `~` bind tighter than comparisons; put these in"
    " parentheses, or write and, or, not"
)


def is_list(values: Any) -> bool:
    """Whether events have lists of them."""
    return isinstance(values, ak.Array) and values.ndim > 1


def flat(values: Any) -> NDArray[Any]:
    """All numbers (m,), of whatever event."""
    return np.asarray(ak.flatten(values, axis=None)) if is_list(values) else np.asarray(values)


def kind_of(values: Any) -> str:
    """NumPy's letter for what they are: b, i, u or f."""
    if not isinstance(values, ak.Array):
        return np.asarray(values).dtype.kind
    content = values.layout
    while hasattr(content, "content"):
        content = content.content
    return str(content.dtype.kind)


def widened(values: Any) -> Any:
    """Whole numbers as int64; truths and floats as they are."""
    numbers = flat(values)
    if numbers.dtype.kind not in "iu" or numbers.dtype == np.int64:
        return values
    if numbers.dtype == np.uint64 and len(numbers) and numbers.max() >= BEYOND:
        raise ValueError("there are whole numbers of 2^63 and more, which int64 can't hold")
    return _as(values, np.int64)


def counted(values: Any) -> Any:
    """Truths as 0 and 1."""
    return _as(values, np.int64) if kind_of(values) == "b" else values


def largest(values: Any) -> int:
    """The size of the largest of whole numbers."""
    numbers = flat(values)
    return max(abs(int(numbers.min())), abs(int(numbers.max()))) if numbers.size else 0


def exact_in_float(values: Any) -> None:
    """Raise ValueError for whole numbers that float64 would round."""
    if kind_of(values) in "iu" and largest(values) > IN_FLOAT:
        raise ValueError(
            "of whole numbers beyond 2^53, none can stand beside NaN, which is a float"
        )


def absolute(values: Any) -> Any:
    """Without the sign."""
    return _arithmetic(operator.abs, lambda size: size)(values)


def total(lists: Any) -> Any:
    """Each event's sum of its list."""
    longest = int(np.max(np.asarray(ak.num(lists)), initial=0))
    if kind_of(lists) in "iu" and largest(lists) * longest >= BEYOND:
        _check(ak.sum(_as(lists, np.float64), axis=-1))
    return ak.sum(lists, axis=-1)


def _arithmetic(
    apply: Callable[..., Any], bound: Callable[..., float], whole: bool = True
) -> Callable[..., Any]:
    """``apply``, checked: ``bound`` says how large results may be, of operands of these sizes."""

    def call(*operands: Any) -> Any:
        if all(type(each) in (int, float) for each in operands):
            return apply(*operands)  # Python's own, which don't wrap
        values = [counted(each) for each in operands]
        if (
            whole
            and all(kind_of(each) in "iu" for each in values)
            and bound(*map(largest, values)) >= BEYOND
        ):
            _check(apply(*[_as(each, np.float64) for each in values]))
        return apply(*values)

    return call


def _check(results: Any) -> None:
    if np.any(np.abs(flat(results)) >= SURELY_BELOW):
        raise ValueError(WRAPS)


def _as(values: Any, kind: type) -> Any:
    if isinstance(values, ak.Array):
        return ak.values_astype(values, kind)
    return values.astype(kind) if isinstance(values, np.ndarray) else kind(values)


def _largest_power(base: int, exponent: int) -> float:
    try:
        return float(base) ** exponent
    except OverflowError:
        return np.inf


def _remainder(one: Any, other: Any) -> Any:
    if kind_of(one) in "biu" and kind_of(other) in "biu" and not np.all(flat(other)):
        raise ValueError("a whole number divided by 0 has no remainder")
    return _arithmetic(operator.mod, lambda one, other: other)(one, other)


def _bits(apply: Callable[..., Any]) -> Callable[..., Any]:
    def call(*operands: Any) -> Any:
        kinds = [kind_of(each) for each in operands]
        if "f" in kinds:
            raise ValueError(
                "bits are taken of truths or of whole numbers, and these have fractions"
            )
        if len({kind == "b" for kind in kinds}) > 1:
            raise ValueError(BITS.format("number", "truth"))
        return apply(*operands)

    return call


def _inverted(values: Any) -> Any:
    if type(values) is not int and kind_of(values) != "b":
        raise ValueError("~ turns what is true or false round, and this is a number: write not,"
                         " or put the comparison in parentheses")  # fmt: skip
    return ~values


OPERATORS: dict[str, Callable[..., Any]] = {
    "+": _arithmetic(operator.add, operator.add),
    "-": _arithmetic(operator.sub, operator.add),
    "*": _arithmetic(operator.mul, operator.mul),
    "/": _arithmetic(operator.truediv, operator.add, whole=False),
    "%": _remainder,
    "**": _arithmetic(operator.pow, _largest_power),
    "negative": _arithmetic(operator.neg, lambda size: size),
    "&": _bits(operator.and_),
    "|": _bits(operator.or_),
    "~": _inverted,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
