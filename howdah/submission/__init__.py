"""From the command line's inputs to a running job: checked, planned, uploaded, launched."""
