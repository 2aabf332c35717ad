"""Tables of text, and durations and sizes as people read them."""

from collections.abc import Iterable, Sequence

__all__ = ["GIB", "duration", "gib", "table"]

GIB = 1 << 30


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as aligned columns, the first one being their names; "" if there is no other."""
    cells = [list(row) for row in rows]
    if len(cells) == 1:
        return ""
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in cells
    )


def duration(seconds: int) -> str:
    """How long, in the one or two largest units."""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
