"""The register of duties is complete, readable, and in our own words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_portal.policy import clauses
from alpr_portal.policy.clauses import clause, duties

SHARED = Path(__file__).resolve().parents[3] / "shared" / "policy"
ROW = re.compile(r"^\| (?P<ids>[A-Z][^|]*?) \|[^|]*\| (?P<kinds>[ERPH](?:,[ERPH])*) \|", re.M)
RUN = 10  # as many words in a row as the order and the register may never share


def each(ids: str) -> Iterator[str]:
    """``C.3.2–C.3.5`` stands for C.3.2, C.3.3, C.3.4 and C.3.5; anything else for itself."""
    first, dash, last = ids.partition("–")
    if not dash:
        yield first
        return
    stem, _, start = first.rpartition(".")
    for number in range(int(start), int(last.rpartition(".")[2]) + 1):
        yield f"{stem}.{number}"


def shared(name: str) -> str:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the policy folder beside the project is absent: no {name}")
    return path.read_text(encoding="utf-8")


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9.]+", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + RUN]) for at in range(len(found) - RUN + 1)}


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Read a made-up register afresh, past the cache of the real one."""

    def read(text):
        path = tmp_path / "register.md"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(clauses, "REGISTER", path)
        return duties.__wrapped__()

    return read


class TestRegister:
    def test_it_holds_53_duties(self):
        assert len(duties()) == 53

    def test_ids_and_kinds_are_those_of_the_shared_register_in_its_order(self):
        rows = ROW.finditer(shared("clauses.md"))
        expected = [(id_, tuple(row["kinds"].split(","))) for row in rows for id_ in each(row["ids"])]
        assert [(duty.id, duty.kinds) for duty in duties().values()] == expected

    def test_a_range_stands_for_each_of_its_ids(self):
        assert list(each("C.3.2–C.3.5")) == ["C.3.2", "C.3.3", "C.3.4", "C.3.5"]
        assert list(each("C.2.A.1-age")) == ["C.2.A.1-age"]

    @pytest.mark.parametrize("duty", duties().values(), ids=lambda duty: duty.id)
    def test_a_duty_is_short_and_ends_with_what_the_portal_does(self, duty):
        assert len(duty.title) <= 60
        assert not duty.title.endswith((".", ",", ":"))
        demanded, answer = duty.text.split("\n\n")
        assert demanded.endswith(".")
        assert answer.startswith("The portal ")
        assert answer.endswith(".")

    def test_titles_tell_the_duties_apart(self):
        assert len({duty.title for duty in duties().values()}) == len(duties())

    def test_no_sentence_is_copied_from_the_order(self):
        order = runs(shared("dgo-i-12.txt"))
        assert order
        copied = {duty.id: " ".join(run) for duty in duties().values() for run in runs(duty.text) & order}
        assert copied == {}


class TestReading:
    def test_a_duty_ends_where_the_next_section_begins(self, register):
        found = register("# Head\n\n### G · Gone · E,R\n\nOne.\nTwo.\n\n## H Next\n\n### H · Asked · P\n\nThree.\n")
        assert found["G"] == clauses.Duty("G", "Gone", ("E", "R"), "One.\nTwo.")
        assert found["H"].text == "Three."

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("### G · Gone · E\n\nOne.\n\n### G · Again · E\n\nTwo.\n", id="an id twice"),
            pytest.param("### G · Gone · E\n\n### H · Asked · P\n\nTwo.\n", id="a duty without words"),
            pytest.param("### G · Gone · X\n\nOne.\n", id="an unknown kind"),
            pytest.param("### G · Gone\n\nOne.\n", id="no kind"),
            pytest.param("### G - Gone - E\n\nOne.\n", id="other separators"),
            pytest.param("### g · Gone · E\n\nOne.\n", id="an id in small letters"),
        ],
    )
    def test_a_faulty_register_stops_with_its_heading(self, register, text):
        with pytest.raises(ValueError, match="cannot read the duty under '### "):
            register(text)


class TestClause:
    def test_it_names_the_duties_on_what_answers_them(self):
        @clause("G", "L.4")
        def rule() -> None: ...

        assert rule.clauses == ("G", "L.4")

    def test_it_adds_to_what_stands_there(self):
        @clause("G")
        @clause("F.1")
        def rule() -> None: ...

        assert rule.clauses == ("G", "F.1")

    @pytest.mark.parametrize("unknown", ["Z.9", "g", "C.2", "G ", ""])
    def test_an_unknown_id_stops_before_anything_is_marked(self, unknown):
        with pytest.raises(KeyError):
            clause("G", unknown)
