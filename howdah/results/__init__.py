"""A finished job's part files, checked and merged into the files that its user gets."""
