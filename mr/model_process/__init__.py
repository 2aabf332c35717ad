"""A model in a process of its own, which has other packages than the task's."""
