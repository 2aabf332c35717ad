"""A finished job's results: checked against what was counted, merged, and written to a folder."""
