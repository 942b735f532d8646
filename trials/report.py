"""docs/trials.md: each trial writes its own part and leaves the other's alone; never written by hand."""

from __future__ import annotations

import re
from pathlib import Path

from alpr_portal.embedded import ROOT

PAPER = ROOT / "docs" / "trials.md"
PARTS = ("soak", "replica", "kills")
HEAD = """# Trials

Written by `make soak`, `make replica` and `make kills`, each its own part, and not by hand. They start servers of their
own, kill them or what works in them, and throw them away. What the numbers mean for running the portal stands in
[growth.md](growth.md); how fast it is, in [benchmarks.md](benchmarks.md). All people, vehicles and places are invented.

`kill -9` takes a process away, not the machine under it: what a disk has promised and forgets when the power goes is not
tried here.
"""


def write(part: str, text: str, paper: Path = PAPER) -> Path:
    """Put one trial's part into the paper, and keep the other; answers the paper."""
    known = {name: found for name in PARTS if (found := _part(name, paper))}
    known[part] = text.strip()
    bodies = [f"<!-- {name} -->\n{known[name]}\n<!-- end of {name} -->" for name in PARTS if name in known]
    paper.write_text("\n".join([HEAD, *(f"{body}\n" for body in bodies)]))
    return paper


def _part(name: str, paper: Path) -> str:
    text = paper.read_text() if paper.exists() else ""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", text, re.S)
    return found[1] if found else ""
