"""The report says what was measured: ratios, targets kept or missed and by how much. Nothing here looks at a clock."""

from __future__ import annotations

from typing import Any

import pytest

from bench import measure, report, run, targets
from bench.sizes import FULL

AT = {"at": "2026-01-02 03:04", "took_s": 5.0}


def rates(**medians: float) -> dict[str, Any]:
    return {way: {"median": median, "rounds": [median]} for way, median in medians.items()}


def waited(p99: float, p50: float = 1.0) -> dict[str, float]:
    return {"n": 3, "p50_ms": p50, "p99_ms": p99, "longest_ms": p99}


def ingest(**large: float) -> dict[str, Any]:
    return {
        "rates": {"large": rates(**{"direct": 100.0, "staged": 70.0, "bulk": 10.0, **large})},
        "batch": {"large": 5000},
        "reads": {"large": 1, "small": 1, "save": 1},
        "table_before": 0,
        "stored": 7,
        "sent_once": 7,
    }


def disposal(**values: Any) -> dict[str, Any]:
    return {
        "day": 1000,
        "seconds": rates(delete=4.0, dispose=0.5, purge=1.0),
        "wal": rates(delete=2e9, dispose=1e6, purge=4e6),
        "waits": {name: waited(200) for name in ("nothing", "delete", "purge")},
        "held": {"n": 1, "holds": 6, "approval": rates(x=0.1)["x"]},
        "pictures": {"n": 10, "packs": rates(x=0.1)["x"], "files": rates(x=2.0)["x"]},
        **values,
    }


def search(**p99: float) -> dict[str, Any]:
    kinds = {"exact": 20.0, "first": 50.0, "inside": 130.0, **p99}
    return {
        "kinds": [
            {"name": name, "is_pattern": name != "exact", **waited(worst), "page": waited(worst), "reads": 3.0}
            for name, worst in kinds.items()
        ]
    }


def results(**parts: dict[str, Any]) -> dict[str, Any]:
    data = {"rows": 9, "upload_days": 31, "visible": FULL.rows, "vehicles": 3, "cameras": 2, "rounds": 3}
    data |= {"table_bytes": 1, "index_bytes": 1, "pattern_bytes": 1}
    machine = {"cores": 2, "cpu": "", "memory": 8e9, "kernel": "k", "postgresql": "18", "own_server": True}
    machine |= {"python": "3", "django": "5", "psycopg": "3", "settings": {"fsync": "on"}}
    return {name: {**AT, "figures": figures} for name, figures in {"machine": machine, "data": data, **parts}.items()}


def row(text: str, beginning: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {beginning}"))


class TestTargets:
    def judge(self, words: str, **parts: dict[str, Any]) -> tuple[float | None, str]:
        for target, measured in targets.judged(results(**parts)):
            if words in target.words:
                return measured, "" if measured is None else target.verdict(measured)
        raise LookupError(words)

    def test_a_ratio_above_its_target_is_met(self):
        assert self.judge("COPY straight", ingest=ingest()) == (pytest.approx(0.7), "met")

    def test_one_below_is_missed_by_the_share_that_lacks(self):
        assert self.judge("`bulk_create`", ingest=ingest(bulk=28.0)) == (pytest.approx(2.5), "**missed** by 50%")

    def test_one_missed_by_a_hair_is_not_called_met(self):
        assert self.judge("COPY straight", ingest=ingest(staged=59.9))[1] == "**missed** by under 1%"

    def test_a_wait_is_missed_above_its_limit(self):
        assert self.judge("a whole plate over", search=search(exact=45))[1] == "**missed** by 50%"
        assert self.judge("a whole plate over", search=search(exact=30))[1] == "met"

    def test_of_patterns_the_slowest_kind_counts_and_no_whole_plate(self):
        assert self.judge("a pattern with", search=search(exact=900))[0] == 130

    def test_disposal_is_measured_by_what_the_day_takes(self):
        assert self.judge("an upload day", disposal=disposal())[0] == pytest.approx(8)
        assert self.judge("write-ahead log", disposal=disposal())[0] == pytest.approx(2000)

    def test_what_did_not_run_is_neither_met_nor_missed(self):
        assert self.judge("the door", ingest=ingest()) == (None, "")


class TestReport:
    def test_ways_stand_beside_each_other(self):
        text = report.render(results(ingest=ingest(staged=50.0)), command="make bench")
        assert "| 50.0 | 0.50 × | 5.00 × | 50.0 |" in row(text, "the portal's COPY into a staging table")

    def test_disposal_says_how_many_times_as_fast_and_how_much_less_log(self):
        text = report.render(results(disposal=disposal()), command="make bench")
        assert row(text, "the portal: key").endswith("| 0.50 | 8.00 × | 1.00 MB | 2,000 × |")
        assert "(20.0 ×)" in text

    def test_a_missed_target_is_said_first_of_all(self):
        text = report.render(results(search=search()), command="make bench")
        assert row(text, "a pattern with").endswith("| ≤ 120 ms | 130 ms | **missed** by 8% |")
        assert text.index("**missed**") < text.index("## Machine")

    def test_parts_that_did_not_run_are_left_out(self):
        text = report.render(results(search=search()), command="make bench")
        assert "## Searches" in text
        assert "## Disposal" not in text
        assert row(text, "an upload day").endswith("| not measured |  |")

    def test_small_sizes_say_that_they_are_small(self):
        small = results(search=search())
        assert report.SMALL not in report.render(small, command="x")
        small["data"]["figures"]["visible"] = FULL.rows - 1
        assert report.SMALL in report.render(small, command="x")

    @pytest.mark.parametrize(
        ("value", "said"), [(0.123, "0.12"), (9.876, "9.88"), (12.34, "12.3"), (123.4, "123"), (1234567, "1,234,567")]
    )
    def test_numbers(self, value: float, said: str):
        assert report.number(value) == said

    @pytest.mark.parametrize(
        ("value", "said"), [(5, "5 bytes"), (2_500, "2.50 kB"), (181e6, "181 MB"), (3.4e9, "3.40 GB")]
    )
    def test_sizes(self, value: float, said: str):
        assert report.size(value) == said


class TestSums:
    def test_a_percentile_is_a_value_that_was_measured(self):
        waits = [n / 1000 for n in range(1, 101)]
        found = measure.spread(reversed(waits))
        assert (found["n"], found["p50_ms"], found["p99_ms"], found["longest_ms"]) == (100, 50, 99, 100)

    def test_of_few_the_longest_is_the_99th_percentile(self):
        assert measure.spread([0.001, 0.005])["p99_ms"] == 5

    def test_of_none_there_is_none(self):
        with pytest.raises(ValueError, match="no value"):
            measure.spread([])

    def test_the_median_of_rounds(self):
        assert measure.rounds([3.0, 1.0, 2.0]) == {"median": 2.0, "rounds": [3.0, 1.0, 2.0]}


class TestOptions:
    def test_all_parts_unless_some_are_asked_for(self):
        assert run.options([]).parts == list(run.PARTS)
        assert run.options(["--only", "ingest,search"]).parts == ["ingest", "search"]

    @pytest.mark.parametrize("words", [["--only", "nothing"], ["--rows", "10"]])
    def test_what_cannot_be_measured_is_refused(self, words: list[str], capsys):
        with pytest.raises(SystemExit):
            run.options(words)
        assert "error" in capsys.readouterr().err
