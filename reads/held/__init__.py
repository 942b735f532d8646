"""Held data: opened within its case, and taken out as an evidence package (G.1 to G.3)."""
