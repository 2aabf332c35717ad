"""Sums and counts of numbers that are the same in any order, whatever they are merged from."""
