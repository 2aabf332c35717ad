"""What `bin/doctor` checks: machines, daemons and models, each finding with its fix."""
