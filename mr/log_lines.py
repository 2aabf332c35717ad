"""How the lines begin that Howdah itself writes into a task's log: the host finds them by it."""

__all__ = ["AT", "FAILED", "FAULT", "PRINTED"]

AT = "howdah: at"  # begins the lines that say how far a task is
FAULT = "howdah: model fault"  # begins the line that says what a model did, before the traceback
FAILED = "howdah: task failed"  # begins the line that says where, after the traceback
PRINTED = "howdah: model: "  # begins the lines that a model has printed
