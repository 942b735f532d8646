"""A plate is matched by what was written, whatever stands between its letters, and never by a guess."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads.plates import STATES, Pattern, fold, read_pattern, read_plate, read_state
from tests.corpus import bad_inputs, check, outcome, table

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PLATES = st.text(LETTERS, min_size=1, max_size=10)
PATTERNS = st.text(LETTERS + "*?", min_size=1, max_size=12)
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.lists(st.text()) | st.text()


def like(pattern, text):
    """What PostgreSQL answers to ``text LIKE pattern``, written out."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in {"_", text[0]} and like(pattern[1:], text[1:])


class TestPlate:
    @pytest.mark.parametrize(("typed", "expected", "why"), table("plates.csv"))
    def test_the_table(self, typed, expected, why):
        assert outcome(read_plate, typed) in [("take", expected), ("reject", expected)], why

    @given(st.text(max_size=70) | st.text(LETTERS + " -*?%\u2013\u200b\u00e9\ud800", max_size=12))
    def test_any_text_is_a_key_or_a_bad_input(self, typed):
        kind, value = outcome(read_plate, typed)
        if kind == "take":
            assert re.fullmatch("[A-Z0-9]{1,10}", value)
            assert read_plate(value) == value
        else:
            assert value.startswith("plate.")

    @given(ANYTHING.filter(lambda value: not isinstance(value, str)))
    def test_only_text_is_a_plate(self, value):
        assert outcome(read_plate, value) == ("reject", "plate.type")

    @given(PLATES, st.lists(st.sampled_from(" -\u2010\u2013\u2014\u2212\u00a0\u2009\u3000"), max_size=12), st.randoms())
    def test_separators_and_small_letters_make_no_difference(self, plate, separators, random):
        written = list(random.choice([plate.lower(), plate]))
        for separator in separators:
            written.insert(random.randint(0, len(written)), separator)
        assert read_plate("".join(written)) == plate

    @given(PLATES, st.characters(min_codepoint=128, categories=("L", "N", "M")), st.integers(0, 9))
    def test_no_foreign_letter_is_taken_for_one_of_ours(self, plate, letter, place):
        kind, code = outcome(read_plate, (plate[:place] + letter + plate[place:])[:64])
        assert (kind, code) in [
            ("reject", "plate.non_ascii"),
            ("reject", "plate.invisible"),
            ("reject", "plate.symbol"),
        ]

    def test_a_megabyte_is_refused_by_its_length_alone(self):
        class Measured(str):
            def __iter__(self):
                raise AssertionError("looked at the characters")

            strip = isascii = __iter__

        assert outcome(read_plate, Measured("a\u0301" * 500_000)) == ("reject", "plate.too_long")

    def test_the_raw_text_is_limited_too(self):
        assert read_plate("8ABC123".rjust(64)) == "8ABC123"
        assert outcome(read_plate, "8ABC123".rjust(65)) == ("reject", "plate.too_long")

    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, case):
        check(case, outcome(read_plate, case.value))


class TestFold:
    @pytest.mark.parametrize("alike", ["0OQD", "1IL", "5S", "8B", "2Z"])
    def test_look_alikes_fold_to_one_and_no_others_do(self, alike):
        assert len({fold(letter) for letter in alike}) == 1
        assert not {fold(letter) for letter in alike} & {fold(letter) for letter in set(LETTERS) - set(alike)}

    @given(PLATES)
    def test_folding_twice_changes_nothing_and_keeps_the_length(self, plate):
        assert fold(fold(plate)) == fold(plate)
        assert len(fold(plate)) == len(plate)


class TestPattern:
    @pytest.mark.parametrize(
        ("typed", "expected", "for_like", "known", "longest_run", "why"), table("plate_patterns.csv")
    )
    def test_the_table(self, typed, expected, for_like, known, longest_run, why):
        kind, value = outcome(read_pattern, typed)
        if kind == "reject":
            assert value == expected, why
        else:
            said = (value.text, value.like, str(value.known), str(value.longest_run))
            assert said == (expected, for_like, known, longest_run), why

    @given(st.text(max_size=70) | PATTERNS)
    def test_any_text_is_a_pattern_or_a_bad_input(self, typed):
        kind, value = outcome(read_pattern, typed)
        if kind == "reject":
            assert value.startswith("pattern.")
            return
        assert value.is_exact or value.known >= 3
        assert 1 <= value.longest_run <= value.known <= 10
        assert re.fullmatch("[A-Z0-9%_]+", value.like), "nothing in it needs escaping"
        assert read_pattern(value.text) == value

    @given(PLATES)
    def test_a_plate_is_a_pattern_that_is_that_plate(self, plate):
        pattern = read_pattern(plate.lower())
        assert (pattern.text, pattern.like, pattern.is_exact) == (plate, plate, True)

    @given(st.text("AB0O*?", min_size=1, max_size=7), st.text("AB0O", min_size=1, max_size=7))
    def test_the_regular_expression_is_the_twin_of_like(self, text, plate):
        pattern = Pattern(text)
        assert bool(pattern.regex.fullmatch(plate)) == like(pattern.like, plate)

    @given(PLATES, st.lists(st.sampled_from(["", "?", "*"]), min_size=10, max_size=10))
    def test_what_matches_still_matches_when_both_are_folded(self, plate, wild):
        pattern = Pattern("".join(mark or letter for letter, mark in zip(plate, wild, strict=False)))
        assert like(pattern.like, plate)
        assert like(pattern.fold_like, fold(plate))
        assert Pattern(pattern.folded).like == pattern.fold_like

    @pytest.mark.parametrize("case", bad_inputs("plate_partial"))
    def test_bad_input_plate_partial(self, case):
        check(case, outcome(read_pattern, case.value), text=lambda pattern: pattern.text)


class TestState:
    @pytest.mark.parametrize(("said", "expected", "why"), table("states.csv"))
    def test_the_table(self, said, expected, why):
        assert read_state(said) == expected, why

    @given(ANYTHING)
    def test_anything_is_a_state_or_nothing(self, value):
        assert read_state(value) in {"", *STATES}

    def test_every_state_is_read_by_code_by_name_and_with_its_country(self):
        for code, name in STATES.items():
            assert read_state(code.lower()) == read_state(name.upper()) == code
        assert len(STATES) == 50 + 1 + 5 + 13 + 1


def test_the_message_says_field_and_remedy_and_never_the_value():
    with pytest.raises(BadInput, match=r"^Plate: use letters and digits only") as caught:
        read_plate("8ABC'123", field="reads.plate")
    assert caught.value.field == "reads.plate"
    assert "8ABC" not in caught.value.message
