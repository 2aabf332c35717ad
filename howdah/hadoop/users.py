"""Who may use the cluster."""

import getpass
import grp
import os
from dataclasses import replace

from howdah.errors import ClusterError
from howdah.settings import Cluster

__all__ = ["SUPERUSER", "as_superuser", "check_user"]

SUPERUSER = "hdfs"  # of a cluster whose daemons have users of their own


def as_superuser(cluster: Cluster) -> Cluster:
    """The cluster as HDFS' superuser sees it, where daemons have users of their own."""
    return replace(cluster, hadoop_user=SUPERUSER) if cluster.uses_systemd else cluster


def check_user(cluster: Cluster) -> None:
    """Raise ClusterError for who the firewall keeps from the cluster: it would say nothing."""
    if not cluster.uses_systemd or os.geteuid() == 0:
        return
    name = getpass.getuser()
    members = grp.getgrnam("howdah").gr_mem
    if name not in members:
        raise ClusterError(
            f"{name} may not submit to this cluster",
            hint=f"whoever runs it adds {name} to howdah_users in its inventory: bin/cluster up",
        )
