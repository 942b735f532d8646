"""The harness that kills purge, hold, release and restore: a short run holds, and what it looks for it would see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests import database
from trials.kill_checks import Found
from trials.killed import Lines, Statements
from trials.kills import ACTS, Tally, paper

ROOT = database.ROOT


@pytest.fixture
def kills(django_db_setup, tmp_path):
    """Run the harness on a scratch database of the tests' own server; its exit code, its counts, what it told."""

    def run(*arguments: str) -> tuple[int, dict, str]:
        said = ["--server", database.admin_url(), "--template", f"alpr_template_{database.fingerprint()}", *arguments]
        environment = {**os.environ, "DATA_DIR": str(tmp_path)}
        environment.setdefault("REDIS_URL", "redis://127.0.0.1:6379")
        done = subprocess.run(
            [sys.executable, "-m", "trials.kills", *said], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr.decode()

    return run


@pytest.mark.clause("G", "G.1")
def test_four_rounds_lose_nothing_and_leave_nothing(kills):
    swift = [act for act in ACTS if act != "restore"]  # `make kills` has it, and the drill of a restore
    code, found, told = kills("--rounds", "4", "--seed", "11", "--acts", ",".join(swift))
    assert code == 0, told
    assert (found["rounds"], found["killed"], found["without_a_kill"]) == (4, 4, 0)
    assert set(found["by_act"]) == set(swift)
    assert found["held_reads"] > 0
    assert found["held_pictures"] > 0
    lost = ("lost_reads", "lost_pictures", "expired_visible", "released_visible", "expired_on_disk", "orphans")
    assert {name: found[name] for name in (*lost, "receipts_wrong")} == dict.fromkeys((*lost, "receipts_wrong"), 0)


class TestTally:
    def test_a_round_that_killed_nothing_fails(self):
        tally = Tally(rounds=2)
        tally.killed.update(["purge", "hold"])
        assert tally.holds
        tally.rounds, tally.without_a_kill = 3, 1
        assert not tally.holds
        assert "**NOT**" in paper(tally, ["2 cores"], "python -m trials.kills")

    @pytest.mark.parametrize(
        "name",
        [
            *("lost_reads", "lost_pictures", "expired_visible", "released_visible"),
            *("expired_on_disk", "receipts_wrong", "orphans"),
        ],
    )
    def test_one_of_anything_lost_or_left_fails(self, name):
        tally = Tally(found=Found(held_reads=9, held_pictures=4))
        assert tally.holds
        tally.found.wrong(name, 1, "reads of a hold")
        assert (tally.holds, tally.found.told) == (False, ["reads of a hold: 1"])


class TestAim:
    @pytest.fixture
    def deaths(self, monkeypatch):
        told: list[int] = []
        monkeypatch.setattr("trials.killed.die", lambda: told.append(1))
        return told

    def test_it_dies_before_its_line_runs_for_the_second_time(self, deaths):
        lines = Lines("reads/rules.py:7#2")
        code = SimpleNamespace(co_filename=f"{ROOT}/reads/rules.py")
        for number in (6, 7, 6, 7, 7):
            lines.line(SimpleNamespace(f_code=code, f_lineno=number), "line", None)
        assert (len(deaths), lines.ran["reads/rules.py:7"]) == (1, 3)

    @pytest.mark.parametrize(
        ("file", "named"),
        [
            ("reads/packs.py", "reads/packs.py"),
            ("alpr_portal/backup/restore.py", "alpr_portal/backup/restore.py"),
            ("reads/migrations/0001_initial.py", ""),
            ("training/members.py", ""),
        ],
    )
    def test_only_lines_of_the_acts_are_aimed_at(self, file, named):
        assert Lines("").named(f"{ROOT}/{file}") == named

    def test_it_dies_in_its_statement_and_in_no_other(self, deaths):
        statements = Statements("sql#2+1e9")
        # its other thread sleeps for days
        assert [statements(lambda *said: said, "SELECT 1") for _ in range(3)] == [("SELECT 1",)] * 3
        assert len(deaths) == 1
