"""The task's side: what runs inside a map or reduce task. Imports nothing of the host's side."""
