"""What keeps a model's code from harming the task that it runs in: its output, threads and time."""
