"""A trial: a model gets rows only to see whether it raises; its answers are not kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["is_trial", "trial"]

_under_way = ContextVar("trial", default=False)


@contextmanager
def trial() -> Iterator[None]:
    """Meanwhile rows are given to models as they are, not filled up to the shape that a kept
    answer's last bits need: a row alone is 2,000 times as cheap."""
    before = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(before)


def is_trial() -> bool:
    """Whether this is one."""
    return _under_way.get()
