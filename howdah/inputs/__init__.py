"""What a user wants scored: files here or in HDFS, found and opened, and their columns."""
