"""C.3.a: training counts once the Department approved the course: another person than those who wrote it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.records import broken_constraint
from tests import make
from training import courses
from training.models import Course, CourseApproval, Loan

pytestmark = pytest.mark.clause("C.3.a")


@pytest.fixture
def course(training_officer) -> Course:
    return courses.save_course(None, by=training_officer, title="New", version="1", topics=make.TOPICS)


def page(course: Course) -> str:
    return reverse("approve_course", args=[course.pk])


def seen(course: Course) -> dict[str, str]:
    return {"seen": courses.version_seen(course)}


def test_another_person_checks_it_and_approves(client_of, administrator, training_officer, course):
    client = client_of(administrator)
    assert "Check what you approve" in client.get(page(course)).content.decode()
    assert client.post(page(course), seen(course)).headers["Location"] == page(course)
    record = CourseApproval.objects.get(course=course)
    assert (record.by, record.made_by, record.on_behalf_of) == (administrator, training_officer, None)
    receipt = client.get(page(course)).content.decode()
    assert str(record.pk)[:8].upper() in receipt
    assert courses.state_of(Course.objects.get(pk=course.pk)) == ("run", "Approved")


def test_not_who_made_it(course, training_officer):
    make.role(training_officer, "administrator")
    with pytest.raises(Refused) as refused:
        courses.approve_course(course, by=training_officer, seen=courses.version_seen(course))
    assert refused.value.refusal.code == "course.own"


def test_nor_who_changed_it_later(client_of, course, administrator):
    make.role(administrator, "training_officer")
    courses.save_course(course, by=administrator, valid_days=10)
    client = client_of(administrator)
    assert "You cannot approve this course" in client.get(page(course)).content.decode()
    assert client.post(page(course), seen(course)).status_code == 403
    assert not CourseApproval.objects.filter(course=course).exists()


def test_the_database_wants_another_person_too(course, training_officer, administrator):
    for constraint, values in (
        ("course_approved_by_someone_else", {"by": training_officer, "made_by": training_officer}),
        ("approval_names_maker", {"by": administrator, "made_by": None}),
        ("approval_names_maker", {"by": training_officer, "made_by": administrator}),
        ("approval_by_a_member", {"by": None, "made_by": training_officer}),
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            CourseApproval.objects.write(course=course, **values)
        assert broken_constraint(refused.value) == constraint


def test_what_is_approved_is_what_was_seen(client_of, course, administrator, training_officer):
    before = seen(course)
    courses.save_course(course, by=training_officer, valid_days=1000)
    client = client_of(administrator)
    assert client.post(page(course), before).status_code == 403
    assert client.post(page(course), {}).status_code == 403
    assert not hasattr(Course.objects.get(pk=course.pk), "approval")
    assert client.post(page(course), seen(course)).status_code == 302


def test_once(course, administrator, chief):
    courses.approve_course(course, by=administrator, seen=courses.version_seen(course))
    with pytest.raises(Refused) as refused:
        courses.approve_course(course, by=chief, seen=courses.version_seen(course))
    assert refused.value.refusal.code == "course.approved"
    assert CourseApproval.objects.filter(course=course).count() == 1


def test_not_with_too_few_questions(course, administrator, training_officer):
    courses.save_course(course, by=training_officer, questions_per_topic=2)
    make.questions(2, topics=make.TOPICS[:7])
    make.questions(1, topics=make.TOPICS[7:])
    with pytest.raises(Refused, match="post-breach procedures"):
        courses.approve_course(course, by=administrator, seen=courses.version_seen(course))
    make.questions(1, topics=make.TOPICS[7:])
    assert courses.approve_course(course, by=administrator, seen=courses.version_seen(course))


class TestOrDesignee:
    @pytest.fixture
    def designee(self, supervisor, administrator):
        now = timezone.now()
        Loan.objects.write(
            by=administrator,
            designee=supervisor,
            verb="training.approve_course",
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=1),
            reason="Leave",
        )
        return supervisor

    def test_the_act_says_on_whose_behalf(self, client_of, course, designee, administrator):
        client = client_of(designee)
        assert client.post(page(course), seen(course)).status_code == 302
        record = CourseApproval.objects.get(course=course)
        assert (record.by, record.on_behalf_of, record.on_behalf_of_name) == (
            designee,
            administrator,
            administrator.name,
        )
        for shown in (page(course), reverse("view_course", args=[course.pk])):
            assert f"on behalf of {administrator.name}" in client.get(shown).content.decode()

    def test_without_the_loan_it_is_refused(self, client_of, course, supervisor):
        assert client_of(supervisor).post(page(course), seen(course)).status_code == 403


def test_it_asks_whether_it_is_still_you(course, administrator):
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "reauthenticate" in client.get(page(course)).headers["Location"]


def test_of_two_who_approve_at_once_one_does(committed, course, administrator, chief):
    mark, came = courses.version_seen(course), []

    def approve(by):
        try:
            courses.approve_course(Course.objects.get(pk=course.pk), by=by, seen=mark)
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=[by]) for by in (administrator, chief) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == [*["course.approved"] * 3, "done"]
