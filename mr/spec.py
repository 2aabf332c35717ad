"""What a job tells its tasks: one small JSON file, written by the host, shipped to every task."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mr.supervision.watchdog import CALL_TIMEOUT

__all__ = ["MODEL_FILE", "SPEC_FILE", "Spec", "Unstored"]

SPEC_FILE = "spec.json"
MODEL_FILE = "model.toml"


@dataclass(frozen=True)
class Unstored:
    """An input that is read where it is: the name that it goes by, as if it were stored; its bytes
    and time of change (milliseconds since 1970) when the job was submitted."""

    name: str
    bytes: int
    modified: int


@dataclass(frozen=True)
class Spec:
    """``headers``: the stored inputs whose first line isn't a record; ``padded``: those that
    tasks are handed in chunks, with their bytes before the padding; ``webhdfs_url`` and ``user``:
    where and as whom a task writes on a cluster; ``options``: the pipeline's own; ``files``: the
    folder of inputs that are records as a whole; ``unstored``: by path in HDFS, inputs that aren't
    the job's own; ``ranges``: a task's stdin names the range of an input that is its split;
    ``footers``: by their stored names, inputs that have their rows in columns, with the SHA-256 of
    their footers; ``call_timeouts``: the seconds that a model may take for one call, in a task's
    first attempt and in later ones; ``environments``: of models that have packages of their own,
    by name, the folder that has them where tasks run."""

    pipeline: str
    headers: list[str] = field(default_factory=list)
    padded: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    webhdfs_url: str = ""
    user: str = ""
    files: str = ""
    unstored: dict[str, Unstored] = field(default_factory=dict)
    ranges: bool = False
    footers: dict[str, str] = field(default_factory=dict)
    call_timeouts: Sequence[float] = (CALL_TIMEOUT, CALL_TIMEOUT / 4)
    environments: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False))

    @classmethod
    def read(cls, path: Path) -> "Spec":
        stated = json.loads(path.read_text())
        unstored = {path: Unstored(**told) for path, told in stated.pop("unstored").items()}
        return cls(**stated, unstored=unstored)
