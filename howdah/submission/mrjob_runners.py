"""mrjob's two runners, with what Howdah does otherwise: no copies of inputs, no JVM for HDFS."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import urlparse

from mrjob.fs.base import Filesystem
from mrjob.fs.composite import CompositeFilesystem
from mrjob.fs.local import LocalFilesystem
from mrjob.hadoop import HadoopJobRunner
from mrjob.inline import InlineMRJobRunner
from mrjob.local import LocalMRJobRunner

from howdah.hadoop.store import hdfs_client
from howdah.jobs.marks import Mark, SetMark
from howdah.settings import Cluster
from mr.job import ScoreJob
from mr.records.compression import compression_of

__all__ = ["hadoop_job", "local_job"]

CHUNKS = "org.apache.hadoop.mapred.FixedLengthInputFormat"


class LocalRunner(LocalMRJobRunner):  # type: ignore[misc]
    """Gives map tasks byte ranges of the inputs themselves.

    What reducers get is little, and they run in this process: another one takes longer to start.
    """

    split_size: ClassVar[int] = 0  # 0: an input is one split
    mark: ClassVar[SetMark]
    _mrjob_cls = ScoreJob

    def _split_mapper_input(
        self, input_paths: Sequence[str], step_num: int
    ) -> list[dict[str, Any]]:
        """Link each task's input to the whole file; the task reads its own range of it."""
        splits: list[dict[str, Any]] = []
        for path in input_paths:
            length = Path(path).stat().st_size
            step = length if compression_of(path) else self.split_size or length
            for start in range(0, length, step):
                task_input = Path(self._task_input_path("mapper", step_num, len(splits)))
                task_input.parent.mkdir(parents=True, exist_ok=True)
                task_input.symlink_to(path)
                splits.append({"file": path, "start": start, "length": min(step, length - start)})
        return splits

    def _invoke_task_func(self, task_type: str, *task: int) -> Callable[..., None]:
        runner = LocalMRJobRunner if task_type == "mapper" else InlineMRJobRunner
        return cast(Callable[..., None], runner._invoke_task_func(self, task_type, *task))

    def _run_reducers(self, step_num: int, num_reducer_tasks: int) -> None:
        type(self).mark(Mark.MAPPED)
        try:
            for number in range(num_reducer_tasks):
                self._run_task_func("reducer", step_num, number)()
        finally:
            self._parse_task_counters("reducer", step_num)

    def _num_reducers(self, step_num: int) -> int:
        return 1


class WebHdfs(Filesystem):  # type: ignore[misc]
    """HDFS for mrjob, over WebHDFS instead of a ``hadoop fs`` process a call."""

    def __init__(self, cluster: Cluster) -> None:
        self._client = hdfs_client(cluster)

    def can_handle_path(self, path: str) -> bool:
        return path.startswith("hdfs:")

    def exists(self, path: str) -> bool:
        return self._client.status(_path(path), strict=False) is not None

    def mkdir(self, path: str) -> None:
        self._client.makedirs(_path(path))

    def put(self, src: str, path: str) -> None:
        with Path(src).open("rb") as file:
            self._client.write(_path(path), data=file, overwrite=True)

    def rm(self, path: str) -> None:
        self._client.delete(_path(path), recursive=True)


def _path(uri: str) -> str:
    return urlparse(uri).path


class HadoopRunner(HadoopJobRunner):  # type: ignore[misc]
    """Speaks to HDFS over WebHDFS; its only JVM is the one that submits the job."""

    cluster: ClassVar[Cluster]
    mark: ClassVar[SetMark]
    _fs: Any

    @property
    def fs(self) -> Any:
        if self._fs is None:
            self._fs = CompositeFilesystem()
            self._fs.add_fs("hadoop", WebHdfs(self.cluster))
            self._fs.add_fs("local", LocalFilesystem())
        return self._fs

    def get_hadoop_bin(self) -> list[str]:
        return [self.cluster.hadoop_bin]

    def get_hadoop_version(self) -> str:
        return self.cluster.hadoop_version

    def _run_hadoop(self, *arguments: Any, **options: Any) -> Any:
        type(self).mark(Mark.HADOOP_JAR)
        return super()._run_hadoop(*arguments, **options)


def local_job(arguments: list[str], split_size: int, mark: SetMark) -> ScoreJob:
    """The job for the local runner; ``mark`` is told when its map tasks have ended.

    ``split_size``: bytes a split of an input, or 0, which makes each input one split.
    """
    told = {"split_size": split_size, "mark": staticmethod(mark)}
    runner = type("LocalRunner", (LocalRunner,), told)
    return _job("local", runner, arguments)


def hadoop_job(arguments: list[str], cluster: Cluster, mark: SetMark, *, chunked: bool) -> ScoreJob:
    """The job for ``cluster``; ``mark`` is told when its JVM is about to start.

    ``chunked``: tasks get the input's bytes instead of its lines.
    """
    told = {"cluster": cluster, "mark": staticmethod(mark)}
    runner = type("HadoopRunner", (HadoopRunner,), told)
    return _job("hadoop", runner, arguments, CHUNKS if chunked else None)


def _job(
    alias: str, runner: type, arguments: list[str], input_format: str | None = None
) -> ScoreJob:
    class HostedScoreJob(ScoreJob):
        """ScoreJob, run from the host: tasks still get the script that defines it."""

        HADOOP_INPUT_FORMAT = input_format

        @classmethod
        def mr_job_script(cls) -> str:
            return str(Path(ScoreJob.mr_job_script()).resolve())

        def _runner_class(self) -> type:
            return runner

    return HostedScoreJob(["--runner", alias, "--no-conf", *arguments])
