"""J: the question bank by topic; the right answer is for the Training Section's eyes only."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.urls import reverse

import alpr_portal
from alpr_portal.policy.vocabulary import TrainingTopic
from tests import make
from tests.corpus import outcome
from training import course_rules
from training.models import Question

SAMPLE = Path(alpr_portal.__file__).parent / "demo" / "questions.csv"


def typed(**values):
    return {
        "topic": "law",
        "text": "How long?",
        "choices": "1 day\n30 days\n\n1 year",
        "right": "2",
        "in_use": "on",
        **values,
    }


@pytest.mark.usefixtures("db")
class TestEditQuestion:
    @pytest.fixture
    def section(self, client_of, training_officer):
        return client_of(training_officer)

    def test_a_question_is_added(self, section, training_officer):
        assert section.post(reverse("add_question"), typed()).headers["Location"] == reverse("list_questions")
        question = Question.objects.get()
        assert (question.choices, question.right, question.in_use) == (["1 day", "30 days", "1 year"], 1, True)
        assert question.history.get().history_user == training_officer

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"text": ""}, "Question: fill it in."),
            ({"choices": "only one"}, "Choices: write 2 to 6"),
            ({"choices": "\n".join("abcdefg")}, "Choices: write 2 to 6"),
            ({"choices": "Yes\nyes"}, "two of them say the same"),
            ({"right": ""}, "Right choice: enter its number."),
            ({"right": "4"}, "give its number, 1 to 3"),
            ({"right": "0"}, "give its number, 1 to 3"),
            ({"right": "²"}, "give its number, 1 to 3"),
            ({"topic": "driving"}, "not one of the available choices"),
        ],
    )
    def test_what_is_wrong_is_said(self, section, values, says):
        answer = section.post(reverse("add_question"), typed(**values))
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert not Question.objects.exists()

    def test_a_correction_leaves_a_history(self, section):
        question = make.questions(1, topics=["law"])[0]
        page = reverse("edit_question", args=[question.pk])
        assert section.get(page).context["form"]["right"].value() == 2
        section.post(page, typed(right="3", in_use=""))
        question.refresh_from_db()
        assert (question.right, question.in_use, question.history.count()) == (2, False, 2)
        shown = section.get(page).content.decode()
        assert "Right choice: " in shown

    def test_the_bank_is_listed_by_topic(self, section):
        make.questions(2)
        page = section.get(reverse("list_questions"), {"topic": "law"})
        assert page.context["table"].paginator.count == 2
        assert {each["n"] for each in page.context["counts"]} == {2}
        assert section.get(reverse("list_questions"), {"in_use": "no"}).context["table"].paginator.count == 0

    def test_it_is_for_the_section_only(self, client_of, administrator, supervisor):
        question = make.questions(1, topics=["law"])[0]
        for member in (administrator, supervisor):
            for page in (reverse("list_questions"), reverse("edit_question", args=[question.pk])):
                assert client_of(member).get(page).status_code == 403


def rows():
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class TestSampleBank:
    """The bank that the demo loads."""

    def test_four_questions_on_each_topic(self):
        asked = [row["topic"] for row in rows()]
        assert {topic: asked.count(topic) for topic in asked} == {topic.value: 4 for topic in TrainingTopic}

    @pytest.mark.parametrize("row", rows(), ids=lambda row: row["text"][:40])
    def test_each_is_sound(self, row):
        choices = course_rules.read_choices([row[f"choice{number}"] for number in range(1, 5)])
        assert len(choices) == 4
        assert outcome(course_rules.read_right, row["right"], choices=4)[0] == "take"

    def test_the_right_one_does_not_always_stand_in_one_place_nor_is_the_longest(self):
        places = [row["right"] for row in rows()]
        assert set(places) == {"1", "2", "3", "4"}
        longest = [
            max(range(1, 5), key=lambda number: len(row[f"choice{number}"])) == int(row["right"]) for row in rows()
        ]
        assert sum(longest) < len(longest) * 0.6
