"""What pipelines that count are made of: tallies, tables, reports."""
