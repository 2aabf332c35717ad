"""The pipeline requests-by-os: access logs, counted."""
