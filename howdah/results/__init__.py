"""Results of finished jobs: fetched, checked and written as files for people."""
