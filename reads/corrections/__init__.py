"""Reads that were reported wrong, and what came of it (Civil Code 1798.90.51(b)(2)(F))."""
