"""The inputs of a job, wherever they are: here or in HDFS."""

from collections.abc import Sequence

from howdah.errors import UsageError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.inputs.columnar import with_footer
from howdah.inputs.hdfs import SCHEME, absolute_path, check_name, expand_pattern, hdfs_file
from howdah.inputs.input_file import InputFile
from howdah.inputs.local import find_local_files
from howdah.inputs.part_folders import local_parts, parts_in_hdfs
from howdah.settings import Runner, Settings

__all__ = ["find_inputs"]


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
        for place, path in enumerate(paths):
            if path in paths[:place]:  # its parts would have the same names
                raise UsageError(f"hdfs://{path} is given twice", hint="name it once")
            check_name(path)
        return [with_footer(hdfs_file(client, cluster, path, f"hdfs://{path}")) for path in paths]
