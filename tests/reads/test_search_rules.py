"""B.2: which searches run at once, which upload days one reads, and what a misread plate may be, as tables."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads import ages, likeness, rules, sightings
from reads.plates import OneOff, Pattern, fold, one_off, read_pattern
from tests.corpus import table

PLATES = st.text("AB80D1", min_size=4, max_size=10)


def like(pattern, plate):
    return bool(re.fullmatch(pattern.replace("_", ".").replace("%", ".*"), plate))


def changes(one, other):
    """How many characters lie between two plates: the textbook's way."""
    row = list(range(len(other) + 1))
    for n, a in enumerate(one, start=1):
        before, row[0] = row[0], n
        for m, b in enumerate(other, start=1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (a != b))
    return row[-1]


@pytest.mark.clause("B.2")
@pytest.mark.parametrize(("asked", "cameras", "hours", "runs", "why"), table("fast_enough.csv"))
def test_fast_enough(asked, cameras, hours, runs, why):
    pattern = read_pattern(asked) if asked else None
    said = rules.fast_enough(pattern, cameras=int(cameras), window=timedelta(hours=float(hours)))
    assert (said is None) is (runs == "yes"), why
    if said:
        assert said.code == "search.too_slow"
        assert "one more character next to another" in str(said)


@pytest.mark.clause("A.2", "B.2")
@pytest.mark.parametrize(("start", "end", "first", "last", "why"), table("upload_days.csv"))
def test_upload_days(start, end, first, last, why):
    days = rules.upload_days(datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert days == (date.fromisoformat(first), date.fromisoformat(last)), why


class TestMisread:
    @pytest.mark.parametrize(("asked", "read", "misread", "differs", "why"), table("one_off.csv"))
    def test_the_table(self, asked, read, misread, differs, why):
        slips = one_off(read_pattern(asked))
        assert any(like(pattern, read) for pattern in slips.patterns) is (misread == "yes"), why
        assert likeness.in_words(likeness.pieces(Pattern(asked), read)) == differs, why

    @given(PLATES, PLATES)
    def test_the_patterns_mean_one_change_and_no_more(self, asked, read):
        assert any(like(pattern, read) for pattern in OneOff(asked).patterns) is (changes(asked, read) <= 1)

    @given(PLATES, st.integers(0, 10), st.sampled_from(["_", "X", ""]), st.booleans())
    def test_whatever_the_slip_one_half_of_the_plate_stays(self, asked, place, put, instead):
        read = asked[:place] + put.replace("_", "Q") + asked[place + instead :]
        if changes(asked, read) <= 1:
            slips = OneOff(fold(asked))
            assert like(slips.prefix, fold(read)) or like(slips.suffix, fold(read))

    @pytest.mark.parametrize(
        ("asked", "code"), [("8AB?123", "misread.part"), ("8ABC*", "misread.part"), ("ABC", "misread.too_short")]
    )
    def test_it_wants_a_whole_plate_of_some_length(self, asked, code):
        with pytest.raises(BadInput) as caught:
            one_off(read_pattern(asked))
        assert (caught.value.code, caught.value.field) == (code, "misread")


class TestPieces:
    @given(PLATES, PLATES)
    def test_the_pieces_are_the_plate_and_the_changes_the_fewest(self, asked, read):
        found = likeness.pieces(Pattern(asked), read)
        assert "".join(piece.text for piece in found) == read
        alike = sum(fold(piece.text) == fold(piece.asked) for piece in found if piece.kind == likeness.OTHER)
        several = sum(piece.kind != likeness.SAME for piece in found)
        assert several - alike / 2 <= changes(asked, read)

    @pytest.mark.parametrize(
        ("asked", "read", "said"),
        [
            ("8AB*", "BABC123", "B in place of 8"),
            ("*B123", "8AB8I23", "8 in place of B; I in place of 1"),
            ("8?BC123", "8XBC123", ""),
            ("???O12", "ABC012", "0 in place of O"),
        ],
    )
    def test_of_a_part_of_a_plate_only_known_characters_differ(self, asked, read, said):
        assert likeness.in_words(likeness.pieces(Pattern(asked), read)) == said


@pytest.mark.clause("B.2")
class TestOtherReadings:
    @pytest.mark.parametrize(("make", "color", "its_make", "its_color", "says", "alike", "why"), table("vehicles.csv"))
    def test_two_cars_beside_each_other(self, make, color, its_make, its_color, says, alike, why):
        assert likeness.compared((make, color), (its_make, its_color)) == (says, alike == "yes"), why


@pytest.mark.parametrize(("seconds", "said", "why"), table("gaps.csv"))
def test_a_gap_in_words(seconds, said, why):
    assert sightings.in_words(timedelta(seconds=int(seconds))) == said, why


@pytest.mark.clause("K.report")
class TestAges:
    @pytest.mark.parametrize(("found", "said", "why"), table("ages.csv"))
    def test_in_words(self, found, said, why):
        counted = {int(days): int(number) for days, number in (pair.split(":") for pair in found.split())}
        assert ages.in_words(counted) == said, why

    @given(st.dictionaries(st.integers(0, 31), st.integers(1, 9), max_size=8))
    def test_the_bands_hold_every_read_once(self, found):
        assert sum(number for _, number in ages.in_bands(found)) == sum(found.values())

    def test_whole_days_are_counted_and_a_clock_ahead_is_no_age(self):
        at = datetime.fromisoformat("2026-06-15T12:00:00+00:00")
        hours = [-0.05, 0, 23.99, 24, 47.99, 48, 720]
        captured = [at - timedelta(hours=hour) for hour in hours]
        assert ages.ages_at(captured, at) == {"0": 3, "1": 2, "2": 1, "30": 1}

    def test_several_answers_are_summed_by_day(self):
        assert ages.sum_of([{"0": 2, "10": 1}, {}, {"0": 1, "2": 4}]) == {0: 3, 2: 4, 10: 1}
