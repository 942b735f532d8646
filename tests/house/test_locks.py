"""What is installed is what was locked, what was locked is what pyproject.toml asks for, and no registry is named."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shutil
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def script(name: str) -> ModuleType:
    """A file of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


locks = script("locks")


def pinned(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """What a lock pins: requirement and hashes for each package name."""
    found = {}
    for entry in (ROOT / name).read_text().replace("\\\n", " ").splitlines():
        if entry and not entry.startswith("#"):
            words, *hashes = re.split(r"\s+--hash=", entry.strip())
            found[canonicalize_name(Requirement(words).name)] = (Requirement(words), hashes)
    return found


def asked(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: the portal's dependencies and those of the groups."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [pyproject["project"]["dependencies"], *(pyproject["dependency-groups"][group] for group in groups)]
    return [Requirement(words) for words in itertools.chain(*lists)]


def test_the_locks_are_in_step():
    assert locks.behind() == []
    assert locks.main([]) is None


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"redis>=', '"redis>=0.'),
        ('"whitenoise>=', '"brownnoise>=1", "whitenoise>='),
        ('"pytest>=', '"pytest>=0.'),
        ('requires-python = ">=3.11', 'requires-python = ">=3.10'),
    ],
)
def test_a_changed_dependency_is_noticed(tmp_path, was, becomes):
    for name in LOCKS:
        shutil.copy(ROOT / name, tmp_path)
    text = (ROOT / "pyproject.toml").read_text()
    assert was in text
    (tmp_path / "pyproject.toml").write_text(text.replace(was, becomes))
    assert locks.behind(tmp_path) == list(LOCKS)


def test_a_changed_comment_is_not(tmp_path):
    for name in LOCKS:
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + "\n# a remark\n")
    assert locks.behind(tmp_path) == []


@pytest.mark.parametrize(("lock", "groups"), [(LOCKS[0], ()), (LOCKS[1], ("dev", "embedded"))])
def test_each_dependency_is_locked_at_a_version_it_allows(lock, groups):
    pins = pinned(lock)
    wrong = []
    for requirement in asked(*groups):
        pin = pins.get(canonicalize_name(requirement.name))
        version = next(iter(pin[0].specifier)).version if pin else None
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement} is locked at {version}")
    assert wrong == []


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_has_one_version_and_its_hashes(lock):
    pins = pinned(lock)
    assert len(pins) > 30
    loose = [
        name
        for name, (requirement, hashes) in pins.items()
        if [pin.operator for pin in requirement.specifier] != ["=="]
        or not hashes
        or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes)
    ]
    assert loose == []


def test_both_locks_pin_the_same_versions():
    runtime, development = pinned(LOCKS[0]), pinned(LOCKS[1])
    assert {name: pin[0].specifier for name, pin in runtime.items()} == {
        name: development[name][0].specifier for name in runtime
    }


@pytest.mark.parametrize("name", [*LOCKS, "pyproject.toml"])
def test_no_registry_is_named(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host", text)


@pytest.mark.parametrize("group", [None, "dev", "embedded"])
def test_each_dependency_has_a_lower_bound(group):
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    words = pyproject["dependency-groups"][group] if group else pyproject["project"]["dependencies"]
    unbounded = [
        requirement
        for requirement in words
        if not {bound.operator for bound in Requirement(requirement).specifier} & {">=", "~=", "=="}
    ]
    assert unbounded == []


class TestTheVirtualEnvironment:
    """scripts/setup.py installs again when, and only when, the lock changed or the environment broke."""

    @pytest.fixture
    def setup(self, tmp_path, monkeypatch) -> ModuleType:
        module = script("setup")
        venv = tmp_path / ".venv"
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to("/bin/true")
        shutil.copy(ROOT / LOCKS[1], tmp_path)
        for name, value in {
            "VENV": venv,
            "PYTHON": venv / "bin" / "python",
            "LOCK": tmp_path / LOCKS[1],
            "STAMP": venv / "installed",
            "LOG": venv / "pip.log",
        }.items():
            monkeypatch.setattr(module, name, value)
        return module

    def test_nothing_is_done_for_the_same_lock(self, setup):
        assert not setup.is_ready()
        setup.STAMP.write_text(setup.wanted())
        assert setup.is_ready()

    def test_a_changed_lock_installs_again(self, setup):
        setup.STAMP.write_text(setup.wanted())
        with setup.LOCK.open("a") as lock:
            lock.write("# more\n")
        assert not setup.is_ready()
        assert setup.is_sound()

    def test_a_python_that_is_gone_makes_a_new_environment(self, setup):
        setup.STAMP.write_text(setup.wanted())
        setup.PYTHON.unlink()
        setup.PYTHON.symlink_to("/nowhere/python3")
        assert not setup.is_ready()
        assert not setup.is_sound()

    def test_a_moved_environment_is_made_anew(self, setup):
        setup.STAMP.write_text(setup.wanted().replace(".venv", "moved"))
        assert not setup.is_ready()
        assert not setup.is_sound()

    def test_a_missing_venv_module_is_one_line(self, setup, monkeypatch):
        monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
        with pytest.raises(setup.SetupError, match=r"^Python's venv module is missing: install python3-venv"):
            setup.make_venv()

    def test_a_full_disk_is_one_line(self, setup, monkeypatch):
        monkeypatch.setattr(setup, "ROOM", 10**18)
        with pytest.raises(setup.SetupError, match=r"^The disk is full: setup needs about 1 GB in .* MB are free\.$"):
            setup.make_venv()

    @pytest.mark.parametrize(
        ("output", "said"),
        [
            ("ERROR: x: No space left on device", "The disk is full: setup needs about 1 GB"),
            ("ERROR: none (from versions: none)", "It failed: the package index does not answer"),
            ("WARNING: this\nERROR: that\nmore", "It failed: that (see "),
            ("the last word\n\n", "It failed: the last word (see "),
        ],
    )
    def test_what_pip_says(self, setup, output, said):
        with pytest.raises(setup.SetupError) as told:
            setup.call(["/bin/sh", "-c", 'printf %s "$0"; exit 1', output], "It failed")
        assert str(told.value).startswith(said)
        assert setup.LOG.read_text() == output
