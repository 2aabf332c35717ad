"""How a table writes numbers: with which decimal mark, and what stands between thousands."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["UNREADABLE", "NumberNotation"]

UNREADABLE = "_"  # what no reader takes for a number


@dataclass(frozen=True)
class NumberNotation:
    """``decimal``: the mark before the fraction; ``thousands``: what may stand behind a digit of
    the whole part, nothing if it is empty. Both as ``pandas.read_csv`` understands them."""

    decimal: str = "."
    thousands: str = ""

    @property
    def is_standard(self) -> bool:
        return self.decimal == "." and not self.thousands

    def standard(self, text: str) -> str:
        """A number as it is written with a decimal point and nothing between thousands;
        ``UNREADABLE`` for what isn't written so."""
        if self.thousands and self.thousands in text:
            text = self._grouped.sub(
                lambda found: found[1] + found[2].replace(self.thousands, ""), text, count=1
            )
            if self.thousands in text.strip():
                return UNREADABLE
        if self.decimal == ".":
            return text
        return UNREADABLE if "." in text else text.replace(self.decimal, ".")

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        """What may begin a text: a sign, and digits with thousands' separators behind them, one at
        a time."""
        return re.compile(rf"\A(\s*[+-]?)((?:[0-9]{re.escape(self.thousands)}?)*)")

    def without_thousands(self, data: bytes, separator: bytes) -> bytes:
        """Records without what stands between the digits of whole parts, whatever the field: only
        numbers can be read from them."""
        mark = self.thousands.encode()
        if len(mark) != 1 or mark not in data:
            return data
        octets = np.frombuffer(data, np.uint8)
        is_digit = (octets >= ord("0")) & (octets <= ord("9"))
        # of the bytes that end a whole part or a group of digits, each with the one before it
        ends = np.zeros(256, np.uint8)
        ends[list(b"\neE" + separator + self.decimal.encode())] = 1
        ends[list(b"eE" + self.decimal.encode())] = 2
        ends[mark[0]] = 3
        kinds = ends[octets]
        places = np.flatnonzero(kinds)
        found = kinds[places]
        in_fraction = np.concatenate([[False], found[:-1] == 2])
        places = places[(found == 3) & ~in_fraction]
        places = places[is_digit[places - 1] & is_digit[places + 1]]
        kept = np.ones(len(octets), bool)
        kept[places] = False
        return octets[kept].tobytes()
