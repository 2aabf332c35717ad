"""What is compared before results are merged: the records of each input, and the part files.

All of it was counted twice: by the host while it read the input, and by the tasks.
"""

from howdah.errors import IntegrityError
from howdah.hadoop.store import Store
from howdah.jobs.job_summary import places_of
from howdah.jobs.layout import OUTPUT
from howdah.jobs.record import Job
from mr.summary import Partial

__all__ = ["altered_part", "check_counts", "check_parts"]


def check_counts(job: Job, partial: Partial) -> None:
    """Raise IntegrityError unless each input's records were all scored or rejected."""
    if job.of_files:  # then inputs are records, and their number has been compared already
        return
    counted = dict.fromkeys((source.name for source in job.inputs), 0)
    expected = dict.fromkeys(counted, 0)
    for part, place in places_of(job, partial).items():
        counts = partial["parts"][part]
        counted[place.source.name] += counts["scored"] + counts["rejected"]
    for source in job.inputs:
        expected[source.name] += source.records
    for name, records in expected.items():
        if counted[name] != records:
            raise IntegrityError(
                f"{name} has {records} records, and {counted[name]} were scored or rejected",
                hint=f"bin/logs {job.id}; submit the input again, and report this",
            )


def check_parts(job: Job, partial: Partial, store: Store) -> None:
    """Raise IntegrityError unless the store has the part files that the tasks wrote."""
    for kind in ("scores", "rejected"):
        expected = {
            part: counts[f"{kind}_bytes"]
            for part, counts in partial["parts"].items()
            if counts[f"{kind}_bytes"]
        }
        found = store.sizes(f"{OUTPUT}/{kind}")
        for part in sorted(expected.keys() | found.keys()):
            if expected.get(part) != found.get(part):
                raise IntegrityError(
                    f"{kind}/{part} of job {job.id} has {found.get(part, 'no')} bytes,"
                    f" not {expected.get(part, 'none')}",
                    hint="submit the input again",
                )


def altered_part(kind: str, part: str, job: Job) -> IntegrityError:
    """The error for a part file whose checksum isn't the one that its task has computed."""
    return IntegrityError(
        f"{kind}/{part} of job {job.id} did not arrive as it was written",
        hint="run the same command again",
    )
