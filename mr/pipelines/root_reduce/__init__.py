"""The pipeline root-reduce: events of ROOT files, selected."""
