"""The pipeline compare: several models on the same records."""
