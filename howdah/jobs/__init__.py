"""A job: its record, options and summary, the names in its folder, its pipeline's part in it."""
