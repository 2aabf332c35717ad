"""Signals of HDFS, as NameNode and DataNodes tell them."""

from metrics.definition import Signal
from metrics.signals.hosts import time_to_full

__all__ = [
    "DATANODES_DEAD",
    "DATANODES_STALE",
    "FREE",
    "MISSING",
    "SAFE_MODE",
    "SIGNALS",
    "UNDER_REPLICATED",
    "USED",
]


def _namesystem(name: str) -> str:
    return f'hadoop_namenode_{name}{{name="FSNamesystem"}}'


def _nodes(name: str) -> str:
    return f'hadoop_namenode_{name}{{name="FSNamesystemState"}}'


def _volumes(name: str) -> str:
    return f'max by (instance) (hadoop_datanode_{name}{{name=~"FSDatasetState.*"}})'


FREE = _namesystem("capacityremaining")
USED = f"1 - {FREE} / ({_namesystem('capacityused')} + {FREE})"
# A worker that was taken out of the cluster is dead, too, and rightly so
DATANODES_DEAD = f"{_nodes('numdeaddatanodes')} - {_nodes('numdecomdeaddatanodes')}"
DATANODES_STALE = _nodes("numstaledatanodes")
MISSING = _namesystem("missingblocks")
UNDER_REPLICATED = _namesystem("underreplicatedblocks")
SAFE_MODE = "hadoop_namenode_safemode"

SIGNALS: tuple[Signal, ...] = (
    Signal(
        "hdfs_used",
        "HDFS used",
        USED,
        "percentunit",
        "Share of the space that HDFS can have that its files take, all copies counted.",
        warn=0.75,
        critical=0.9,
    ),
    Signal(
        "hdfs_free",
        "HDFS free",
        FREE,
        "bytes",
        "Space left for HDFS' files, all copies counted.",
    ),
    Signal(
        "hdfs_files_size",
        "HDFS in use",
        _namesystem("capacityused"),
        "bytes",
        "Space that HDFS' files take, all copies counted.",
    ),
    Signal(
        "hdfs_time_to_full",
        "HDFS full in",
        time_to_full(FREE),
        "s",
        "When HDFS will be full if it goes on filling as in the last 6 hours; a year if it doesn't"
        " fill.",
        warn=3 * 86_400,
        critical=86_400,
        low_is_bad=True,
    ),
    Signal(
        "hdfs_safe_mode",
        "Safe mode",
        SAFE_MODE,
        "none",
        "1 while HDFS takes no changes: at its start until it knows its blocks, or because somebody"
        " said so.",
        warn=1,
        critical=1,
    ),
    Signal(
        "datanodes_live",
        "DataNodes live",
        _nodes("numlivedatanodes"),
        "none",
        "DataNodes that the NameNode hears from.",
        critical=1,
        low_is_bad=True,
    ),
    Signal(
        "datanodes_stale",
        "DataNodes stale",
        DATANODES_STALE,
        "none",
        "DataNodes that have been silent for half a minute.",
        warn=1,
    ),
    Signal(
        "datanodes_dead",
        "DataNodes dead",
        DATANODES_DEAD,
        "none",
        "DataNodes given up; HDFS copies their blocks from the others. Those taken out of the"
        " cluster don't count.",
        warn=1,
        critical=1,
    ),
    Signal(
        "blocks_missing",
        "Blocks missing",
        MISSING,
        "none",
        "Blocks without any copy: their files can't be read.",
        warn=1,
        critical=1,
    ),
    Signal(
        "blocks_under_replicated",
        "Blocks under-replicated",
        UNDER_REPLICATED,
        "none",
        "Blocks with fewer copies than they should have. HDFS makes the others by itself.",
        warn=1,
    ),
    Signal("blocks", "Blocks", _namesystem("blockstotal"), "short", "Blocks of all files."),
    Signal("files", "Files", _namesystem("filestotal"), "short", "Files and folders."),
    Signal(
        "volumes_failed",
        "Volumes failed",
        _nodes("volumefailurestotal"),
        "none",
        "Data folders that DataNodes have given up because their disks failed.",
        warn=1,
        critical=1,
    ),
    Signal(
        "checkpoint_age",
        "Last checkpoint",
        f"time() - {_namesystem('lastcheckpointtime')} / 1000",
        "s",
        "How long ago the NameNode's changes were last merged into one image. Without that, its"
        " next start takes longer.",
    ),
    Signal(
        "datanode_used",
        "DataNode used",
        f"1 - {_volumes('remaining')} / ({_volumes('dfsused')} + {_volumes('remaining')})",
        "percentunit",
        "Share of the space that a DataNode can have that its blocks take.",
        "{{instance}}",
        warn=0.8,
        critical=0.9,
    ),
    Signal(
        "datanode_read",
        "Read",
        'sum by (instance) (rate(hadoop_datanode_bytesread{name=~"DataNodeActivity.*"}[1m]))',
        "Bps",
        "What clients and other DataNodes read from a DataNode.",
        "{{instance}}",
    ),
    Signal(
        "datanode_written",
        "Written",
        'sum by (instance) (rate(hadoop_datanode_byteswritten{name=~"DataNodeActivity.*"}[1m]))',
        "Bps",
        "What clients and other DataNodes write to a DataNode.",
        "{{instance}}",
    ),
    Signal(
        "namenode_calls",
        "Calls",
        'sum(rate(hadoop_namenode_rpcprocessingtimenumops{name=~"RpcActivityForPort.*"}[1m]))',
        "ops",
        "Calls that the NameNode answers.",
    ),
    Signal(
        "namenode_waiting",
        "Calls wait",
        'max(hadoop_namenode_rpcqueuetimeavgtime{name=~"RpcActivityForPort.*"}) / 1000',
        "s",
        "How long a call waited until the NameNode took it up.",
        warn=0.1,
        critical=1,
    ),
)
