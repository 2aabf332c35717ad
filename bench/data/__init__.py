"""Realistic inputs for tests, made from seeds."""
