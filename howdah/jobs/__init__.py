"""What is recorded of a job (its record, marks and summary), and the names in its folder."""
