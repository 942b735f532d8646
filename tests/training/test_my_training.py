"""J, C.3.a: a member's own page says what covers each topic until when, what is missing, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import make
from training import courses, own_training
from training.models import Designation, Letter, LetterSent
from training.standing import standing

pytestmark = pytest.mark.usefixtures("db")
PAGE = "/training/mine/"


def seen(client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


class TestWhatHolds:
    @pytest.mark.clause("J")
    def test_eight_topics_each_with_what_covers_it_until_when(self, client_of, officer):
        answer = client_of(officer).get(PAGE)
        completion = officer.completions.get()
        covered = answer.context["covered"]
        assert [each.topic for each in covered] == make.TOPICS
        assert {(each.state, each.completion, each.until) for each in covered} == {
            ("covered", completion, completion.expires_at)
        }
        assert "Your training is current" in answer.content.decode()

    def test_the_longest_counts_and_the_withdrawn_does_not(self, officer):
        longer = make.completion(officer, topics=["law"], days=350)
        wrong = make.completion(officer, topics=["policy"], days=360)
        make.withdrawn(wrong)
        now = timezone.now()
        by_topic = {each.topic: each for each in own_training.coverage(own_training.own_completions(officer), now)}
        assert by_topic["law"].completion == longer
        assert by_topic["policy"].completion not in {longer, wrong}

    @pytest.mark.parametrize(
        ("days", "state"), [(61, "covered"), (59, "lapsing"), (0.001, "lapsing"), (-0.001, "lapsed"), (None, "never")]
    )
    def test_states_agree_with_the_rule(self, untrained_officer, days, state):
        if days is not None:
            made = timezone.localdate() - timedelta(days=30)
            make.completion(untrained_officer, days=days, completed_on=made)
        now = timezone.now()
        covered = own_training.coverage(own_training.own_completions(untrained_officer), now)
        assert {each.state for each in covered} == {state}
        assert standing(untrained_officer, now).may_enter == (state in {"covered", "lapsing"})

    def test_before_it_runs_out_the_page_says_so(self, client_of, untrained_officer):
        make.completion(untrained_officer, days=20)
        assert "Your training runs out soon" in seen(client_of(untrained_officer))


class TestWhoeverIsShutOut:
    @pytest.mark.clause("C.3.a")
    def test_it_says_why_and_what_to_do(self, client_of, untrained_officer):
        make.completion(untrained_officer, topics=make.TOPICS[:6])
        course = make.exam_course(title="Breaches", topics=make.TOPICS[6:])
        client = client_of(untrained_officer)
        page = seen(client)
        assert "The rest of the portal is shut to you today" in page
        assert "Nobody uses the readers or their data before completing department-approved training." in page
        assert "Not covered today: reporting breaches, post-breach procedures." in page
        assert f'href="{reverse("start_exam", args=[course.pk])}"' in page
        assert client.get(reverse("home")).headers["Location"] == PAGE

    def test_courses_that_help_most_come_first_and_without_exam_it_is_the_section(self, client_of, untrained_officer):
        make.course(title="A class")
        make.exam_course(title="B online", topics=make.TOPICS[:2])
        ended = make.course(title="C ended")
        courses.end_course(ended, by=None, reason="x")
        make.course(title="D draft", approved=False)
        offers = client_of(untrained_officer).get(PAGE).context["offers"]
        assert [(offer.course.title, len(offer.helps), offer.exam) for offer in offers] == [
            ("A class", 8, False),
            ("B online", 2, True),
        ]
        assert "ask the Training Section for the next class" in seen(client_of(untrained_officer))

    def test_where_the_bank_is_too_small_no_exam_is_offered(self, client_of, untrained_officer):
        make.course(title="Online", questions_per_topic=1)
        offers = client_of(untrained_officer).get(PAGE).context["offers"]
        assert [offer.exam for offer in offers] == [False]

    @pytest.mark.clause("C.1")
    def test_a_missing_designation_is_said_too(self, client_of, undesignated, chief):
        page = seen(client_of(undesignated))
        assert "need a designation by the Chief of Police" in page
        assert "no designation runs today" in page
        now = timezone.now()
        Designation.objects.write(
            by=chief,
            member=undesignated,
            scope="Crime analysis",
            starts_at=now + timedelta(days=3),
            ends_at=now + timedelta(days=90),
        )
        assert "The Chief's designation begins" in seen(client_of(undesignated)).replace("&#x27;", "'")

    def test_whose_roles_open_nothing_is_told_so(self, client_of, auditor):
        page = seen(client_of(auditor))
        assert "Your roles do not open ALPR data" in page
        assert "shut to you" not in page


class TestWhatIsOnRecord:
    def test_completions_exams_material_and_letters(self, client_of, untrained_officer, administrator):
        wrong = make.completion(untrained_officer)
        make.withdrawn(wrong)
        document = make.document(administrator, kind="training_material", title="Handbook")
        make.document(administrator, kind="order", title="The order itself")
        told = Letter.objects.write(
            by=None, member=untrained_officer, kind="lapse_30", about_on=timezone.localdate() + timedelta(days=30)
        )
        LetterSent.objects.write(by=None, letter=told)
        Letter.objects.write(by=None, member=untrained_officer, kind="lapsed", about_on=timezone.localdate())
        page = seen(client_of(untrained_officer))
        assert reverse("view_completion", args=[wrong.pk]) in page
        assert "Withdrawn" in page
        assert reverse("view_document", args=[document.pk]) in page
        assert "The order itself" not in page.split('id="material"')[1].split('id="letters"')[0]
        assert page.count("Your training lapses on") == 1
        assert "Your training lapsed on" not in page

    def test_nobody_elses(self, client_of, untrained_officer, officer):
        assert str(officer.completions.get().pk) not in seen(client_of(untrained_officer))


def test_as_many_queries_for_many_completions_as_for_few(client_of, officer):
    client = client_of(officer)
    client.get(PAGE)
    counted = []
    for number in (1, 15):
        for _ in range(number):
            make.completion(officer, course=make.course(title=f"Course {number}"))
        with CaptureQueriesContext(connection) as found:
            client.get(PAGE)
        counted.append(len(found))
    assert counted[1] < counted[0] + 5  # what the frame asks for comes from a cache or not
