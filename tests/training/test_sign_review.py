"""C.3.b: once a year each supervisor answers for each of their people, and the Chief for whoever has none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.parameters import REVIEW_EVERY
from alpr_portal.policy.refusal import BadInput, Refused
from tests import cast, make
from tests.training.people import selects, through
from training import members, reviews
from training.models import AccessReview, Member, ReviewedMember, RoleEnd
from training.reviews import Word

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]
SIGN = "/members/reviews/sign/"


@pytest.fixture
def unit(chief, supervisor, officer, other_officer):
    """A Chief, a supervisor, and two officers under the supervisor."""
    make.under(supervisor, chief)
    return [make.under(member, supervisor) for member in (officer, other_officer)]


def aged(member, days):
    Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - timedelta(days=days))


def words(*people, **others):
    return {member.pk: others.get(member.username, Word(True)) for member in people}


def sign(by, given):
    return reviews.sign_review(given, note="", by=by, now=timezone.now())


class TestWhoReviewsWhom:
    def test_a_supervisor_those_whose_supervisor_they_are(self, unit, supervisor, untrained_officer):
        assert list(reviews.people_of(supervisor)) == unit  # not all of the unit: who has no supervisor is the Chief's

    def test_the_chief_whoever_has_no_supervisor_who_signs(
        self, unit, chief, supervisor, administrator, coordinator, leaver
    ):
        make.under(coordinator, administrator)  # an administrator supervises, and signs no review
        assert set(reviews.people_of(chief)) == {supervisor, administrator, coordinator}
        make.closed(supervisor)
        assert set(reviews.people_of(chief)) == {administrator, coordinator, *unit}

    def test_each_active_member_is_somebodys_and_nobody_is_their_own(
        self, unit, chief, supervisor, auditor, commissioner
    ):
        found = [*reviews.people_of(chief), *reviews.people_of(supervisor)]
        everybody = set(Member.objects.filter(is_active=True))
        assert len(found) == len(set(found))
        assert everybody - set(found) == {chief}

    def test_nobody_can_sign_for_a_chief_without_a_supervisor_and_that_shows(self, unit, chief):
        aged(chief, 400)
        assert [(one.reviewer, one.people) for one in reviews.overdue(timezone.now())] == [(None, [chief])]


class TestDue:
    def test_a_year_after_two_people_let_them_in(self, unit, supervisor):
        joined = unit[0].joined_at
        at = joined + REVIEW_EVERY.now
        assert reviews.due(supervisor, at - timedelta(microseconds=1)) == (0, None)
        assert reviews.due(supervisor, at) == (1, at)

    def test_a_year_after_the_last_review(self, unit, supervisor):
        for member in unit:
            aged(member, 400)
        assert reviews.due(supervisor, timezone.now())[0] == 2
        sign(supervisor, words(*unit))
        assert reviews.due(supervisor, timezone.now()) == (0, None)
        assert reviews.due(supervisor, timezone.now() + REVIEW_EVERY.now)[0] == 2

    def test_overdue_names_reviewer_and_people(self, unit, supervisor):
        aged(unit[0], 400)
        [one] = reviews.overdue(timezone.now())
        assert (one.reviewer, one.people) == (supervisor, [unit[0]])


class TestSign:
    def test_who_is_kept_keeps_and_who_is_not_loses_every_role(self, unit, supervisor):
        kept, ended = unit
        make.role(ended, "training_officer")
        review = sign(supervisor, words(*unit, petrova=Word(False, "On the desk now")))
        assert members.roles_of(kept) == ["officer"]
        assert members.roles_of(ended) == []
        line = ReviewedMember.objects.get(review=review, member=ended)
        assert (line.kept, line.roles, line.reason) == (False, ["officer", "training_officer"], "On the desk now")
        assert RoleEnd.objects.count() == 2

    def test_it_is_about_all_of_ones_people(self, unit, supervisor, untrained_officer):
        with pytest.raises(Refused, match="all of one's people"):
            sign(supervisor, words(unit[0]))
        with pytest.raises(Refused, match="all of one's people"):
            sign(supervisor, words(*unit, untrained_officer))

    def test_an_end_says_why_or_nothing_is_signed(self, unit, supervisor):
        with pytest.raises(BadInput, match="why"):
            sign(supervisor, words(*unit, petrova=Word(False)))
        assert not AccessReview.objects.exists()
        assert not RoleEnd.objects.exists()

    def test_who_has_nobody_signs_nothing(self, other_supervisor):
        with pytest.raises(Refused, match="one's people"):
            sign(other_supervisor, {})


class TestPages:
    @pytest.fixture
    def typed(self, unit):
        first, second = unit
        return {
            f"kept_{first.pk}": "keep",
            f"reason_{first.pk}": "",
            f"kept_{second.pk}": "end",
            f"reason_{second.pk}": "On the desk now",
            "note": "",
        }

    def test_form_check_receipt(self, unit, supervisor, typed, client_of):
        client = client_of(supervisor)
        page = client.get(SIGN).content.decode()
        assert "Ola Okoro" in page
        assert "Pia Petrova" in page
        done = through(client, SIGN, typed)
        review = AccessReview.objects.get()
        assert done["Location"] == reverse("view_receipt", args=[review.pk])
        assert client.get(done["Location"]).status_code == 200
        assert "On the desk now" in client.get(reverse("view_review", args=[review.pk])).content.decode()
        assert members.roles_of(unit[1]) == []

    def test_nothing_is_preset(self, unit, supervisor, client_of):
        assert "checked" not in client_of(supervisor).get(SIGN).content.decode().split("<form")[-1].split("theme")[0]
        answer = client_of(supervisor).post(SIGN, {"note": ""})
        assert answer.status_code == 422
        assert not AccessReview.objects.exists()

    def test_somebody_who_came_meanwhile_is_asked_about(self, unit, supervisor, typed, untrained_officer, client_of):
        client = client_of(supervisor)
        assert client.post(SIGN, typed).status_code == 200
        make.under(untrained_officer, supervisor)
        assert client.post(SIGN, {**typed, "confirmed": "yes"}).status_code == 422
        assert not AccessReview.objects.exists()

    def test_another_reviewers_review_is_for_those_who_see_reviews(
        self, unit, supervisor, other_supervisor, auditor, client_of
    ):
        address = reverse("view_review", args=[sign(supervisor, words(*unit)).pk])
        assert client_of(other_supervisor).get(address).status_code == 404
        assert client_of(auditor).get(address).status_code == 200

    def test_the_list_shows_who_signed_who_is_due_and_who_has_no_supervisor(
        self, unit, supervisor, other_supervisor, administrator, client_of
    ):
        sign(supervisor, words(*unit))
        aged(other_supervisor, 400)
        page = client_of(administrator).get("/members/reviews/").content.decode()
        assert "Sam Silva" in page
        assert "Cam Chau" in page  # whose review is due
        assert "Toru Tanaka" in page  # who has no supervisor

    def test_more_people_cost_no_more_queries(self, unit, supervisor, client_of):
        client = client_of(supervisor)

        def count():
            client.get(SIGN)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(SIGN).status_code == 200
            return selects(seen)

        before = count()
        for number in range(4):
            make.under(cast.member(f"more{number}", f"More {number}", "officer"), supervisor)
        assert count() == before
