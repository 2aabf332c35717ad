"""The task's side of Howdah: what runs inside a map or reduce task. Imports nothing of the host's side."""
