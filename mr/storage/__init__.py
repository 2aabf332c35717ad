"""Files as a task reaches them, here or in HDFS."""
