"""Backups: made daily, sealed, kept seven days; and what has to happen before a restored portal opens again (G)."""


class BackupError(Exception):
    """A backup cannot be made or restored, in one sentence with its remedy."""
