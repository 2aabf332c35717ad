"""The cluster's lifecycle: its inventory, and the playbooks that install, change and remove it."""
