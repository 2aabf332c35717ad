"""A probe: a model is called only to see whether it raises for some rows; results are dropped."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["is_probe", "probing"]

_probing = ContextVar("probing", default=False)


@contextmanager
def probing() -> Iterator[None]:
    """Meanwhile rows are given to models as they are, not filled up to the shape that the last
    bits of a kept result need: a row alone is 2,000 times as cheap."""
    before = _probing.set(True)
    try:
        yield
    finally:
        _probing.reset(before)


def is_probe() -> bool:
    """Whether the call is a probe."""
    return _probing.get()
