"""What the browser gets comes from us, unchanged, and obeys a policy without inline scripts and styles."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "alpr_portal" / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = sorted(
    path for path in ROOT.glob("**/templates/**/*.html") if not {".venv", "var"} & set(path.relative_to(ROOT).parts)
)
OWN_SCRIPTS = sorted((STATIC / "portal").glob("*.js"))
OWN_STYLES = sorted((STATIC / "portal").glob("*.css"))

COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
OPENING = re.compile(r"\s*({%\s*extends\s[^%]*%}\s*)?({%\s*comment\s*%}\s*\S|{#\s*\S)")
TAG = re.compile(r"<[a-zA-Z][^<]*?>", re.DOTALL)
TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
STRAY = {
    "inline style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.IGNORECASE),
    "outside address": re.compile(
        r"\s(?:src|href|action|srcset|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE
    ),
    "script address": re.compile(r"=\s*[\"']?\s*javascript:", re.IGNORECASE),
}


def vendored() -> dict[str, tuple[str, str, str, str]]:
    """The table of VENDORED.md: file to name, version, licence, sha256."""
    rows = {}
    for line in (VENDOR / "VENDORED.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and re.fullmatch(r"[0-9a-f]{64}", cells[4]):
            rows[cells[0]] = (cells[1], cells[2], cells[3], cells[4])
    return rows


def found_in(text: str) -> list[str]:
    """Names of what a template's text holds against the content policy."""
    text = COMMENT.sub("", text)
    names = []
    if re.search(r"<style\b", text, re.IGNORECASE):
        names.append("style element")
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script", text, re.DOTALL | re.IGNORECASE):
        if body.strip() and "application/json" not in attributes:
            names.append("inline script")
    for tag in TAG.findall(TEMPLATE_TAG.sub("", text)):
        names += [name for name, pattern in STRAY.items() if pattern.search(tag)]
    return names


def test_every_vendored_file_is_as_published() -> None:
    on_disk = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDORED.md"
    }
    assert on_disk == {name: row[3] for name, row in vendored().items()}


def test_every_vendored_folder_holds_its_licence() -> None:
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        text = (folder / "LICENSE").read_text()
        assert "Copyright" in text, folder.name


def test_vendored_files_name_no_file_that_is_missing() -> None:
    """The hashed storage stops at a style sheet or source map that names a file which is not there."""
    missing = []
    for path in VENDOR.rglob("*"):
        if path.suffix not in {".css", ".js"}:
            continue
        text = path.read_text()
        named = re.findall(r"sourceMappingURL=([^\s*]+)", text)
        if path.suffix == ".css":
            named += [
                url for url in re.findall(r"url\(\s*[\"']?([^\"')]+)", text) if not url.startswith(("data:", "#"))
            ]
        missing += [f"{path.name}: {name}" for name in named if not (path.parent / name).exists()]
    assert missing == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_a_looser_policy(path: Path) -> None:
    assert found_in(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_says_what_it_is(path: Path) -> None:
    assert OPENING.match(path.read_text()), "opens with a comment: what it is, its blocks, its context"


@pytest.mark.parametrize("path", OWN_SCRIPTS + OWN_STYLES, ids=lambda path: path.name)
def test_our_own_files_call_nobody_and_stay_short(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(("// ", "/* ")), "opens with one sentence that says why"
    assert not re.search(r"https?://|@import|\beval\(|new Function|innerHTML|document\.write", text)
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('<p style="color: red">', ["inline style"]),
        ("<style>p {}</style>", ["style element"]),
        ("<script>run()</script>", ["inline script"]),
        ('<a onclick="run()" href="#">', ["inline handler"]),
        ('<a hx-on:click="run()" href="#">', ["inline handler"]),
        ('<img src="https://example.org/a.png">', ["outside address"]),
        ('<a href="//example.org">', ["outside address"]),
        ('<a href="javascript:run()">', ["script address"]),
        ('<p {% if a %}style="x"{% endif %}>', ["inline style"]),
        ('{# <p style="x"> #}<p title="style = calm">', []),
        ('{% comment %}<script>run()</script>{% endcomment %}<script src="{{ a }}" defer></script>', []),
        ('<script type="application/json">{"a": 1}</script>', []),
        ('<a href="{{ url }}" class="on">one = two</a>', []),
    ],
)
def test_the_search_for_inline_code_finds_it(text: str, names: list[str]) -> None:
    assert found_in(text) == names
