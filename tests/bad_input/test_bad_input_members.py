"""Names and mail addresses of members: each bad one is refused at its field, kept nowhere, and never repeated."""

from __future__ import annotations

import pytest
from django.urls import reverse

from alpr_portal.policy.inputs import texts
from tests import make
from tests.corpus import bad_inputs
from training.models import AccountProposal, Member

pytestmark = pytest.mark.django_db
# The corpus's door knows one domain; members come from any that is not federal.
ONE_DOMAIN = {"email.domain"}


@pytest.fixture
def proposes(supervisor, client_of):
    """Propose somebody new with some of the answers changed, past the page on which they are checked."""
    client = client_of(supervisor)
    said = {"name": "Nia Newton", "username": "newton", "email": "newton@example.org", "badge": "N-77", "rank": ""}
    said |= {"unit": "Patrol 3", "category": "sworn", "supervisor": str(supervisor.pk), "roles": ["officer"]}

    def post(**values):
        return client.post(reverse("propose_member"), {**said, "reason": "Joins", "confirmed": "yes", **values})

    return post


@pytest.fixture
def corrects(officer, supervisor, system_administrator, client_of):
    """Correct an officer's facts with some of the answers changed."""
    make.under(officer, supervisor)
    client = client_of(system_administrator)
    said = {"name": "Ola Okoro", "email": "okoro@example.org", "badge": "OKORO", "unit": "Patrol 3", "rank": ""}

    def post(**values):
        answers = {**said, "supervisor": str(supervisor.pk), "reason": "Tried", **values}
        return client.post(reverse("edit_member", args=[officer.pk]), answers)

    return post


def told(answer, case):
    """What the page says, and that it is neither a fault of ours nor repeats what was typed."""
    page = answer.content.decode()
    summary = page.split('class="error-summary"')[1].split("</ul>")[0] if "error-summary" in page else ""
    assert answer.status_code < 500
    assert len(case.value) < 5 or case.value not in summary
    return summary


def answer_of(case, post, field):
    answer = post(**{field: case.value})
    refuses = case.expect == "reject" and case.code not in ONE_DOMAIN
    assert answer.status_code == (422 if refuses else 302), case.note
    summary = told(answer, case)
    assert bool(summary) is refuses
    return refuses


@pytest.mark.clause("F.1")
@pytest.mark.parametrize("case", bad_inputs("person_name"))
class TestNames:
    def test_of_somebody_new(self, case, proposes):
        refuses = answer_of(case, proposes, "name")
        kept = [proposal.details["name"] for proposal in AccountProposal.objects.all()]
        assert kept == ([] if refuses else [case.normalised])

    def test_corrected(self, case, corrects, officer):
        refuses = answer_of(case, corrects, "name")
        officer.refresh_from_db()
        assert officer.name == ("Ola Okoro" if refuses else case.normalised)


@pytest.mark.clause("F.1")
@pytest.mark.parametrize("case", bad_inputs("email"))
class TestAddresses:
    def test_of_somebody_new(self, case, proposes):
        refuses = answer_of(case, proposes, "email")
        kept = [proposal.details["email"] for proposal in AccountProposal.objects.all()]
        assert kept == ([] if refuses else [texts.read_email(case.value)])

    def test_corrected(self, case, corrects, officer):
        refuses = answer_of(case, corrects, "email")
        officer.refresh_from_db()
        assert officer.email == ("" if refuses else texts.read_email(case.value))


@pytest.mark.parametrize(
    "username", ["", "ab", "Newton", "new ton", "-newton", "newton-", "ne\u200bwton", "x" * 61, "9newton"]
)
def test_user_names_that_are_none(username, proposes):
    assert proposes(username=username).status_code == 422
    assert not Member.objects.filter(name="Nia Newton").exists()
    assert not AccountProposal.objects.exists()


def test_a_name_with_a_tag_in_it_is_shown_as_text(proposes, supervisor, client_of):
    proposes(name="<b>Ana</b>")
    page = client_of(supervisor).get("/members/proposals/").content.decode()
    assert "&lt;b&gt;Ana&lt;/b&gt;" in page
    assert "<b>Ana" not in page


@pytest.mark.parametrize("field", ["badge", "unit", "rank"])
@pytest.mark.parametrize("value", ["a\u202eb", "a\x00b", "a\nb", "x" * 500])
def test_facts_that_would_steer_what_shows_them(field, value, corrects, officer):
    before = getattr(officer, field)
    assert corrects(**{field: value}).status_code == 422
    officer.refresh_from_db()
    assert getattr(officer, field) == before
