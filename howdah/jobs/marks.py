"""The moments of a job that are marked with their time, for the table of where its seconds went."""

from collections.abc import Callable
from enum import StrEnum

__all__ = ["Mark", "SetMark"]


class Mark(StrEnum):
    """What a job has come to; the values are what its file of marks has."""

    # bin/submit
    COMMAND = "command"  # the process has started
    IMPORTED = "imported"
    PLANNED = "planned"  # and checked
    STORED = "stored"  # its input
    # the launcher, whose process starts at the first
    LAUNCHER = "launcher"
    LAUNCHING = "launching"
    MRJOB = "mrjob"  # is imported, on a cluster
    PUBLISHED = "published"  # code and models are in HDFS
    HADOOP_JAR = "hadoop jar"  # is about to start
    PREPARED = "prepared"  # all that the local runner needs
    MAPPED = "mapped"  # its map tasks have ended
    RUN = "run"  # and its reduce task
    # whoever follows the job
    NOTICED = "noticed"  # its end
    TOLD = "told"  # its summary is printed
    # bin/getresults
    RESULTS = "results"  # the process has started
    RESULTS_IMPORTED = "results imported"
    FETCHING = "fetching"
    FETCHED = "fetched"


SetMark = Callable[[Mark], None]
