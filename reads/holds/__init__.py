"""Holds: asked, decided by another, reviewed, released (G.1 to G.3)."""
