"""A table's columns, as the host finds them and tasks are told of them."""

from dataclasses import dataclass

from howdah.inputs.spelling import STANDARD, Spelling
from mr.records.inner_values import InnerValue

__all__ = ["Columns"]


@dataclass(frozen=True)
class Columns:
    """How a table is written (``csv``, ``tsv`` or ``json``) and what its columns are called.

    ``others`` is the last one where later records may have keys that are no columns: it takes
    these. ``booleans`` are columns of numbers that are written as booleans; ``inner`` are features
    that stand within a column of JSON's; ``spelling`` says how numbers are written.
    """

    format: str
    delimiter: str
    names: tuple[str, ...]
    header: bool
    others: str = ""
    booleans: tuple[str, ...] = ()
    inner: tuple[InnerValue, ...] = ()
    spelling: Spelling = STANDARD

    @property
    def options(self) -> dict[str, object]:
        """What the tabular pipeline is told."""
        return {
            "format": self.format,
            "delimiter": self.delimiter,
            "columns": list(self.names),
            "others": self.others,
            "booleans": list(self.booleans),
            **({"inner": [value.option for value in self.inner]} if self.inner else {}),
            **dict(self.spelling.options),
        }
