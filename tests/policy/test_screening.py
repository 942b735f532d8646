"""What a member writes is read as a person reads it, in every spelling and disguise, and honest police work passes."""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy import screening
from alpr_portal.policy.clauses import duties
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.screening import LIMIT, READ, TABLE, TERMS_VERSION, read_facts, screen, screen_fields
from alpr_portal.policy.terms import VOCABULARY, Spelling, Terms
from alpr_portal.policy.text import plain, split
from alpr_portal.policy.vocabulary import Outcome, ScreenCategory
from tests.corpus import bad_inputs, outcome, table

pytestmark = pytest.mark.clause("C.3.2", "C.3.3", "C.3.4", "C.3.5", "C.3.repro", "E.2", "E.3")

CASES = table("screening.csv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
REFUSED = ["immigration_enforcement", "reproductive_care", "personal_use"]
HONEST = "Burglary at 1200 Broadway, witness saw suspect leave in this vehicle"
VAGUE = ["investigation", "inv", "per sgt", "26-012345", "...", "\U0001f600\U0001f600", "lorem ipsum", "aaaaaaaaaaaa"]


class TestTheTable:
    @pytest.mark.parametrize(("text", "categories", "says"), CASES)
    def test_that_a_lawyer_reads(self, text: str, categories: str, says: str) -> None:
        found = screen(text)
        assert " ".join(found.categories) == categories, found.words
        assert found.outcome == ("wait" if says == "ask" else says)
        assert found.clarify == (says == "ask")

    def test_it_has_many_of_every_category_and_outcome(self) -> None:
        rows = [case.values for case in CASES]
        counted = Counter(category for _, categories, _ in rows for category in str(categories).split())
        assert set(counted) == {category.value for category in ScreenCategory}
        assert min(counted.values()) >= 15
        assert Counter(says for *_, says in rows)["run"] >= 120

    @pytest.mark.parametrize("category", ScreenCategory, ids=str)
    def test_what_is_refused_and_what_waits(self, category: ScreenCategory) -> None:
        outcomes = {says for _, categories, says in (case.values for case in CASES) if categories == category.value}
        assert outcomes - {"ask"} == {"refuse" if category.value in REFUSED else "wait"}


class TestWhatItAnswers:
    def test_the_machine_form_has_these_keys_and_no_others(self) -> None:
        assert screen("my ex").as_json() == {
            "text": "my ex",
            "categories": ["personal_use"],
            "words": ["my ex"],
            "outcome": "refuse",
        }

    def test_nothing_fired(self) -> None:
        found = screen(HONEST)
        assert (found.categories, found.words, found.clauses, found.clarify) == ((), (), (), False)

    def test_each_clause_that_stands_against_it_is_named_in_the_order_of_the_list(self) -> None:
        found = screen("my ex drove her to the abortion clinic, tell ICE")
        assert found.categories == ("immigration_enforcement", "reproductive_care", "personal_use")
        assert found.clauses == ("E.3", "C.3.repro", "C.3.4")

    def test_the_gravest_outcome_holds(self) -> None:
        assert screen("FBI asked").outcome == "wait"
        assert screen("FBI asked for a deportation").outcome == "refuse"

    def test_a_certain_word_beside_an_ambiguous_one_is_not_asked_about(self) -> None:
        assert screen("Vehicle slid on ice after the robbery").clarify
        assert not screen("Vehicle slid on ice after the robbery, deport him").clarify

    def test_personal_data_is_named_by_kind_and_never_repeated(self) -> None:
        found = screen("robbery suspect ssn 123-45-6789, dob 01/02/1990, cell 510-555-0134")
        assert found.words == ("a social security number", "a date of birth", "a telephone number")
        assert not re.search(r"\d", " ".join(found.words))

    def test_the_version_is_the_digest_of_the_table(self) -> None:
        assert hashlib.sha256(TABLE.read_bytes()).hexdigest().startswith(TERMS_VERSION)

    def test_other_fields_are_read_by_themselves(self) -> None:
        assert screen("plates in the church lot\nPC 459").outcome == "run"  # one text: the offence is named in it
        found = screen_fields("plates in the church lot", "PC 459")
        assert (found.categories, found.outcome) == (("first_amendment",), "wait")
        assert screen_fields(HONEST, "", "459", "26-012345").outcome == "run"
        assert screen_fields("inv", HONEST).categories == ("vague",)
        assert screen_fields(HONEST, "x " * READ).outcome == "wait"


def lookalike(text: str) -> str:
    return text.translate(str.maketrans("aceopxyiACEOPXYI", "асеорхуіАСЕОРХУІ"))


def shifted(start: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(start + ord(c.upper()) - 65) if c.isalpha() else c for c in text)


def broken(by: str) -> Callable[[str], str]:
    return lambda text: re.sub(r"\w{8,}", lambda word: word[0][:4] + by + word[0][4:], text)


DISGUISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text),
    "mathematical": shifted(0x1D400),
    "circled": shifted(0x24B6),
    "squared": shifted(0x1F170),
    "flags": shifted(0x1F1E6),
    "zero width": "\u200b".join,
    "soft hyphen": "\u00ad".join,
    "word joiner": "\u2060".join,
    "Cyrillic": lookalike,
    "struck through": lambda text: "".join(f"{c}\u0336" for c in text),
    "accents": lambda text: "".join(f"{c}\u0301" if c.isalpha() else c for c in text),
    "digits": lambda text: text.translate(str.maketrans("eoi", "301")),
    "dots": lambda text: " ".join(".".join(word) for word in text.split()),
    "spelled out": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "dashes": lambda text: " ".join("-".join(word) for word in text.split()),
    "underscores": lambda text: text.replace(" ", "_"),
    "line ends": lambda text: text.replace(" ", "\n"),
    "hyphenated": broken("-"),
    "hyphenated at a line end": broken("-\n"),
    "in two pieces": broken(" "),
    "a letter left out": lambda text: re.sub(r"\b(\w{4})\w(\w{4,})", r"\1\2", text),
    "two letters swapped": lambda text: re.sub(r"\b(\w{3})(\w)(\w)(\w{4,})", r"\1\3\2\4", text),
    "hash": "#{}".format,
    "brackets": "[{}]".format,
}


class TestDisguise:
    @pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
    @pytest.mark.parametrize(
        ("text", "category"),
        [
            ("immigration hold", "immigration_enforcement"),
            ("undocumented driver", "immigration_enforcement"),
            ("FBI request", "federal_request"),
            ("abortion patient", "reproductive_care"),
            ("journalist car", "first_amendment"),
            ("transgender driver", "protected_characteristic"),
            ("my girlfriend", "personal_use"),
            ("repossession", "civil_matter"),
        ],
    )
    def test_is_seen_through(self, text: str, category: str, disguise: Callable[[str], str]) -> None:
        assert category in screen(disguise(text)).categories

    @pytest.mark.parametrize(
        "text", ["I.C.E.", "I. C. E. hold", "i-c-e", "I/C/E", "IC E hold", "1CE", "|CE", "!CE", "lCE"]
    )
    @pytest.mark.parametrize("around", ["{}", "assist {} today", "burglary suspect, {} wants him"])
    def test_the_agency_however_it_is_spelled(self, text: str, around: str) -> None:
        assert screen(around.format(text)).outcome == "refuse"

    @pytest.mark.parametrize(
        "word", ["police", "justice", "notice", "office", "Alice", "ICEBERG", "hero", "zero", "FedEx"]
    )
    def test_a_word_inside_a_word_is_no_hit(self, word: str) -> None:
        assert screen(f"{word}: robbery, suspect fled in a white van").outcome == "run"

    @given(st.text(max_size=300))
    def test_folding_leaves_nothing_more_to_fold(self, text: str) -> None:
        folded = plain(text)
        assert plain(folded).split() == folded.split()


class TestAnyText:
    @given(st.text(max_size=600))
    def test_is_answered(self, text: str) -> None:
        found = screen(text)
        assert found.text == text
        assert found.outcome in {o.value for o in Outcome}
        assert (found.outcome == "run") == (not found.categories) == (not found.words)

    @given(st.text(max_size=200), st.text(max_size=200))
    def test_a_word_that_is_never_innocent_is_found_wherever_it_stands(self, before: str, after: str) -> None:
        assert screen(f"{before} deportation {after}").outcome == "refuse"

    def test_what_lies_beyond_the_part_read_waits(self) -> None:
        long = "robbery of a store; " * (READ // 20) + "deport him"
        assert len(long) > READ
        assert (screen(long).outcome, screen(long[:READ]).outcome) == ("wait", "run")
        assert screen(long).words == ("too long to be read whole",)

    @pytest.mark.parametrize(
        "unit", ["a ", "i.", "1", "x@", "1-", "my ", "slid ", "ice ", "call 1", "\ufdfa", "\U0001d400"]
    )
    def test_a_megabyte_of_it_is_cut_before_it_is_read(self, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []

        def counted(text: str) -> str:
            seen.append(len(text))
            return plain(text)

        monkeypatch.setattr(screening, "plain", counted)
        text = (unit * 1_000_000)[:1_000_000]
        assert screen(text).outcome != "run"
        assert seen == [READ]


class TestReadFacts:
    pytestmark = pytest.mark.clause("C.2.B", "C.3.c")

    def test_they_are_kept_as_given_without_outer_space(self) -> None:
        odd = "Robbery; DROP TABLE x; -- =1+1 <b>\u200b witness saw it\r\nat the store"
        assert read_facts(f" \n{odd}\t ") == odd

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (None, "just.type"),
            (5, "just.type"),
            (b"robbery", "just.type"),
            ("a" * (LIMIT + 1), "just.too_long"),
            ("robbery\x00 witness", "just.control"),
            ("robbery \u202etxet\u202c witness", "just.bidi"),
            ("robbery \u2067witness", "just.bidi"),
            ("", "just.blank"),
            (" \u3164\u200b\n", "just.blank"),
            *((text, "just.too_vague") for text in VAGUE),
        ],
        ids=repr,
    )
    def test_what_is_not_taken(self, value: object, code: str) -> None:
        with pytest.raises(BadInput) as fault:
            read_facts(value, field="facts")
        assert (fault.value.code, fault.value.field) == (code, "facts")
        assert fault.value.message.startswith("Facts: ")
        assert not isinstance(value, str) or len(value) < 3 or value not in fault.value.message

    @pytest.mark.parametrize("text", VAGUE)
    def test_too_vague_is_what_the_screen_calls_vague(self, text: str) -> None:
        assert screen(text).categories == ("vague",)

    def test_length_is_judged_before_a_character_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(screening, "plain", lambda text: pytest.fail("read"))
        monkeypatch.setattr(screening, "screen", lambda text: pytest.fail("screened"))
        with pytest.raises(BadInput, match="shorten it to 10"):
            read_facts("\ufdfa" * 11, limit=10)

    def test_words_that_are_refused_are_taken_so_that_the_attempt_is_kept(self) -> None:
        assert read_facts("ICE") == "ICE"

    @pytest.mark.parametrize("case", bad_inputs("justification"))
    def test_bad_input_justification(self, case: Any) -> None:
        kind, value = found = outcome(read_facts, case.value)
        if case.expect == "reject":
            assert found == ("reject", case.code), case.note
            return
        assert kind == "take", value
        result = screen(value)
        if case.expect == "ask":
            assert result.clarify, case.note
        elif case.expect == "hold":  # immigration, reproductive care and personal use are refused outright
            assert result.outcome in {"wait", "refuse"}, case.note
        else:
            assert result.outcome == "run", (case.note, result.words)


class TestTermsTable:
    """The table itself: every row can be read, names a duty, and does something."""

    def test_rows_name_categories_kinds_and_duties_that_exist(self) -> None:
        for row in ROWS:
            if row["kind"] in VOCABULARY:
                assert row["category"] == "-" or re.fullmatch(r"\{\w+\}", row["category"]), row
            else:
                assert row["kind"] in {"pass", "ask", "doubt", "term", "shape"}, row
                assert row["category"] in {"unless", *(category.value for category in ScreenCategory)}, row
                assert row["clause"] in duties() or row["category"] == "unless", row
            assert len(row["term"]) <= 520, "wrap it"

    def test_every_list_is_used_and_every_list_used_exists(self) -> None:
        lists = {row["category"] for row in ROWS if row["kind"] == "list"}
        cells = [row["unless"] if row["kind"] == "shape" else f"{row['term']} {row['unless']}" for row in ROWS]
        used = {name for cell in cells for name in re.findall(r"\{[a-z_]+\}", cell)}
        assert used <= lists
        assert lists - used == {"{generic}", "{acronym}", "{paper}", "{deed}", "{hedge}"}

    def test_a_doubt_says_when_it_asks(self) -> None:
        assert all(row["unless"] for row in ROWS if row["kind"] == "doubt")

    def test_no_real_word_is_taken_for_a_misspelling_of_another(self) -> None:
        terms = Terms(TABLE)
        spelling = Spelling(terms, [])
        honest = [
            "documented",
            "reported",
            "departed",
            "adoption",
            "decoration",
            "contraction",
            "productive",
            "detainee",
        ]
        assert [spelling.word(word) for word in honest] == honest
        assert spelling.word("deportaton") == "deportation"


Reads = Callable[[str], list[tuple[str, bool]]]
HEAD = "category,kind,term,unless,clause,note\n"
SMALL = """{thing},list,red hat | blue scarf*,,,
vague,pass,wolf hound,,D,
vague,ask,wolf .. park,zoo,D,
vague,doubt,fox,hunter,D,
vague,term,wolf | lamb*/kid | old? goat .. barn | owl ... moon | {thing} worn | ^ end $ | sold #yo,dead,D,
-,spelling,crocodile,,,
"""


class TestTermsLanguage:
    @pytest.fixture
    def reading(self, tmp_path: Path) -> Reads:
        path = tmp_path / "terms.csv"
        path.write_text(HEAD + SMALL, encoding="utf-8")
        terms = Terms(path)
        spelling = Spelling(terms, [])

        def read(text: str) -> list[tuple[str, bool]]:
            words = spelling.mend(split(plain(text), terms.known))
            return [(hit.words, hit.ask) for hit in screening.Reading(terms, plain(text), words).hits()]

        return read

    @pytest.mark.parametrize(
        ("text", "hits"),
        [
            ("the wolf came", [("wolf", False)]),
            ("wolves came", []),
            ("lambs", [("lambs", False)]),
            ("a kid", [("kid", False)]),
            ("kids", []),
            ("goat in the barn", [("goat in the barn", False)]),
            ("old goat barn", [("old goat barn", False)]),
            ("goat far from any old barn", []),
            ("goat. barn", []),
            (
                "owl one two three four five six seven eight moon",
                [("owl one two three four five six seven eight moon", False)],
            ),
            ("owl one two three four five six seven eight nine moon", []),
            ("blue scarfs worn", [("blue scarfs worn", False)]),
            ("blue worn", []),
            ("End.", [("end", False)]),
            ("the end", []),
            ("sold 12yo", [("sold 12yo", False)]),
            ("a dead wolf", []),
            ("wolf hound", []),
            ("wolf hound and wolf", [("wolf", False)]),
            ("wolf in the park", [("wolf in the park", True)]),
            ("wolf in the park by the zoo", [("wolf", False)]),
            ("fox", [("fox", False)]),
            ("fox and hunter", [("fox", True)]),
        ],
    )
    def test_reads_as_it_says(self, text: str, hits: list[tuple[str, bool]], reading: Reads) -> None:
        assert reading(text) == hits

    @pytest.mark.parametrize(
        ("row", "says"),
        [
            ("vague,term,{nothing},,D,", "no list"),
            ("vague,term,.. the?,,D,", "nothing to find"),
            ("vague,term,who's there,,D,", "cannot read"),
            ("vague,term,wolf,{nothing},D,", "no list"),
            ("vague,shape,(wolf,,D,", "line 2"),
        ],
    )
    def test_a_row_that_cannot_be_read_is_named_by_its_line(self, row: str, says: str, tmp_path: Path) -> None:
        path = tmp_path / "terms.csv"
        path.write_text(f"{HEAD}{row}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=f"line 2.*{says}|{says}"):
            Terms(path)

    def test_the_order_of_honest_words_does_not_matter(self) -> None:
        words = HONEST.replace(",", "").split()
        for seed in range(20):
            random.Random(seed).shuffle(words)
            assert screen(" ".join(words)).outcome == "run"
