"""What was made, renamed or removed in a folder is so on the disk, whatever stops the machine."""

from __future__ import annotations

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """Return when the disk has the folder as it is now. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
