"""One thing that ``bin/doctor`` looked at: what it found, and how to mend it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Check", "judge"]


@dataclass(frozen=True)
class Check:
    """What was looked at and found; ``fix`` is empty where all is well."""

    name: str
    found: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{'BAD' if self.fix else 'ok '}  {self.name:<17} {self.found}"
        return f"{line}\n{'':<23}try: {self.fix}" if self.fix else line


def judge(name: str, bad: Iterable[tuple[str, str]], well: str) -> Iterator[Check]:
    """A check for each (finding, fix), or one that says ``well``."""
    checks = [Check(name, found, fix) for found, fix in bad]
    yield from checks or [Check(name, well)]
