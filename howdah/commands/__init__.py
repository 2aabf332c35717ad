"""One module per command in bin/: its arguments, and what it prints. Nothing imports from here."""
