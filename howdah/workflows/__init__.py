"""Workflows: several jobs, some of which read what others have scored."""
