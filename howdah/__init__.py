"""The host's side of Howdah: what the commands do."""
