"""What is drawn on a terminal: tables, progress bars, whole screens. Knows nothing of jobs."""
