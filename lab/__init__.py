"""Five fresh hosts on one machine, to install a cluster on and to break it: ``bin/lab``."""
