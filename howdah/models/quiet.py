"""Silence in a model's process while `bin/models add` tries what the model makes of odd values."""

import warnings

__all__ = ["ignore_warnings"]


def ignore_warnings(model: object) -> None:
    """Have the process, which asks for it with its ``model``, print no warnings of libraries."""
    warnings.simplefilter("ignore")
