"""Pages of who may come in."""
