"""A job that is done, with all that its results are made of; of an amendment, what it amends."""

from dataclasses import dataclass

from howdah.errors import IntegrityError, UsageError
from howdah.hadoop.store import Store
from howdah.jobs.job_store import job_store
from howdah.jobs.job_summary import read_summary
from howdah.jobs.record import Job, Jobs
from howdah.results.integrity import check_counts, check_parts
from howdah.settings import Settings
from mr.summary import Partial

__all__ = ["FinishedJob", "finished_jobs"]


@dataclass(frozen=True)
class FinishedJob:
    """``partial``: its merged summary; ``store``: where its part files are."""

    job: Job
    partial: Partial
    store: Store

    def check(self) -> None:
        """Raise IntegrityError unless its counts meet and its part files are there."""
        check_counts(self.job, self.partial)
        check_parts(self.job, self.partial, self.store)


def finished_jobs(job: Job, settings: Settings) -> list[FinishedJob]:
    """The job alone or, of one that amends another, that one before it, and so on to the first.

    Raises UsageError, by name, if one that is amended isn't there any more.
    """
    own = FinishedJob(job, read_summary(job, settings), job_store(job, settings))
    if not job.amends:
        return [own]
    try:
        first = Jobs(settings.state).read(job.amends)
        return [*finished_jobs(first, settings), own]
    except (UsageError, IntegrityError) as error:
        raise UsageError(
            f"job {job.id} amends {job.amends}, whose results can't be read any more"
            f" ({error.message})",
            hint="submit the whole input again",
        ) from None
