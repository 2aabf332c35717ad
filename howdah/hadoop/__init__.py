"""Clients of Hadoop's daemons: YARN, HDFS, and how they are. Knows nothing of job records."""
