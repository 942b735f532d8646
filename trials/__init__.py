"""Trials of the whole portal on servers of its own, for what a test suite has no time for: `make soak`, `make replica`."""
