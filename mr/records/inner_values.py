"""Features within a record's values: in a nested object, or one of a list of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["InnerValue", "NotFound"]


class NotFound(ValueError):
    """Carries what should be there, and what is."""


@dataclass(frozen=True)
class InnerValue:
    """Feature ``name`` is found by following ``keys`` into nested objects and, where ``length``
    isn't 0, as number ``index`` of the list of that length that is there."""

    name: str
    keys: tuple[str, ...]
    index: int = 0
    length: int = 0

    @classmethod
    def of_option(cls, option: Mapping[str, Any]) -> "InnerValue":
        """From what a job's options say."""
        return cls(option["name"], tuple(option["keys"]), option["index"], option["length"])

    @property
    def option(self) -> dict[str, Any]:
        """What a job's options say of it."""
        return {
            "name": self.name,
            "keys": list(self.keys),
            "index": self.index,
            "length": self.length,
        }

    def of(self, record: Mapping[str, Any]) -> Any:
        """The value, None where the record lacks it or what it would be in; raises NotFound for a
        list of another length, what is no list, and a key that is called as the feature."""
        if self.name in record:
            raise NotFound(f"column {self.name}: a key of its own", "other records nest it")
        value: Any = record
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        if not self.length or value is None:
            return value
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise NotFound(f"column {'.'.join(self.keys)}: not a list", repr(value)[:100])
        if len(value) != self.length:
            raise NotFound(
                f"column {'.'.join(self.keys)}: not a list of {self.length} numbers",
                f"{len(value)} of {self.length}",
            )
        return value[self.index]
