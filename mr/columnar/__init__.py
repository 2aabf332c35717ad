"""Parquet and Feather files: rows in columns that have types, read by group of rows."""
