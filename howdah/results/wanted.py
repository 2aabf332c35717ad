"""What is asked for of a job's results, beside what they always have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from howdah.results.result_format import ResultFormat

__all__ = ["Wanted"]


@dataclass(frozen=True)
class Wanted:
    """``format`` of tables; ``rejected_file``: the name of a file with the rejected records in the
    input's own format, if one is wanted; ``examples``: how many of the highest and lowest records
    are wanted as files of their own."""

    format: ResultFormat = field(default_factory=ResultFormat)
    rejected_file: str = ""
    examples: int = 0

    def are_in(self, folder: Path, told: Mapping[str, Any]) -> bool:
        """Whether ``folder``, of whose results run.json has ``told``, has all of it already."""
        return (
            self.format.label in told.get("formats", ["tsv"])
            and (not self.rejected_file or (folder / self.rejected_file).exists())
            and self.examples in (0, told.get("examples", 0))
        )

    @property
    def told(self) -> dict[str, Any]:
        """What run.json tells of it."""
        return {"formats": [self.format.label], "examples": self.examples}
