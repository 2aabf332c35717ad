"""One map or reduce task: its split worked through with one pipeline."""
