"""The stages of a map task, in their order, and the counters that report the seconds of each."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum

__all__ = ["COUNTER_GROUP", "Stage", "StageTimer", "counted_stages"]

COUNTER_GROUP = "howdah"  # of all counters that a task reports


class Stage(StrEnum):
    """What a task's program spends its time on; every second of it is in one of them."""

    START = "start"
    LOAD = "load"
    READ = "read"
    PARSE = "parse"
    PREDICT = "predict"
    FORMAT = "format"
    WRITE = "write"
    SUMMARISE = "summarise"

    @property
    def counter(self) -> str:
        """The name of the counter that has its milliseconds."""
        return f"{self}_ms"


StageTimer = Callable[[Stage], AbstractContextManager[object]]  # times what runs in its context


def counted_stages(counters: Mapping[str, int]) -> dict[Stage, float]:
    """The seconds that a task's ``counters`` have of each stage, in the stages' order."""
    return {stage: counters[stage.counter] / 1000 for stage in Stage if stage.counter in counters}
