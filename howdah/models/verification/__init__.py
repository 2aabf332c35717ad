"""The verification of a model before it is added: a task's predictions against its own."""
