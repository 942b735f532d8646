"""The offence table decides what a member may search for, so each way of typing an offence has one row to point at."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy import offences
from alpr_portal.policy.offences import (
    AUTHORISED,
    CODE,
    LoggedReason,
    Mapping,
    Offence,
    in_force,
    map_offence,
    read_reasons,
    summarise,
)
from alpr_portal.policy.parameters import ORDER
from alpr_portal.policy.refusal import BadInput

pytestmark = pytest.mark.clause("C.2.B")

HERE = Path(__file__).resolve()
CASES = list(csv.DictReader((HERE.parents[1] / "tables" / "offences.csv").read_text(encoding="utf-8").splitlines()))
PUBLISHED = HERE.parents[3] / "shared" / "data" / "opd_portal"
ROWS = in_force()
STATUTES = [row for row in ROWS if CODE.fullmatch(row.code)]
LABELS = [row for row in ROWS if not CODE.fullmatch(row.code)]
PENAL = [row for row in STATUTES if row.code.startswith("PC ") and not row.code.startswith("PC 664")]


def spellings(code: str) -> list[str]:
    """Ways to type a canonical code: its name before or after the number, with dots and spaces, in either case."""
    name, section, subs = CODE.fullmatch(code).groups()
    names = [name, name.lower(), f"{name[0]}.{name[1]}.", f"{name[0]}. {name[1]}."]
    numbers = [section + subs, (section + subs).upper(), section + re.sub(r"([()])", r" \1 ", subs)]
    return [form for n in names for s in numbers for form in (f"{n} {s}", f"{s} {n}", n + s, s + n)]


@pytest.mark.parametrize("case", CASES, ids=[case["typed"] for case in CASES])
def test_the_table_that_a_lawyer_reads(case: dict[str, str]) -> None:
    answer = map_offence(case["typed"])
    assert answer.purpose == case["purpose"]
    assert "|".join(answer.codes) == case["codes"]
    assert (answer.suggestion or "") == case["suggestion"]


class TestTheTable:
    def test_it_covers_the_sections_met_in_police_work(self) -> None:
        assert len({row.code.split("(")[0] for row in STATUTES}) >= 120

    def test_every_row_answers_to_itself(self) -> None:
        answers = {row.code: map_offence(row.code) for row in ROWS}
        assert [row.code for row in ROWS if answers[row.code].codes != (row.code,)] == []
        assert [row.code for row in ROWS if answers[row.code].purpose != row.purpose] == []

    def test_every_alias_answers_with_its_row(self) -> None:
        wrong = [(alias, row.code) for row in ROWS for alias in row.aliases if map_offence(alias).codes != (row.code,)]
        assert wrong == []

    def test_every_subsection_has_its_section(self) -> None:
        codes = {row.code for row in STATUTES}
        assert [code for code in codes if code.split("(")[0] not in codes] == []

    def test_the_five_purposes_occur_and_a_court_order_is_never_inferred(self) -> None:
        assert {row.purpose for row in ROWS} == AUTHORISED | {"not_authorised", "administrator"}
        assert "court_order" not in AUTHORISED
        assert len(AUTHORISED) == 5

    def test_a_row_has_an_approver_unless_it_is_open(self) -> None:
        still_open = [row.code for row in offences.OFFENCES if row.purpose == "administrator"]
        assert [row.code for row in offences.OFFENCES if not row.approved_by] == still_open

    def test_every_row_says_why_in_few_words(self) -> None:
        assert [row.code for row in ROWS if not row.title or not 5 <= len(row.reason) <= 120] == []

    def test_no_row_is_older_than_the_order(self) -> None:
        assert min(row.from_on for row in offences.OFFENCES) == ORDER

    def test_the_rule_names_its_clause(self) -> None:
        assert "C.2.B" in map_offence.clauses


class TestVersionAndDates:
    @pytest.fixture
    def table(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
        """A copy of the table in which one text is replaced by another."""
        original = offences.TABLE.read_text(encoding="utf-8")

        def change(old: str, new: str) -> Path:
            assert old in original
            copy = tmp_path / "offence_codes.csv"
            copy.write_text(original.replace(old, new, 1), encoding="utf-8")
            monkeypatch.setattr(offences, "TABLE", copy)
            return copy

        return change

    def test_the_version_is_the_number_and_the_content(self, table: Callable[[str, str], Path]) -> None:
        assert re.fullmatch(r"1-[0-9a-f]{12}", offences.TABLE_VERSION)
        assert offences._load()[0] == offences.TABLE_VERSION
        table("Robbery,violent_crime", "Robbery,administrator")
        assert offences._load()[0] != offences.TABLE_VERSION

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("# version 1", "# edition 1", "first line"),
            (",violent_crime,", ",court_order,", "does not know"),
            (",2022-10-18,", ",soon,", "soon"),
        ],
    )
    def test_a_table_that_cannot_be_read_stops_the_start(
        self, table: Callable[[str, str], Path], old: str, new: str, says: str
    ) -> None:
        table(old, new)
        with pytest.raises(ValueError, match=says):
            offences._load()

    def test_two_rows_may_not_answer_to_one_label(self) -> None:
        twins = [Offence(code, code, "burglary", "why", ORDER, "", ("Break-In",)) for code in ("One", "Other")]
        with pytest.raises(ValueError, match="Break-In"):
            offences._Index(twins)

    def test_a_law_is_unknown_before_its_day(self) -> None:
        day = date(2025, 1, 1)  # Penal Code 465, forcible entry of a vehicle
        assert map_offence("465 PC", on=day).purpose == "administrator"
        assert map_offence("465 PC", on=day - timedelta(days=1)).purpose == "unknown"

    def test_nothing_is_mapped_before_the_order(self) -> None:
        assert map_offence("211 PC", on=ORDER).purpose == "violent_crime"
        assert map_offence("211 PC", on=ORDER - timedelta(days=1)).purpose == "unknown"

    def test_a_decision_is_a_later_row_and_the_past_keeps_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        decided = Offence("VC 10851", "Vehicle taking", "grand_theft", "Decided", date(2026, 7, 1), "Administrator", ())
        monkeypatch.setattr(offences, "OFFENCES", (*offences.OFFENCES, decided))
        assert decided in in_force(date(2026, 7, 1))
        assert decided in in_force()
        assert [row.purpose for row in in_force(date(2026, 6, 30)) if row.code == "VC 10851"] == ["administrator"]


class TestReadingWhatIsTyped:
    def test_case_space_and_dots_do_not_matter(self) -> None:
        typed = [(form, row.code) for row in STATUTES for form in spellings(row.code)]
        assert [(form, code) for form, code in typed if map_offence(form).codes != (code,)] == []

    @given(st.sampled_from(STATUTES), st.data())
    def test_what_is_typed_twice_or_around_a_section_does_not_matter(self, row: Offence, data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(spellings(row.code)))
        before = data.draw(st.sampled_from(["", " ", "\n", "Suspect ", "§ ", "Case: ", f"{row.code}; "]))
        assert map_offence(before + form).codes == (row.code,)

    @given(
        st.sampled_from(LABELS),
        st.sampled_from([str.upper, str.lower, str.title]),
        st.sampled_from(["", " ", "\t", " investigation"]),
    )
    def test_labels_do_not_mind_case_or_filler(self, row: Offence, case: Callable[[str], str], after: str) -> None:
        assert map_offence(f" {case(row.code)}{after}").codes == (row.code,)

    def test_an_attempt_has_the_purpose_of_the_offence(self) -> None:
        for row in PENAL:
            number = row.code.removeprefix("PC ")
            answer = map_offence(f"664/{number}PC")
            assert answer.codes == (f"PC 664/{number}",)
            assert (answer.purpose, answer.title) == (row.purpose, f"Attempt: {row.title}")

    @given(st.sampled_from(STATUTES))
    def test_a_subsection_without_a_row_takes_the_nearest_parents(self, row: Offence) -> None:
        answer = map_offence(f"{row.code}(z)")
        assert (answer.codes, answer.purpose) == ((f"{row.code}(z)",), row.purpose)

    @given(st.lists(st.sampled_from(ROWS), min_size=2, max_size=5), st.sampled_from(["; ", ", ", "\n", " + "]))
    def test_a_mixture_is_for_the_administrator(self, rows: list[Offence], between: str) -> None:
        purposes = [row.purpose for row in rows]
        allowed = AUTHORISED.issuperset(purposes)
        expected = purposes[0] if allowed or len(set(purposes)) == 1 else "administrator"
        assert map_offence(between.join(row.code for row in rows)).purpose == expected

    @given(st.text(alphabet="0123456789().abcPCVHS& /;,-\n664", max_size=60) | st.text(max_size=200))
    def test_any_text_has_an_answer_and_its_codes_answer_alike(self, text: str) -> None:
        answer = map_offence(text)
        assert answer.purpose in AUTHORISED | {"not_authorised", "administrator", "unknown"}
        again = map_offence("; ".join(answer.codes))
        assert again.codes == answer.codes
        assert answer.purpose in (again.purpose, "unknown")

    def test_a_text_too_long_for_an_offence_is_unknown(self) -> None:
        assert map_offence("211PC; " * 285).codes == ("PC 211",)
        text = "211PC; " * 286
        assert map_offence(text) == Mapping(text, (), "unknown")

    def test_compatibility_forms_and_invisible_marks_are_seen_through(self) -> None:
        assert map_offence("\uff12\uff11\uff11\u3000\uff30\uff23").codes == ("PC 211",)
        assert map_offence("2\u200b11\u00adPC").codes == ("PC 211",)
        assert map_offence("\u0662\u0661\u0661PC").codes == ()  # Arabic digits are not what the law is printed in


class TestSuggestions:
    @given(st.sampled_from(STATUTES), st.data())
    def test_a_slip_is_never_taken_for_the_section(self, row: Offence, data: st.DataObject) -> None:
        name, section, subs = CODE.fullmatch(row.code).groups()
        at = data.draw(st.sampled_from([i for i, ch in enumerate(section) if ch.isdigit()]))
        answer = map_offence(f"{name} {section[:at]}{section[at]}{section[at:]}{subs}")
        assert row.code not in answer.codes
        assert (answer.purpose == "unknown") == (answer.codes == ())

    @given(st.sampled_from([row for row in STATUTES if "." not in row.code]), st.integers(0, 9))
    def test_a_suggestion_is_a_text_that_can_be_read(self, row: Offence, digit: int) -> None:
        name, section, subs = CODE.fullmatch(row.code).groups()
        answer = map_offence(f"{digit}{section}{subs}{name}")
        if answer.suggestion:
            assert answer.purpose == "unknown"
            assert map_offence(answer.suggestion).purpose != "unknown"

    def test_nothing_is_suggested_for_prose(self) -> None:
        assert map_offence("; ".join(["200002(a)CVC"] * 8)).suggestion is not None
        assert map_offence("; ".join(["200002(a)CVC"] * 9)).suggestion is None


class TestSummarise:
    def test_a_search_in_two_files_counts_once(self) -> None:
        first = [LoggedReason("a", "211PC"), LoggedReason("b", "594PC")]
        second = [LoggedReason("b", "594PC"), LoggedReason("c", "211PC"), LoggedReason("d", "200002(a)CVC")]
        assert summarise([*first, *second]) == {
            "rows": 5,
            "unique": 4,
            "by_purpose": {"violent_crime": 2, "not_authorised": 1, "unknown": 1},
            "codes": [
                {"code": "211PC", "n": 2, "purpose": "violent_crime"},
                {"code": "200002(a)CVC", "n": 1, "purpose": "unknown"},
                {"code": "594PC", "n": 1, "purpose": "not_authorised"},
            ],
            "suggestions": {"200002(a)CVC": "VC 20002(a)"},
        }

    def test_a_reason_without_an_id_is_a_search_of_its_own(self) -> None:
        assert summarise(["211PC", "211PC", LoggedReason("", "211PC")])["unique"] == 3

    def test_nothing_makes_nothing(self) -> None:
        assert summarise([]) == {"rows": 0, "unique": 0, "by_purpose": {}, "codes": [], "suggestions": {}}

    def test_it_reads_with_the_rows_of_the_day(self) -> None:
        assert summarise(["465PC"], on=date(2024, 6, 1))["by_purpose"] == {"unknown": 1}


class TestReadReasons:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"\xef\xbb\xbfid,reason\r\n1,211PC\r\n", [("1", "211PC")]),
            (b"Reason ,ID\n211PC,1\n", [("1", "211PC")]),
            (b"reason\n211PC\n\n594PC\n", [("", "211PC"), ("", "594PC")]),
            (b"id,reason\n1,caf\xe9\n", [("1", "caf\ufffd")]),
            (b"id,reason\n1\n2,\n", [("1", ""), ("2", "")]),
            (b"id,reason\n1,211PC\nid,reason\n2,594PC\n", [("1", "211PC"), ("2", "594PC")]),
            (b'id,reason\n1,"261PC; 220PC;\n289PC, 287PC"\n', [("1", "261PC; 220PC;\n289PC, 287PC")]),
            (b"id,reason\n1,21\x001PC\n", [("1", "21\x001PC")]),
        ],
        ids=["mark", "other order", "no id", "bad bytes", "short rows", "header again", "quoted lines", "NUL"],
    )
    def test_a_log_as_it_comes(self, tmp_path: Path, content: bytes, expected: list[tuple[str, str]]) -> None:
        log = tmp_path / "log.csv"
        log.write_bytes(content)
        assert list(read_reasons(log)) == expected

    @pytest.mark.parametrize(
        "content", [b"", b"id,purpose\nsecret,211PC\n", b"id;reason\n1;211PC\n", "id,reason\n".encode("utf-16")]
    )
    def test_a_log_without_the_column_is_refused_in_plain_words(self, tmp_path: Path, content: bytes) -> None:
        log = tmp_path / "log.csv"
        log.write_bytes(content)
        with pytest.raises(BadInput) as refused:
            list(read_reasons(log))
        assert (refused.value.code, refused.value.field) == ("log.columns", "reason")
        assert "reason" in refused.value.message
        assert "secret" not in refused.value.message

    @pytest.mark.parametrize("kind", ["missing", "folder", "huge cell"])
    def test_a_file_that_cannot_be_read_is_refused(self, tmp_path: Path, kind: str) -> None:
        log = tmp_path / "log.csv"
        if kind == "folder":
            log.mkdir()
        elif kind == "huge cell":
            log.write_text("id,reason\n1," + "x" * (csv.field_size_limit() + 1))
        with pytest.raises(BadInput) as refused:
            list(read_reasons(log))
        assert refused.value.code == "log.unreadable"
        assert "log.csv" not in refused.value.message


@pytest.mark.clause("C.2.B-log")
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published search logs are not beside this checkout")
def test_the_published_logs_have_28_reasons_and_a_share_outside_the_order() -> None:
    logs = sorted(PUBLISHED.glob("search_audit_*.csv"))
    summary = summarise(reason for log in logs for reason in read_reasons(log))
    assert (summary["rows"], summary["unique"], len(summary["codes"])) == (6915, 4656, 28)
    assert summary["by_purpose"] == {
        "violent_crime": 2729,
        "not_authorised": 739,
        "administrator": 712,
        "burglary": 346,
        "missing_or_at_risk_person": 45,
        "grand_theft": 43,
        "unknown": 42,
    }
    assert summary["suggestions"] == {"200002(a)CVC": "VC 20002(a)"}
