"""What YARN calls a job, and what such a name tells."""

import re
from typing import NamedTuple

__all__ = ["NAME", "NO_MODEL", "JobName", "Kind", "job_name", "read_job_name"]

NAME = re.compile(r"howdah (\S+) ([\w-]+)/([\w-]+) (.*)", re.DOTALL)
NO_MODEL = "none"  # the model of a job that takes none


class Kind(NamedTuple):
    """What jobs are told apart by."""

    pipeline: str
    model: str


class JobName(NamedTuple):
    """What the name of a job's application says: the job's id, its kind, its first input's name."""

    id: str
    kind: Kind
    input: str


def job_name(job_id: str, kind: Kind, input_name: str) -> str:
    """What a job's application is called; what doesn't look so isn't one of Howdah's."""
    return f"howdah {job_id} {kind.pipeline}/{kind.model} {input_name}"


def read_job_name(name: str) -> JobName | None:
    """What ``job_name`` has made of; None for an application that isn't one of Howdah's."""
    found = NAME.fullmatch(name)
    return JobName(found[1], Kind(found[2], found[3]), found[4]) if found else None
