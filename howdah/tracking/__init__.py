"""Where a job stands, where its time went, and why it failed."""
