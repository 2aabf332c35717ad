"""The task's side of Howdah: what runs inside a map or reduce task; it never imports howdah."""
