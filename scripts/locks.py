"""Keep the two requirement locks in step with pyproject.toml; checked without network, written with uv.

python scripts/locks.py            1 and one line when a lock is behind
python scripts/locks.py --write    resolve anew, keeping versions that still fit
python scripts/locks.py --upgrade  resolve anew, newest versions
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate", "pyproject.toml"),
]
EXTRA = {RUNTIME: [], DEVELOPMENT: ["--group", "dev", "--group", "embedded", "-c", RUNTIME]}


def first_line(root: Path = ROOT) -> str:
    """The comment a lock begins with: a digest over everything in pyproject.toml that decides what is in it."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    project = pyproject["project"]
    asked = [
        project["requires-python"],
        project["dependencies"],
        project.get("optional-dependencies", {}),
        pyproject.get("dependency-groups", {}),
        pyproject.get("tool", {}).get("uv", {}),
    ]
    return f"# made by `make lock` for pyproject sha256:{hashlib.sha256(json.dumps(asked).encode()).hexdigest()}"


def behind(root: Path = ROOT) -> list[str]:
    """The locks that were made for another pyproject.toml."""
    wanted = first_line(root)
    return [name for name in EXTRA if (root / name).read_text().partition("\n")[0] != wanted]


def write(*options: str) -> None:
    """Resolve both locks anew and mark them."""
    for name, extra in EXTRA.items():
        subprocess.run([*COMPILE, *extra, *options, "-o", name], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
        lines = (ROOT / name).read_text().splitlines(keepends=True)
        (ROOT / name).write_text(first_line() + "\n" + "".join(line for line in lines if not line.startswith("#")))


def main(words: list[str]) -> str | None:
    """What to say on standard error, with exit status 1; None when all is well."""
    try:
        if "--write" in words or "--upgrade" in words:
            write(*(word for word in words if word == "--upgrade"))
    except FileNotFoundError:
        return "locks: uv is missing; it resolves for every platform at once (https://docs.astral.sh/uv/)."
    except subprocess.CalledProcessError as error:
        return f"locks: uv ended with {error.returncode}; its own lines above say why."
    if late := behind():
        return f"locks: {' and '.join(late)} do not match pyproject.toml: run `make lock`."
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
