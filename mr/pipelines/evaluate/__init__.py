"""The pipeline evaluate: scored records against the truth."""
