"""The suites of ``bin/bench``: what each measures, and how its report is made."""
