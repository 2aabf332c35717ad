"""The process that runs a job with mrjob: started by bin/submit, it outlives it.

It holds the job's ``run`` lock as long as it lives, and what it says goes to run.log.
"""

import errno
import logging
import os
import shlex
import shutil
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from howdah.hadoop.job_name import NO_MODEL, Kind, job_name
from howdah.hadoop.store import HdfsStore, LocalStore
from howdah.hadoop.yarn import Yarn
from howdah.jobs.layout import (
    CODE,
    DISK_RESERVE,
    INPUT,
    OUTPUT,
    RUN_LOCK,
    RUN_LOG,
    SENT,
    SUCCESS,
    TASKS,
    hdfs_folder,
)
from howdah.jobs.marks import Mark, SetMark
from howdah.jobs.record import Job, Jobs, State
from howdah.models.job_models import linked_models
from howdah.models.registry import Model
from howdah.os_errors import naming
from howdah.privacy import keep_private
from howdah.settings import ROOT, Runner, Settings, load
from howdah.submission.memory import container_mb, fits_uber_task, memory_settings
from howdah.submission.split_size import LARGEST, hadoop_split_size, local_split_size
from howdah.submission.task_files import TaskFiles, task_inputs, write_task_files
from mr.pipelines.registry import PIPELINES
from mr.records.split import CHUNK
from mr.spec import Spec, Unstored
from mr.supervision.process import process_start
from mr.supervision.watchdog import CALL_TIMEOUT

__all__ = ["start"]

DISK_RESERVE_BYTES = 128 << 10
FAILURE_REPORT_SECONDS = 120  # for a task whose model hung, to say so before Hadoop ends it
HADOOP_TASK_TIMEOUT = 600  # its default
CHUNK_PROPERTIES = {
    "fixedlengthinputformat.record.length": str(CHUNK),
    "stream.map.input": "rawbytes",
}


def start(job: Job, settings: Settings) -> None:
    """Start the process that runs ``job``, in a session of its own."""
    jobs = Jobs(settings.state)
    folder = jobs.folder(job.id)
    with naming(folder), (folder / DISK_RESERVE).open("wb") as reserve:
        os.posix_fallocate(reserve.fileno(), 0, DISK_RESERVE_BYTES)
    environ = os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}  # for paths in HDFS
    if "HOWDAH_STATE" in environ:
        environ["HOWDAH_STATE"] = str(settings.state)  # its folder is another
    with jobs.lock(job.id, RUN_LOCK) as lock, (folder / RUN_LOG).open("ab") as log:
        # the child holds the lock, too, from its first moment
        subprocess.Popen(
            [sys.executable, "-m", "howdah.submission.launcher", job.id, str(lock.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environ,
            cwd=folder,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )


def main(job_id: str, lock: int) -> int:
    """Run the job to its end; its record then says how it ended."""
    os.set_inheritable(lock, False)
    del os.environ["PYTHONPATH"]  # tasks import what was shipped to them, and nothing else
    settings = load(os.environ)
    keep_private(None)
    jobs = Jobs(settings.state)
    of = jobs.read(job_id).of
    named = f"%(asctime)s {of} %(message)s" if of else "%(asctime)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=named)
    jobs.mark(job_id, Mark.LAUNCHER, process_start())
    jobs.mark(job_id, Mark.LAUNCHING)
    job = jobs.update(jobs.read(job_id), process=os.getpid())
    if job.state == State.UPLOADING:  # who started this was killed before saying so
        job = jobs.update(job, state=State.LAUNCHING)
    if job.is_finished:  # cancelled before there was a process to end
        return 0
    mark = partial(jobs.mark, job_id)
    try:
        models = linked_models(job, jobs.folder(job.id))
        if job.runner == Runner.LOCAL:
            with ExitStack() as held:
                _run_locally(job, models, jobs.folder(job.id), settings, mark, held)
            jobs.update(job, state=State.DONE)
        else:
            _run_on_hadoop(job, models, jobs.folder(job.id), settings, mark)
    except Exception as error:
        why = _with_task(error)
        # whatever else went wrong, a full disk is why
        if shutil.disk_usage(jobs.folder(job.id)).free < DISK_RESERVE_BYTES:
            why = f"{OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(jobs.folder(job.id)))}"
        (jobs.folder(job.id) / DISK_RESERVE).unlink(missing_ok=True)
        traceback.print_exc()
        on_cluster = job.runner == Runner.HADOOP and settings.cluster is not None
        if not (on_cluster and Yarn(settings.cluster).application(job.id)):  # type: ignore[arg-type]
            jobs.update(job, state=State.FAILED, error=why)
        return 1
    finally:
        jobs.clear(job.id)
    return 0


def _with_task(error: Exception) -> str:
    """What went wrong, after the name of the local task that it went wrong in."""
    kind = getattr(error, "task_type", None)
    return f"{kind}/{error.task_num:05d}: {error}" if kind else str(error)  # type: ignore[attr-defined]


def _run_locally(
    job: Job,
    models: Sequence[Model],
    folder: Path,
    settings: Settings,
    mark: SetMark,
    held: ExitStack,
) -> None:
    from howdah.submission.mrjob_runners import local_job

    store = LocalStore(folder)
    store.remove(OUTPUT)  # an earlier, killed run's
    spec = Spec(
        job.pipeline,
        job.headers,
        options=job.options,
        files=str(folder / INPUT),
        ranges=job.of_ranges,
        footers=job.footers,
        call_timeouts=_call_timeouts(models, settings),
    )
    sent = write_task_files(spec, folder, models, settings, None, held)
    size = local_split_size(job)
    arguments = [
        *("--local-tmp-dir", str(folder / TASKS)),
        *("--output-dir", str(folder / OUTPUT)),
        *_common_arguments(sent, sys.executable),
        *task_inputs(job, store, str(folder), os.cpu_count() or 1, size),
    ]
    (folder / TASKS).mkdir(exist_ok=True)
    mark(Mark.PREPARED)
    with local_job(arguments, 0 if job.of_lists else size, mark).make_runner() as runner:
        runner.run()
    mark(Mark.RUN)
    (folder / OUTPUT / SUCCESS).touch()


def _run_on_hadoop(
    job: Job, models: Sequence[Model], folder: Path, settings: Settings, mark: SetMark
) -> None:
    from howdah.submission.mrjob_runners import hadoop_job

    cluster = settings.cluster
    assert cluster
    mark(Mark.MRJOB)
    home = hdfs_folder(job.id)
    # what a task opens itself isn't handed to it in chunks
    padded = {
        source.stored: source.stored_bytes
        for source in job.inputs
        if source.padded and not job.of_ranges
    }
    spec = Spec(
        job.pipeline,
        job.headers,
        padded,
        job.options,
        cluster.webhdfs_url,
        cluster.user,
        f"{home}/{INPUT}",
        {
            source.path: Unstored(source.stored, source.bytes, source.modified)
            for source in job.inputs
            if source.path and not job.of_lists
        },
        ranges=job.of_ranges,
        footers=job.footers,
        call_timeouts=_call_timeouts(models, settings),
    )
    sent = write_task_files(spec, folder, models, settings, cluster)
    mark(Mark.PUBLISHED)
    needed_mb = container_mb(models)
    size = hadoop_split_size(job, cluster)
    tasks = -(-sum(source.stored_bytes for source in job.inputs) // size)
    paths = task_inputs(job, HdfsStore(cluster, home), home, tasks, size)
    tasks = len(paths) if job.of_ranges else tasks
    properties = {
        "mapreduce.job.name": job_name(
            job.id,
            Kind(job.pipeline, job.model or NO_MODEL),
            f"{job.of} {job.names[0]}".strip(),
        ),
        # the janitor removes no environment while an application has its name as a tag
        "mapreduce.job.tags": ",".join([job.id, *sent.unpacked]),
        "mapreduce.job.reduces": str(_reducers(job, tasks)),
        "mapreduce.job.maps": str(tasks),
        **memory_settings(needed_mb, uber=tasks == 1 and fits_uber_task(needed_mb, cluster)),
        # a task says that it is at work, unless its model keeps the interpreter to itself
        "mapreduce.task.timeout": str(
            int(max(HADOOP_TASK_TIMEOUT, spec.call_timeouts[0] + FAILURE_REPORT_SECONDS) * 1000)
        ),
        "mapreduce.input.fileinputformat.split.minsize": str(
            LARGEST if job.of_lists else size  # a list is one task's
        ),
        "mapreduce.fileoutputcommitter.algorithm.version": "1",
        # an ApplicationMaster that takes a job over leaves behind what ended maps have written
        "yarn.app.mapreduce.am.job.recovery.enable": "false",
        "mapreduce.map.failures.maxpercent": "0",
        # a line ends at LF only: a lone CR is part of a record
        "textinputformat.record.delimiter": "\n",
        **(CHUNK_PROPERTIES if padded else {}),
    }
    arguments = [
        *("--hadoop-bin", cluster.hadoop_bin),
        *("--hadoop-streaming-jar", cluster.streaming_jar),
        *("--hadoop-tmp-dir", f"{home}/{SENT}"),
        *("--local-tmp-dir", str(folder)),
        *("--output-dir", f"{cluster.fs_uri}{home}/{OUTPUT}"),
        *("--no-read-logs", "--no-check-input-paths"),
        "--hadoop-args=-background",  # whoever follows the job asks YARN, and then
        *("--cleanup", "LOCAL_TMP"),  # removes what its tasks were sent
        *(word for name, value in properties.items() for word in ("-D", f"{name}={value}")),
        *_common_arguments(sent, cluster.python or sys.executable),
        *(cluster.fs_uri + path for path in paths),
    ]
    with TemporaryDirectory() as nothing:
        # a jar of nothing is sent instead of the streaming jar, which every host has
        arguments += ["-D", f"stream.shipped.hadoopstreaming={nothing}"]
        with hadoop_job(arguments, cluster, mark, chunked=bool(padded)).make_runner() as runner:
            runner.run()


def _reducers(job: Job, tasks: int) -> int:
    tally = PIPELINES[job.pipeline].tally
    return tasks if tally and tally().reduces else 1


def _common_arguments(sent: TaskFiles, python: str) -> list[str]:
    return [
        *("--files", ",".join(sent.files)),
        *(["--archives", ",".join(sent.archives)] if sent.archives else []),
        *("--python-bin", shlex.quote(python)),  # mrjob splits it into words
        *("--cmdenv", f"PYTHONPATH={CODE}"),
        *("--no-bootstrap-mrjob", "--no-cat-output"),
    ]


def _call_timeouts(models: Sequence[Model], settings: Settings) -> tuple[float, float]:
    """How many seconds a model may take for one call, by what it was seen to take for loading and
    for a block; less when a task is tried again, lest a model that hangs do so four times as long.
    """
    if settings.model_seconds:
        return settings.model_seconds, settings.model_seconds
    seen = [
        seconds
        for model in models
        for seconds in (model.manifest.load_seconds, model.manifest.block_seconds)
    ]
    timeout = max(CALL_TIMEOUT, 20 * max(seen, default=0))
    return timeout, timeout / 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
