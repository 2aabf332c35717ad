"""One module per kind of daemon: the signals that are read from it."""
