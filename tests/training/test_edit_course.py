"""Courses cover the eight topics of J; what was approved changes no more, and nobody but the Section writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import TrainingTopic
from alpr_portal.records import broken_constraint
from tests import make
from training import course_rules, courses
from training.models import Course, CourseEnd, RefusalRecord

pytestmark = pytest.mark.usefixtures("db")


def typed(**values):
    return {
        "title": "Night class",
        "version": "2",
        "topics": make.TOPICS,
        "valid_days": "365",
        "pass_mark": "80",
        "questions_per_topic": "0",
        **values,
    }


def draft(by, **values) -> Course:
    said = {"title": "Night class", "version": "1", "topics": make.TOPICS, "valid_days": 365, **values}
    return courses.save_course(None, by=by, **said)


def no(constraint: str, act) -> None:
    """The database itself refuses, whoever asks."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        act()
    assert broken_constraint(refused.value) == constraint


class TestEditCourse:
    @pytest.fixture
    def section(self, client_of, training_officer):
        return client_of(training_officer)

    def test_a_course_is_added_as_a_draft(self, section, training_officer):
        answer = section.post(reverse("add_course"), typed())
        course = Course.objects.get(title="Night class")
        assert answer.headers["Location"] == reverse("view_course", args=[course.pk])
        assert (course.made_by, course.topics, hasattr(course, "approval")) == (training_officer, make.TOPICS, False)

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"title": " "}, "Title: fill it in."),
            ({"version": "x" * 21}, "Version: shorten it to 20 characters."),
            ({"topics": []}, "Choose at least one."),
            ({"topics": ["driving"]}, "driving is not one of the available choices."),
            ({"valid_days": "0"}, "greater than or equal to 1"),
            ({"pass_mark": "101"}, "less than or equal to 100"),
            ({"questions_per_topic": "11"}, "less than or equal to 10"),
            ({"version": "1"}, "this course has that version already"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(self, section, training_officer, values, says):
        draft(training_officer)
        answer = section.post(reverse("add_course"), typed(**values))
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert "<title>Error: " in answer.content.decode()
        assert Course.objects.exclude(title="ALPR operator").count() == 1

    def test_a_draft_is_corrected_and_the_history_tells(self, section, training_officer):
        course = draft(training_officer)
        section.post(reverse("edit_course", args=[course.pk]), typed(version="1", topics=["law"], valid_days="180"))
        course.refresh_from_db()
        assert (course.topics, course.valid_days) == (["law"], 180)
        changes = {
            change["label"]: (change["before"], change["after"]) for change in courses.steps(course)[-1]["changes"]
        }
        assert changes["Counts for days"] == ("365", "180")
        assert changes["Topics"][1] == "applicable federal and state law"

    @pytest.mark.clause("C.3.a")
    def test_an_approved_course_changes_no_more(self, section, training_officer, administrator):
        course = draft(training_officer)
        courses.approve_course(course, by=administrator, seen=courses.version_seen(course))
        assert section.post(reverse("edit_course", args=[course.pk]), typed(version="9")).status_code == 403
        with pytest.raises(Refused):
            courses.save_course(course, by=training_officer, title="Other")
        no("approved_course_stands", lambda: Course.objects.filter(pk=course.pk).update(valid_days=1000))
        delete = "DELETE FROM training_course WHERE id = %s"
        no("approved_course_stands", lambda: connection.cursor().execute(delete, [course.pk]))
        course.refresh_from_db()
        assert (course.title, course.version) == ("Night class", "1")
        assert RefusalRecord.objects.filter(clause="C.3.a", by=training_officer).count() == 1

    def test_a_new_version_begins_as_a_copy(self, section, training_officer, administrator):
        old = draft(training_officer, valid_days=180, topics=["law", "policy"])
        courses.approve_course(old, by=administrator, seen=courses.version_seen(old))
        page = section.get(reverse("add_version", args=[old.pk])).context["form"]
        assert page["valid_days"].value() == 180
        section.post(reverse("add_version", args=[old.pk]), typed(valid_days="90", topics=["law"]))
        assert Course.objects.get(version="2").valid_days == 90
        old.refresh_from_db()
        assert old.valid_days == 180

    def test_drafts_are_for_who_keeps_or_approves_them(self, client_of, officer, administrator, training_officer):
        course = draft(training_officer)
        page = reverse("view_course", args=[course.pk])
        assert client_of(officer).get(page).status_code == 404
        assert client_of(administrator).get(page).status_code == 200
        assert str(course) not in client_of(officer).get(reverse("list_courses")).content.decode()


class TestEndCourse:
    def test_an_approved_course_ends_once(self, client_of, training_officer, officer):
        course, client = make.course(), client_of(training_officer)
        page = reverse("end_course", args=[course.pk])
        assert "No other course that is given covers" in client.get(page).content.decode()
        assert client.post(page, {"reason": " "}).status_code == 422
        client.post(page, {"reason": "Replaced"})
        assert CourseEnd.objects.get().reason == "Replaced"
        assert client.post(page, {"reason": "Again"}).status_code == 403
        with pytest.raises(Refused):
            courses.end_course(Course.objects.get(pk=course.pk), by=training_officer, reason="Again")
        with pytest.raises(Refused):
            courses.end_course(course, by=training_officer, reason="By whoever was slower")

    def test_what_was_completed_counts_on(self, client_of, training_officer, officer):
        courses.end_course(make.course(), by=training_officer, reason="Replaced")
        assert client_of(officer).get(reverse("run_query")).status_code == 200

    def test_a_draft_does_not_end(self, training_officer):
        with pytest.raises(Refused):
            courses.end_course(draft(training_officer), by=training_officer, reason="x")


@pytest.mark.clause("J")
class TestEightTopics:
    def test_the_list_says_which_topic_no_course_covers(self, client_of, training_officer):
        client = client_of(training_officer)
        assert len(client.get(reverse("list_courses")).context["uncovered"]) == 0  # the cast's own course
        courses.end_course(Course.objects.get(), by=training_officer, reason="x")
        make.course(title="Part", topics=make.TOPICS[:6])
        page = client.get(reverse("list_courses"))
        assert page.context["uncovered"] == ["Reporting breaches", "Post-breach procedures"]
        assert "2 of 8 topics have no course" in page.content.decode()

    def test_drafts_and_ended_courses_cover_nothing(self, training_officer):
        courses.end_course(make.course(), by=training_officer, reason="x")
        draft(training_officer, version="9")
        assert courses.uncovered_topics() == make.TOPICS

    def test_the_rule(self):
        assert course_rules.uncovered([make.TOPICS[:3], make.TOPICS[2:]]) == []
        assert course_rules.uncovered([]) == [topic.value for topic in TrainingTopic]


def test_the_list_asks_as_often_for_many_courses_as_for_few(client_of, training_officer):
    client = client_of(training_officer)
    counted = []
    client.get(reverse("list_courses"))
    for number in (1, 12):
        for version in range(number):
            make.course(title=f"Course {number}", version=str(version))
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("list_courses")).status_code == 200
        counted.append(len(found))
    assert counted[1] < counted[0] + 5  # what the frame asks for comes from a cache or not
