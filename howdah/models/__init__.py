"""The models that jobs can use: found, added, compiled, stored, described."""
