"""What is recorded of a job: its record, the names in its folder, its options and its summary."""
