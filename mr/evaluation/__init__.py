"""Measures of scores against the truth."""
