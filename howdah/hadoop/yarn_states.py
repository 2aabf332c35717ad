"""YARN's words for what applications, task attempts and NodeManagers are."""

from enum import StrEnum

__all__ = [
    "ENDED",
    "UNFINISHED",
    "WAITING",
    "ApplicationState",
    "AttemptState",
    "FinalStatus",
    "NodeState",
]


class ApplicationState(StrEnum):
    """Where an application stands; a job that failed is FINISHED, too."""

    NEW = "NEW"
    NEW_SAVING = "NEW_SAVING"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


WAITING = (
    ApplicationState.NEW,
    ApplicationState.NEW_SAVING,
    ApplicationState.SUBMITTED,
    ApplicationState.ACCEPTED,
)
UNFINISHED = (*WAITING, ApplicationState.RUNNING)
ENDED = (ApplicationState.FINISHED, ApplicationState.FAILED, ApplicationState.KILLED)


class FinalStatus(StrEnum):
    """How an application ended; UNDEFINED until it has."""

    UNDEFINED = "UNDEFINED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class AttemptState(StrEnum):
    """How a task attempt, or a MapReduce job, has ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class NodeState(StrEnum):
    """How a NodeManager is for the ResourceManager."""

    RUNNING = "RUNNING"
    UNHEALTHY = "UNHEALTHY"
    LOST = "LOST"
    SHUTDOWN = "SHUTDOWN"
    REBOOTED = "REBOOTED"
    DECOMMISSIONED = "DECOMMISSIONED"
    UNKNOWN = "UNKNOWN"  # Howdah's own word: it has never registered
