"""Howdah measured: the suites of ``bin/bench``, what they score, and what they compare it with."""
