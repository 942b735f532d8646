"""A number of the order holds from its day on, and never for the days before."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy import parameters
from alpr_portal.policy.clauses import duties
from alpr_portal.policy.parameters import ORDER, Dated

TABLE = Path(__file__).resolve().parents[1] / "tables" / "parameters.csv"
PARAMETERS = {name: value for name, value in vars(parameters).items() if isinstance(value, Dated)}
UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def read(value: str) -> object:
    """``720 h`` is a duration, ``500`` a count, ``60/30`` several of them."""
    if "/" in value:
        return tuple(map(int, value.split("/")))
    number, _, unit = value.partition(" ")
    return int(number) * UNITS[unit] if unit else int(number)


class TestDated:
    @given(values=st.dictionaries(DAYS, st.integers(), min_size=1), day=DAYS)
    def test_the_value_in_force_is_the_latest_that_had_begun(self, values, day):
        begun = [start for start in values if start <= day]
        if begun:
            assert Dated("G", values, "A number.").on(day) == values[max(begun)]
        else:
            with pytest.raises(LookupError):
                Dated("G", values, "A number.").on(day)

    @given(values=st.dictionaries(DAYS, st.integers(), min_size=1))
    def test_each_value_holds_on_its_own_first_day(self, values):
        number = Dated("G", values, "A number.")
        assert {start: number.on(start) for start in values} == values

    def test_before_the_first_value_there_is_none_and_the_clause_is_named(self):
        with pytest.raises(LookupError, match=r"^G: no value in force on 2022-10-17$"):
            Dated("G", {ORDER: 30}, "A number.").on(ORDER - timedelta(days=1))

    def test_a_change_leaves_last_years_figure_alone(self):
        before = Dated("G", {ORDER: 30}, "A number.")
        after = Dated("G", {date(2027, 1, 1): 20, ORDER: 30}, "A number.")
        last_year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
        assert [after.on(day) for day in last_year] == [before.on(day) for day in last_year] == [30] * 365
        assert after.on(date(2027, 1, 1)) == 20

    @pytest.mark.parametrize("unknown", ["Z.9", "", "g"])
    def test_its_clause_must_exist(self, unknown):
        with pytest.raises(KeyError):
            Dated(unknown, {ORDER: 30}, "A number.")


class TestTheOrdersNumbers:
    def test_they_are_those_of_the_table_and_no_others(self):
        with TABLE.open(encoding="utf-8", newline="") as rows:
            expected = {
                (row["name"], row["clause"], date.fromisoformat(row["from"]), read(row["value"]))
                for row in csv.DictReader(rows)
            }
        found = {(name, p.clause, start, value) for name, p in PARAMETERS.items() for start, value in p.values.items()}
        assert found == expected

    @pytest.mark.parametrize("name", PARAMETERS)
    def test_each_says_what_it_is_for_and_holds_since_the_order(self, name):
        number = PARAMETERS[name]
        assert number.clause in duties()
        assert number.says.endswith(".")
        assert min(number.values) >= ORDER
        with pytest.raises(LookupError):
            number.on(ORDER - timedelta(days=1))
