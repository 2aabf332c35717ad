"""The pipeline column-means: exact means of files of numbers."""
