"""The closed lists are closed: what a lawyer reads in the table is all there is."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from alpr_portal.policy.vocabulary import Listed, Purpose, TrainingTopic

TABLE = Path(__file__).resolve().parents[1] / "tables" / "closed_lists.csv"
LISTS = [kind for kind in Listed.__subclasses__() if kind.__module__ == Listed.__module__]
VALUES = [value for kind in LISTS for value in kind]


def test_the_lists_are_those_of_the_table_value_by_value_in_order():
    with TABLE.open(encoding="utf-8", newline="") as rows:
        expected = [(row["list"], row["value"], row["label"]) for row in csv.DictReader(rows)]
    assert [(type(value).__name__, value.value, value.label) for value in VALUES] == expected


def test_the_purposes_are_the_five_of_the_order_and_the_courts_paper():
    assert [purpose.value for purpose in Purpose] == [
        "missing_or_at_risk_person",
        "witness_locate",
        "burglary",
        "grand_theft",
        "violent_crime",
        "court_order",
    ]


def test_training_has_eight_topics():
    assert len(TrainingTopic) == 8


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
class TestList:
    def test_its_labels_tell_its_values_apart(self, kind):
        assert Counter(value.label for value in kind).most_common(1)[0][1] == 1

    def test_its_choices_are_what_is_stored_and_what_people_read(self, kind):
        assert kind.choices() == [(value.value, value.label) for value in kind]

    @pytest.mark.parametrize("stranger", ["", "immigration", "BURGLARY", "burglary ", "Burglary"])
    def test_a_value_outside_does_not_exist(self, kind, stranger):
        with pytest.raises(ValueError, match="is not a valid"):
            kind(stranger)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}.{value}")
def test_a_value_is_its_own_text_in_pages_records_and_json(value):
    assert type(value)(value.value) is value
    assert value == value.value == str(value) == f"{value}"
    assert json.loads(json.dumps({"value": value})) == {"value": value.value}
    assert value.name == value.value.upper()
