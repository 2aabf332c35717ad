"""From the command line's inputs to a running job: planned, uploaded, shipped, launched."""
