"""The inputs of a job, wherever they are: here or in HDFS."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from howdah.errors import UsageError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.inputs.columnar import with_footer
from howdah.inputs.hdfs import SCHEME, absolute_path, check_name, expand_pattern, hdfs_file
from howdah.inputs.input_file import InputFile, head_size
from howdah.inputs.local import find_local_files
from howdah.inputs.part_folders import local_parts, parts_in_hdfs
from howdah.settings import Cluster, Runner, Settings

__all__ = ["find_inputs"]

READ_AT_ONCE = 8  # files of HDFS: a small one takes round trips rather than bandwidth


def find_inputs(arguments: Sequence[str], runner: str, settings: Settings) -> list[InputFile]:
    """The inputs that ``arguments`` name, in order: all in HDFS, or none of them.

    Raises UsageError for the first unusable, ClusterError where there is no cluster to ask.
    """
    in_hdfs = [argument for argument in arguments if argument.startswith(SCHEME)]
    if not in_hdfs:
        parts = [part for argument in arguments for part in local_parts(argument)]
        return [with_footer(source) for source in find_local_files(parts)]
    if len(in_hdfs) < len(arguments):
        raise UsageError(
            "a job's inputs are all in HDFS or all on this machine",
            hint="submit them one after the other, or put all of them into HDFS",
        )
    if runner == Runner.LOCAL:
        raise UsageError(
            f"{in_hdfs[0]} is in HDFS, and --runner local reads files of this machine",
            hint="leave --runner local out, or fetch the file first",
        )
    cluster = settings.require_cluster()
    client = hdfs_client(cluster)
    with HdfsStore(cluster, "").reaching():
        paths = [
            part
            for argument in in_hdfs
            for path in expand_pattern(client, argument, absolute_path(argument, cluster))
            for part in parts_in_hdfs(client, path)
        ]
        for path in paths:
            check_name(path)
        look = partial(_look_at, client, cluster, head_size(len(paths)))
        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            try:
                return list(pool.map(look, paths))
            finally:
                pool.shutdown(cancel_futures=True)


def _look_at(client: Any, cluster: Cluster, size: int, path: str) -> InputFile:
    return with_footer(hdfs_file(client, cluster, path, f"hdfs://{path}", size=size))
