"""The worklist shows to each role what waits for it, leads to a page that its reader may open, and stays cheap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from alpr_portal import context, worklist
from alpr_portal.policy.vocabulary import Category
from tests import cast, make
from tests.counting import statements
from training import invitations, waiting
from training.models import (
    AccountLock,
    AccountProposal,
    Attempt,
    CourseEnd,
    Designation,
    Job,
    JobDone,
    Letter,
    LockRelease,
    Member,
)

pytestmark = pytest.mark.django_db
ROLES = [name for name in cast.CAST if name not in {"leaver", "untrained_officer", "undesignated"}]


def person(name):
    return cast.CAST[name]()


def lines(member):
    return {item.label: item for item in worklist.worklist(Member.objects.get(pk=member.pk))}


def trainee(name, days=None, **values):
    member = cast.member(name, name.title(), "officer", trained=False, **{"unit": "Patrol 3", **values})
    if days is not None:
        make.completion(member, days=days, completed_on=timezone.localdate() - timedelta(days=60))
    return member


def proposal(step="join", by=None, **values):
    said = {"details": {"username": "new", "name": "New"}, "category": "sworn", "roles": ["officer"], **values}
    return AccountProposal.objects.write(by=by or person("supervisor"), step=step, reason="Joins us", **said)


def invited():
    invitations.invite(trainee("new", 200), reason="New", by=None, now=timezone.now() - timedelta(days=9))


def reviewed():
    """An officer of the supervisor's whom nobody reviewed for over a year."""
    member = trainee("old", 200, supervisor=person("supervisor"))
    Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - timedelta(days=500))


def designated_until(days):
    now = timezone.now()
    member = trainee("analyst", 200, category=Category.OTHER.value)
    return Designation.objects.write(
        by=person("chief"), member=member, scope="Analysis", starts_at=now, ends_at=now + timedelta(days=days)
    )


def job_done(by):
    job = Job.objects.write(by=by, what="training_report", verb="training.export_training", arguments={})
    JobDone.objects.write(by=None, job=job, outcome="done", name="a.csv", media_type="text/csv", content=b"a")


def codes(used):
    made = RecoveryCodes.activate(person("chief")).instance
    made.data["used_mask"] = (1 << used) - 1
    made.save()


def late_letter():
    member = trainee("reach", 200, email="reach@opd.example")
    at = timezone.now() - timedelta(days=2)
    make.backdated(Letter, at=at, member=member, kind="lapse_7", about_on=timezone.localdate())


# who, what arranges it, which line
APPEARS = [
    ("supervisor", lambda: make.waiting_query(person("officer")), "Searches that await your decision"),
    ("system_administrator", proposal, "Proposals about accounts that await your decision"),
    (
        "supervisor",
        lambda: proposal("factor", person("system_administrator"), member=person("officer"), category="", roles=[]),
        "Proposals about accounts that await your decision",
    ),
    (
        "administrator",
        lambda: proposal("factor", person("system_administrator"), member=person("officer"), category="", roles=[]),
        "Proposals about accounts that await your decision",
    ),
    (
        "system_administrator",
        lambda: AccountLock.objects.write(by=None, member=person("officer"), failures=5),
        "Locked accounts",
    ),
    ("system_administrator", lambda: trainee("alone", 200), "Accounts without a supervisor"),
    ("system_administrator", invited, "Invitations that ran out unused"),
    ("supervisor", reviewed, "People whose yearly review of access is due"),
    ("auditor", reviewed, "Reviewers whose yearly review of access is due"),
    (
        "commissioner",
        lambda: make.gap(person("coordinator"), due_on=timezone.localdate() - timedelta(days=1)),
        "Known gaps that are overdue",
    ),
    ("supervisor", lambda: trainee("soon", 20), "Members whose training lapses within 60 days"),
    ("supervisor", lambda: trainee("late", -2), "Members whose training has lapsed"),
    ("supervisor", lambda: trainee("never"), "Members with access who were never trained"),
    ("training_officer", lambda: trainee("soon", 20), "Members whose training lapses within 60 days"),
    ("training_officer", lambda: trainee("late", -2), "Members whose training has lapsed"),
    ("training_officer", lambda: trainee("never"), "Members with access who were never trained"),
    ("training_officer", lambda: make.course(title="New", approved=False), "Courses without approval"),
    ("training_officer", lambda: CourseEnd.objects.write(by=person("training_officer"), course=make.course(),
                                                         reason="Out of date"), "Topics that no approved course covers"),
    ("administrator", lambda: make.course(title="New", approved=False), "Courses that await your approval"),
    ("chief", lambda: make.course(title="New", approved=False), "Courses that await your approval"),
    ("administrator", lambda: None, "Kinds of documents without one in force"),
    ("chief", lambda: designated_until(20), "Designations that end within 30 days"),
    ("chief", lambda: person("undesignated"), "Members with access and without a designation"),
    (
        "chief",
        lambda: Member.objects.filter(pk=person("officer").pk).update(joined_at=timezone.now() - timedelta(days=500)),
        "People whose yearly review of access is due",
    ),
    (
        "coordinator",
        lambda: make.gap(person("coordinator"), due_on=timezone.localdate() - timedelta(days=1)),
        "Known gaps that are overdue",
    ),
    ("coordinator", late_letter, "Letters that have not left for a day"),
    ("training_officer", lambda: job_done(person("training_officer")), "Files that are ready"),
    ("chief", lambda: codes(8), "Recovery codes are running out"),
    ("training_officer", lambda: Attempt.objects.write(by=person("training_officer"), course=make.course(),
                                                       questions=[], right=[]), "Exams that you began"),
]  # fmt: skip

# lines that a bare database shows too
THERE_ANYWAY = {"Kinds of documents without one in force", "Accounts without a supervisor"}


@pytest.mark.parametrize(("who", "arrange", "label"), APPEARS, ids=[f"{w}: {label}" for w, _, label in APPEARS])
def test_a_line_appears_when_something_waits_and_leads_to_a_page_its_reader_may_open(who, arrange, label, client_of):
    member = person(who)
    if label not in THERE_ANYWAY:
        assert label not in lines(member)
    arrange()
    item = lines(member)[label]
    assert item.count >= 1
    assert client_of(Member.objects.get(pk=member.pk)).get(item.url).status_code == 200


def test_every_line_of_the_page_is_tried_above():
    tried = {label for _, _, label in APPEARS}
    elsewhere = ("reads.", "hotlists.", "audits.")
    of_reads = {line.label for line in worklist.LINES if any(verb.startswith(elsewhere) for verb in line.verbs)}
    ours = {line.label for line in (*worklist.LINES, *worklist.MINE)} | {label for _, label, _ in worklist.TRAINED}
    assert ours - of_reads <= tried


class TestNothingMore:
    """The same arrangement, and what takes a line away."""

    def test_a_released_lock(self, system_administrator, officer):
        lock = AccountLock.objects.write(by=None, member=officer, failures=5)
        LockRelease.objects.write(by=system_administrator, lock=lock, member=officer, through="page", reason="Called")
        assert "Locked accounts" not in lines(system_administrator)

    def test_an_invitation_that_still_runs_or_was_renewed(self, system_administrator):
        member = trainee("new", 200)
        invitations.invite(member, reason="New", by=None, now=timezone.now() - timedelta(days=9))
        invitations.invite(member, reason="Renewed", by=None, now=timezone.now())
        assert waiting.not_taken_up(system_administrator)[0] == 0

    def test_a_designation_that_another_continues(self, chief):
        first = designated_until(20)
        Designation.objects.write(
            by=chief,
            member=first.member,
            scope="Analysis",
            starts_at=first.ends_at,
            ends_at=first.ends_at + timedelta(99),
        )
        assert "Designations that end within 30 days" not in lines(chief)

    def test_a_supervisor_does_not_see_other_peoples_training(self, supervisor):
        trainee("other", -2, unit="Robbery")
        assert "Members whose training has lapsed" not in lines(supervisor)

    def test_recovery_codes_that_are_plenty(self, chief):
        codes(7)
        assert "Recovery codes are running out" not in lines(chief)

    def test_who_made_a_course_does_not_approve_it(self, chief):
        make.course(title="New", approved=False, made_by=chief)
        assert "Courses that await your approval" not in lines(chief)


@pytest.mark.clause("C.3.a")
class TestOwnTraining:
    def test_it_lapses_soon(self):
        assert lines(trainee("soon", 20))["Your training lapses"].due_at is not None

    def test_who_may_not_enter_sees_only_what_is_their_own(self, client_of):
        member = trainee("late", -2)
        make.waiting_query(member)
        found = lines(member)
        assert set(found) == {"Your training or designation does not hold"}
        assert client_of(member).get(found["Your training or designation does not hold"].url).status_code == 200


class TestCost:
    def queries(self, member):
        member = Member.objects.get(pk=member.pk)
        return statements(worklist.worklist, member)

    @pytest.mark.parametrize("who", ROLES)
    def test_as_many_queries_whatever_waits(self, who):
        member = person(who)
        few = self.queries(member)
        for number in range(4):
            trainee(f"a{number}", (None, -2, 20, 200)[number], supervisor=person("supervisor"))
            proposal()
            make.waiting_query(person("officer"))
            make.gap(person("coordinator"), due_on=timezone.localdate() - timedelta(days=1))
            make.course(title=f"Course {number}", approved=False)
        assert self.queries(member) == few
        assert few <= 34

    def test_a_page_makes_it_once(self, system_administrator, client_of, monkeypatch):
        made = []
        real = worklist.worklist
        monkeypatch.setattr(worklist, "worklist", lambda *args, **kw: made.append(1) or real(*args, **kw))
        client_of(system_administrator).get(reverse("home"))
        assert made == [1]


class TestNavigation:
    def names(self, client, page="list_documents"):
        answer = client.get(reverse(page))
        return [entry["name"] for entry in answer.context["navigation"]]

    @pytest.mark.parametrize("who", ROLES)
    def test_every_entry_opens(self, who, client_of):
        client = client_of(person(who))
        for name in self.names(client):
            assert client.get(reverse(name)).status_code == 200, name

    def test_every_entry_exists(self):
        for name, *_ in context.NAVIGATION:
            try:
                reverse(name)
            except NoReverseMatch:
                pytest.fail(name)

    def test_who_may_not_enter_sees_what_is_open_to_them(self, untrained_officer, client_of):
        assert self.names(client_of(untrained_officer), "my_training") == ["my_training", "list_documents", "order"]

    def test_sections_stand_together(self):
        sections = [entry[4] for entry in context.NAVIGATION]
        assert [s for n, s in enumerate(sections) if n == 0 or sections[n - 1] != s] == list(dict.fromkeys(sections))
