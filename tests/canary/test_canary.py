"""T30: whether the canary would find a plate that outlived its read: one is planted in each kind of place."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
import zlib

import pytest

from alpr_portal.canary import ground, kept, places, sweep
from alpr_portal.canary.allowed import ALLOWED, Allowed
from alpr_portal.canary.marks import PLATE, carries
from alpr_portal.canary.places import Place
from alpr_portal.management.commands import canary as command
from alpr_portal.policy.clauses import duties
from tests.commands.run import run

pytestmark = pytest.mark.clause("G")


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", data)
    return out.getvalue()


class TestMarks:
    @pytest.mark.parametrize(
        "data",
        [
            PLATE.encode(),
            b"zqx7k3m",
            b"20X7K3M",
            b"ZQX 7K3M",
            b"zqx-7k3m",
            f"..{PLATE}..".encode("utf-16-le"),
            PLATE.encode("utf-16-be"),
            *(base64.b64encode(lead + b"see " + PLATE.encode() + b" go") for lead in (b"", b"a", b"ab")),
            PLATE.encode().hex().encode(),
            b"before" + gzip.compress(b"x" * 99 + PLATE.encode(), mtime=0) + b"after",
            zlib.compress(PLATE.encode()),
            b"Content-Type: application/zip\n" + zipped(PLATE),
            zipped(gzip.compress(PLATE.encode(), mtime=0)),
        ],
    )
    def test_it_is_told_in_every_dress(self, data):
        assert carries(data)

    @pytest.mark.parametrize(
        "data", [b"", b"ZQX7K3", b"ZQX7K3N", b"ZQX--7K3M", gzip.compress(b"8ABC1", mtime=0), b"\x1f\x8b\x08", b"PK"]
    )
    def test_other_words_are_not_it(self, data):
        assert not carries(data)

    def test_the_pages_of_a_table_are_not_unpacked(self):
        assert not carries(gzip.compress(PLATE.encode(), mtime=0), pressed=False)


class TestJudged:
    PLACES = (Place("column", "a.b", True, "a"), Place("log", "portal.log", False), Place("Redis", "0: key", True))

    def test_who_survives_is_named_among_all_that_was_looked_at(self):
        report = sweep.judged(self.PLACES, [])
        assert (report["places"], report["survivors"]) == (3, 2)
        assert report["found"] == ["column: a.b", "Redis: 0: key"]

    def test_a_permission_covers_its_table_and_no_more(self):
        report = sweep.judged(self.PLACES, [Allowed("a", "As the law wants", "F.1")])
        assert (report["found"], report["stale"]) == (["Redis: 0: key"], [])

    def test_one_that_nobody_needed_is_stale(self):
        assert sweep.judged(self.PLACES, [Allowed("c", "No", "F.1")])["stale"] == ["c"]

    def test_each_names_a_clause_of_the_order_and_one_table(self):
        assert {one.clause for one in ALLOWED} <= set(duties())
        assert len({one.table for one in ALLOWED}) == len(ALLOWED)


@pytest.fixture(scope="module")
def flown():
    """One flight whose doors leave the plate behind."""
    return ground.fly("tests.canary.planted")


class TestPlanted:
    def test_it_fails(self, flown):
        assert flown[0] == 1

    @pytest.mark.parametrize(
        "place",
        [
            "column: planted.words",
            "database file: base/(planted)",
            "database file: base/(emptied)",
            "database file: base/(pg_statistic)",
            "statistics: noted.words",
            "data folder: data/left.txt",
            "Redis: 0: left",
            "log: log/portal.log",
            "mail: mail/",
            "temporary file: tmp/",
            "latest backup: planted",
        ],
    )
    def test_the_plate_is_found_there(self, flown, place):
        begins, _, ends = place.partition("(")
        found = flown[1]["found"]
        assert [one for one in found if one.startswith(begins) and one.endswith(f"({ends}" if ends else "")], found

    def test_it_says_how_long_it_took(self, flown):
        seconds = flown[1]["seconds"]
        assert 0 < seconds["backup"] < seconds["flight"]

    def test_what_may_keep_it_is_no_survivor(self, flown):
        assert [one for one in flown[1]["found"] if "lawful" in one] == []
        assert flown[1]["stale"] == ["training_gap"]

    def test_a_door_that_lets_nothing_in_is_a_fault(self, flown):
        assert flown[1]["faults"] == [
            "a door that is none: nothing came into training_member.name",
            "a door that breaks: ValueError: shut",
        ]

    def test_places_and_survivors_are_counted(self, flown):
        report = flown[1]
        assert report["places"] == sum(report["looked_at"].values()) > 3000
        assert report["survivors"] == len(report["found"])
        assert "hotlists.tasks.write_anew" in report["duties"]

    def test_nothing_of_it_is_left_behind(self, flown, tmp_path, monkeypatch):
        monkeypatch.setattr(ground.tempfile, "tempdir", str(tmp_path))
        tmp_path.chmod(0o711)
        with pytest.raises(RuntimeError, match="No module named"):
            ground.fly("tests.canary.nowhere")
        assert list(tmp_path.iterdir()) == []


class TestBackup:
    """What ``pg_restore`` writes of a backup: rows with their escapes, and the rest."""

    def looked(self, *rows, rest=b"SELECT 1;\n"):
        head = b"COPY public.reads_a (id, words) FROM stdin;\n"
        script = [rest, head, *rows, b"\\.\n", b"COPY public.b (x) FROM stdin;\n", b"\\.\n"]
        return {place.name: place.found for place in kept.tables(script)}

    @pytest.mark.parametrize(
        "cell",
        [
            PLATE.encode(),
            b"\\\\x" + gzip.compress(PLATE.encode(), mtime=0).hex().encode(),
            b"ZQX\\t7K3M".replace(b"\\t", b" "),
            rb"a\nZQX7K3M",
        ],
    )
    def test_the_plate_is_found_in_its_table(self, cell):
        rows = (b"1\tother\n", b"2\t" + cell + b"\n", b"3\t\\N\n")
        assert self.looked(*rows) == {"reads_a": True, "b": False, "all that is no row": False}

    def test_and_in_what_is_no_row(self):
        found = self.looked(b"1\tother\n", rest=f"COMMENT ON TABLE b IS '{PLATE}';\n".encode())
        assert found == {"reads_a": False, "b": False, "all that is no row": True}


def test_a_key_of_redis_whose_time_ran_out_since_it_was_listed_is_none():
    class Line:
        def type(self, key):
            return b"none"

    assert places._value(Line(), b"gone") == b""


class TestCommand:
    REPORT = {
        "places": 9,
        "survivors": 1,
        "found": ["log: portal.log"],
        "faults": ["search: ValueError: shut"],
        "stale": ["reads_query"],
        "write_ahead_log": {"files": 2, "holding": 1, "says": "bounded"},
    }

    def test_it_says_what_survived_and_fails(self, monkeypatch):
        monkeypatch.setattr(command.ground, "fly", lambda: (1, self.REPORT))
        with pytest.raises(command.CommandError, match="outlives"):
            run("canary")
        said = command.readable(self.REPORT)
        assert said.startswith("1 survivors outside the allowed list, of 9 places looked at.")
        assert all(word in said for word in ("log: portal.log", "ValueError", "reads_query", "1 of 2 files"))

    def test_as_json(self, monkeypatch):
        clean = {**self.REPORT, "survivors": 0, "found": [], "faults": [], "stale": []}
        monkeypatch.setattr(command.ground, "fly", lambda: (0, clean))
        assert json.loads(run("canary", "--json")) == clean
