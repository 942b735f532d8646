"""J: a wrong completion is withdrawn by a second person, who may enter the right one; both stay on record."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.records import broken_constraint
from tests import make
from training import completions
from training.models import Completion, CompletionWithdrawn
from training.standing import standing

pytestmark = pytest.mark.clause("J")


@pytest.fixture
def wrong(untrained_officer, training_officer) -> Completion:
    """A completion of the day before yesterday, entered by the training officer."""
    return completions.enter_completion(
        by=training_officer,
        member=untrained_officer,
        course=make.course(),
        completed_on=timezone.localdate() - timedelta(days=2),
        instructor="Ines Tutor",
        score=90,
        evidence=None,
        now=timezone.now(),
    )


@pytest.fixture
def client(client_of, administrator):
    return client_of(administrator)


def page(completion: Completion) -> str:
    return reverse("correct_completion", args=[completion.pk])


def typed(completion: Completion, **values):
    return {
        "reason": "She sat in another class",
        "outcome": "replace",
        "badge": completion.member.badge,
        "course": str(completion.course_id),
        "completed_on": f"{completion.completed_on - timedelta(days=30)}",
        "instructor": "Ines Tutor",
        "score": "85",
        **values,
    }


def both_steps(client, completion: Completion, **values):
    checked = client.post(page(completion), typed(completion, **values))
    if checked.status_code != 200:
        return checked
    return client.post(page(completion), {**dict(checked.context["form"].carried), "confirmed": "yes"})


def test_a_second_person_withdraws_it_and_it_covers_nothing_at_once(client, client_of, wrong, untrained_officer):
    officer = client_of(untrained_officer)
    assert officer.get(reverse("run_query")).status_code == 200
    assert both_steps(client, wrong, outcome="withdraw").status_code == 302
    assert officer.get(reverse("run_query")).status_code == 403
    record = CompletionWithdrawn.objects.get()
    assert (record.entered_by, record.reason) == (wrong.by, "She sat in another class")
    assert Completion.objects.get(pk=wrong.pk).score == 90  # it stays as it was
    shown = client.get(reverse("view_completion", args=[wrong.pk])).content.decode()
    assert "Withdrawn: it covers nothing any more" in shown
    assert "She sat in another class" in shown


def test_or_enters_the_right_one_in_its_place(client, wrong, administrator, untrained_officer):
    checked = client.post(page(wrong), typed(wrong)).content.decode()
    assert "Entered in its place" in checked
    assert not CompletionWithdrawn.objects.exists()
    assert both_steps(client, wrong).status_code == 302
    right = Completion.objects.get(corrects=wrong)
    assert (right.by, right.member, right.score) == (administrator, untrained_officer, 85)
    assert right.completed_on == wrong.completed_on - timedelta(days=30)
    assert standing(untrained_officer, timezone.now()).completions == [right.pk]
    assert (
        "See what was entered in its place" in client.get(reverse("view_completion", args=[wrong.pk])).content.decode()
    )


def test_it_may_have_been_somebody_elses(client, wrong, officer, untrained_officer):
    assert both_steps(client, wrong, badge="OKORO").status_code == 302
    assert Completion.objects.get(corrects=wrong).member == officer
    assert not standing(untrained_officer, timezone.now()).may_enter


def test_the_evidence_goes_over(client, wrong, untrained_officer, training_officer):
    paper = make.stored_file(training_officer)
    with_paper = completions.enter_completion(
        by=training_officer,
        member=untrained_officer,
        course=wrong.course,
        completed_on=wrong.completed_on - timedelta(days=9),
        instructor="X",
        score=None,
        evidence=paper,
        now=timezone.now(),
    )
    both_steps(client, with_paper)
    assert Completion.objects.get(corrects=with_paper).evidence == paper


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"reason": ""}, "What is wrong with it: fill it in."),
        ({"outcome": ""}, "Choose one."),
        ({"course": ""}, "Course: choose one."),
        ({"completed_on": "soon"}, "Day completed: write the day"),
        ({"badge": "Z9"}, "no member has this badge"),
        ({"badge": "ABARA"}, "Nobody enters a completion for themself."),
        ({"score": "10"}, "did not complete this course"),
        ({"completed_on": "same", "score": "90"}, "nothing differs from what is on record"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(client, wrong, values, says):
    if values.get("completed_on") == "same":
        values = {**values, "completed_on": f"{wrong.completed_on}"}
    answer = client.post(page(wrong), typed(wrong, **values))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not CompletionWithdrawn.objects.exists()


def test_one_that_is_on_record_already_is_not_entered_again(client, wrong):
    assert both_steps(client, wrong).status_code == 302
    other = Completion.objects.get(corrects=wrong)
    second = make.completion(wrong.member, completed_on=timezone.localdate())
    answer = client.post(page(second), typed(second, completed_on=f"{other.completed_on}"))
    assert "the right one is on record already" in answer.content.decode()


class TestASecondPerson:
    def test_not_who_entered_it(self, client_of, wrong, training_officer):
        assert client_of(training_officer).get(page(wrong)).status_code == 403
        with pytest.raises(Refused) as refused:
            completions.correct_completion(wrong, by=training_officer, reason="x", right=None, now=timezone.now())
        assert refused.value.refusal.code == "completion.entered_it"

    def test_nor_whom_it_is_about(self, client_of, administrator):
        own = administrator.completions.get()
        assert client_of(administrator).get(page(own)).status_code == 403

    def test_not_even_the_own_exam(self, client_of, administrator):
        make.role(administrator, "officer")
        with pytest.raises(Refused):
            completions.correct_completion(
                administrator.completions.get(), by=administrator, reason="x", right=None, now=timezone.now()
            )

    def test_the_database_wants_it_too(self, wrong, training_officer, administrator):
        for constraint, values in (
            ("withdrawn_by_someone_else", {"by": training_officer, "entered_by": training_officer}),
            ("withdrawal_names_enterer", {"by": training_officer, "entered_by": administrator}),
            ("withdrawal_names_enterer", {"by": training_officer, "entered_by": None}),
        ):
            with pytest.raises(IntegrityError) as refused, transaction.atomic():
                CompletionWithdrawn.objects.write(completion=wrong, reason="x", **values)
            assert broken_constraint(refused.value) == constraint

    def test_nothing_of_it_is_ever_changed(self, wrong):
        for act in ("UPDATE training_completion SET score = 1", "DELETE FROM training_completion"):
            with pytest.raises(Exception, match=r"denied|refused"), transaction.atomic():
                connection.cursor().execute(act)

    def test_it_asks_whether_it_is_still_you(self, wrong, administrator):
        client = Client()
        client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert "reauthenticate" in client.get(page(wrong)).headers["Location"]


def test_once(client, wrong, administrator):
    assert both_steps(client, wrong, outcome="withdraw").status_code == 302
    assert both_steps(client, wrong, outcome="withdraw").status_code == 403
    with pytest.raises(Refused):
        completions.correct_completion(wrong, by=administrator, reason="x", right=None, now=timezone.now())


def test_where_the_right_one_cannot_be_entered_the_wrong_one_stands(wrong, administrator, monkeypatch):
    def fails(**_):
        raise RuntimeError

    monkeypatch.setattr(completions, "enter_completion", fails)
    with pytest.raises(RuntimeError):
        completions.correct_completion(wrong, by=administrator, reason="x", right={}, now=timezone.now())
    assert not CompletionWithdrawn.objects.exists()


def test_of_two_corrections_at_once_one_counts(committed, officer, administrator):
    wrong = officer.completions.get()
    came: list[str] = []

    def correct():
        try:
            mine = Completion.objects.get(pk=wrong.pk)
            completions.correct_completion(mine, by=administrator, reason="x", right=None, now=timezone.now())
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=correct) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["completion.withdrawn"] * 3 + ["done"]
