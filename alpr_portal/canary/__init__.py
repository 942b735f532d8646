"""The canary: one plate through every door, aged past its 30 days, purged, and then looked for everywhere (G)."""
