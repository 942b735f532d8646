"""Commands that only read: the order, the text screen, the offence table."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import get_commands
from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from alpr_portal.management.commands import screen as screen_command
from alpr_portal.policy.clauses import duties
from alpr_portal.policy.screening import screen
from tests.commands.run import ROOT, manage, one_line, run

LOGS = ROOT.parent / "shared" / "data" / "opd_portal"
OURS = [
    *("bootstrap", "bootstrap_database", "demo", "doctor", "import_reads", "make_partitions", "map_offences", "order"),
    *("screen", "verify_file"),
]


class TestEveryCommand:
    @pytest.mark.parametrize("name", OURS)
    def test_it_explains_itself(self, name, capsys):
        app = get_commands()[name]
        command = __import__(f"{app}.management.commands.{name}", fromlist=["Command"]).Command()
        assert isinstance(command, PortalCommand)
        command.print_help("manage.py", name)
        said = capsys.readouterr().out
        assert " ".join(command.help.split())[:40] in " ".join(said.split())

    def test_a_reader_that_goes_away_is_no_traceback(self):
        words = [sys.executable, str(ROOT / "manage.py"), "order", "--json"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        assert process.wait(60) == 1
        assert b"Traceback" not in process.stderr.read()
        process.stderr.close()


class TestOrder:
    def test_json_holds_every_duty_with_what_answers_it(self):
        said = json.loads(run("order", "--json"))
        assert [duty["id"] for duty in said["duties"]] == list(duties())
        assert sum(said["summary"].values()) == len(duties())
        assert {"id", "title", "kinds", "state", "people", "code", "tests"} == said["duties"][0].keys()

    def test_the_table_has_a_line_for_each_duty_and_a_sum(self):
        lines = run("order").splitlines()
        assert [line.split()[0] for line in lines[1:-2]] == list(duties())
        assert lines[-1].startswith(f"{len(duties())} duties: ")


@pytest.fixture
def standard_input(monkeypatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    return give


class TestScreen:
    def test_one_line_each_with_the_four_keys(self, standard_input):
        texts = ["Robbery of a shop, plate seen by the clerk", "looking for my girlfriend", "I.C.E. wants to know"]
        standard_input("\n".join(texts).encode())
        answers = [json.loads(line) for line in run("screen", "--json").splitlines()]
        assert [list(answer) for answer in answers] == [["text", "categories", "words", "outcome"]] * 3
        assert [answer["text"] for answer in answers] == texts
        assert [answer["outcome"] for answer in answers] == ["run", "refuse", "refuse"]
        assert "immigration_enforcement" in answers[2]["categories"]

    def test_it_says_what_the_screen_says(self, standard_input):
        text = "Burglary of a church"
        standard_input(text.encode())
        assert json.loads(run("screen", "--json")) == json.loads(json.dumps(screen(text).as_json()))

    @pytest.mark.parametrize("data", [b"\xff\xfe robbery\n", b"\n", b"\x00\n", b"\r\n", "\u202e\ud7ff\n".encode()])
    def test_whatever_the_bytes_are_there_is_one_answer(self, standard_input, data):
        standard_input(data)
        (answer,) = map(json.loads, run("screen", "--json").splitlines())
        assert answer["outcome"] in {"run", "wait", "refuse"}

    def test_a_line_longer_than_any_memory_is_one_answer_and_waits(self, standard_input):
        standard_input(b"a" * (3 * screen_command.MOST) + b"\nRobbery of a shop by three men\n")
        first, second = map(json.loads, run("screen", "--json").splitlines())
        assert (len(first["text"]), first["outcome"]) == (screen_command.MOST, "wait")
        assert second["text"] == "Robbery of a shop by three men"

    def test_without_json_people_can_read_it_and_nothing_steers_the_terminal(self, standard_input):
        standard_input(b"my ex-wife \x1b[2J drives it\n")
        said = run("screen")
        assert said.startswith("refuse  personal_use: ")
        assert "\x1b" not in said

    def test_it_answers_before_the_next_text_comes(self):
        words = [sys.executable, str(ROOT / "manage.py"), "screen", "--json"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(b"Robbery of a shop\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == "Robbery of a shop"
            process.stdin.close()
            assert process.wait(60) == 0


@pytest.mark.clause("C.2.B")
class TestMapOffences:
    @pytest.fixture
    def log(self, tmp_path) -> Path:
        path = tmp_path / "log.csv"
        path.write_text("id,reason\n1,211PC\n2,459PC\n3,25850PC\n3,25850PC\n4,211 PPC\n5,10851(a)CVC\n")
        return path

    def test_json_has_the_five_keys(self, log):
        said = json.loads(run("map_offences", str(log), "--json"))
        assert list(said) == ["rows", "unique", "by_purpose", "codes", "suggestions"]
        assert (said["rows"], said["unique"]) == (6, 5)
        assert said["by_purpose"]["not_authorised"] == 1
        assert {"code": "211PC", "n": 1, "purpose": "violent_crime"} in said["codes"]

    def test_several_files_are_one_log(self, log):
        said = json.loads(run("map_offences", str(log), str(log), "--json"))
        assert (said["rows"], said["unique"]) == (12, 5)

    def test_people_read_which_share_falls_outside(self, log):
        assert "Outside the order: 1 of 5 searches (20.0%)." in run("map_offences", str(log))

    def test_a_logs_own_words_do_not_steer_the_terminal(self, tmp_path):
        path = tmp_path / "log.csv"
        path.write_bytes(b"id,reason\n1,\x1b[2J211\n")
        assert "\x1b" not in run("map_offences", str(path))

    @pytest.mark.parametrize(("content", "code"), [(None, "log.unreadable"), ("id,why\n1,2\n", "log.columns")])
    def test_a_bad_file_is_one_line_with_its_code(self, tmp_path, content, code):
        path = tmp_path / "log.csv"
        if content:
            path.write_text(content)
        with pytest.raises(CommandError, match=f"^{code}: "):
            run("map_offences", str(path))

    def test_a_failure_is_one_line_and_an_exit_code(self):
        done = manage("map_offences", "no-such-file.csv")
        assert done.returncode == 1
        assert "log.unreadable" in one_line(done.stderr)

    @pytest.mark.skipif(not LOGS.exists(), reason=f"the published logs are not at {LOGS}")
    def test_the_published_logs_are_mapped(self):
        said = json.loads(run("map_offences", *map(str, sorted(LOGS.glob("*.csv"))), "--json"))
        assert (said["rows"], said["unique"], len(said["codes"])) == (6915, 4656, 28)
        assert sum(said["by_purpose"].values()) == 4656
        assert 0 < said["by_purpose"]["not_authorised"] < 4656 / 4
