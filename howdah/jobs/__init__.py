"""A job: its record, marks and summary, the names in its folder, its pipeline's part in it."""
