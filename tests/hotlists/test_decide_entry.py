"""C.2.B.2: the Administrator or designee decides on the version they saw, once, and never on an entry of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists import entries, waiting_entries
from hotlists.entry_rules import Life, Stands, life, may_decide_entry
from hotlists.models import EntryConfirmation, EntryDecision, EntryEnd, EntryVersion, Hit, WatchRow
from tests import make
from tests.corpus import table

from .propose import lent

pytestmark = pytest.mark.clause("C.2.B.2")
SAYS = "The report supports it, checked."


def page(version):
    return reverse("decide_entry", args=[version.entry_id])


def said(seen, decision="approve", **values):
    return {"version": str(seen.pk), "decision": decision, "reason": SAYS, **values}


def decide(version, by, *, approved=True):
    return entries.decide_entry(version, approved=approved, reason=SAYS, by=by, now=timezone.now())


@pytest.fixture
def version(officer):
    return make.entry(officer)


class TestPage:
    def test_it_shows_the_entry_and_records_the_decision(self, client_of, administrator, version):
        client = client_of(administrator)
        shown = client.get(page(version)).content.decode()
        assert version.justification in shown
        assert "8ABC123" in shown
        done = client.post(page(version), said(version))
        record = EntryDecision.objects.get()
        assert done.headers["Location"] == reverse("view_receipt", args=[record.pk])
        assert (record.by, record.proposed_by, record.approved) == (administrator, version.by, True)
        assert record.on_behalf_of is None
        assert WatchRow.objects.get().version_id == version.pk
        assert "Approved" in client.get(done.headers["Location"]).content.decode()

    def test_denied_it_matches_nothing_and_its_proposer_is_told(self, client_of, administrator, officer, version):
        assert client_of(administrator).post(page(version), said(version, "deny")).status_code == 302
        assert not WatchRow.objects.exists()
        assert waiting_entries.denied(officer)[0] == 1
        assert SAYS in client_of(officer).get(reverse("view_entry", args=[version.entry_id])).content.decode()

    @pytest.mark.parametrize("values", [{"decision": ""}, {"reason": ""}, {"reason": "ok"}])
    def test_incomplete(self, client_of, administrator, version, values):
        assert client_of(administrator).post(page(version), said(version, **values)).status_code == 422
        assert not EntryDecision.objects.exists()

    @pytest.mark.parametrize("named", ["", "nonsense", "00000000-0000-4000-8000-000000000001"])
    def test_what_was_not_seen_is_not_decided(self, client_of, administrator, version, named):
        answer = client_of(administrator).post(page(version), said(version, version=named))
        assert answer.status_code == 403
        assert not EntryDecision.objects.exists()

    def test_a_newer_version_is_told(self, client_of, administrator, officer, version):
        make.version(version.entry, officer, plate="9ZZZ999")
        answer = client_of(administrator).post(page(version), said(version))
        assert answer.status_code == 403
        assert "changed meanwhile" in answer.content.decode()
        assert not WatchRow.objects.exists()

    def test_it_shows_what_changed_since_the_approved_version(self, client_of, administrator, officer, version):
        decide(version, administrator)
        newer = make.version(version.entry, officer, instructions="Call Robbery at once.", change="Robbery took over")
        shown = client_of(administrator).get(page(newer)).content.decode()
        assert "What changes since the approved version" in shown
        assert "Robbery took over" in shown
        assert f"{version.instructions}</del>" in shown
        assert "Call Robbery at once.</ins>" in shown

    def test_it_asks_whether_it_is_still_you(self, administrator, version):
        client = Client()
        client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert "reauthenticate" in client.get(page(version)).headers["Location"]

    def test_nobody_decides_their_own(self, client_of, administrator):
        own = make.entry(administrator)
        client = client_of(administrator)
        assert "Nobody decides on their own entry" in client.get(page(own)).content.decode()
        assert client.post(page(own), said(own)).status_code == 403
        assert waiting_entries.to_decide(administrator)[0] == 0
        assert not EntryDecision.objects.exists()


class TestOrDesignee:
    def test_the_act_says_on_whose_behalf(self, client_of, version, other_supervisor, administrator):
        assert client_of(other_supervisor).get(page(version)).status_code == 403
        lent(administrator, other_supervisor)
        assert client_of(other_supervisor).post(page(version), said(version)).status_code == 302
        record = EntryDecision.objects.get()
        assert (record.by, record.on_behalf_of) == (other_supervisor, administrator)

    def test_the_administrators_own_entry_needs_another_designee(self, administrator, other_supervisor):
        own = make.entry(administrator)
        lent(administrator, other_supervisor)
        assert decide(own, other_supervisor).approved

    def test_nor_a_designee_on_a_change_of_theirs(self, administrator, other_supervisor, version):
        lent(administrator, other_supervisor)
        newer = make.version(version.entry, other_supervisor)
        with pytest.raises(Refused, match="own entry"):
            decide(newer, other_supervisor)


@pytest.mark.parametrize(
    ("decider", "holds_verb", "by", "first", "decided", "newest", "ended", "expired", "approves", "code", "note"),
    table("may_decide_entry.csv"),
)
def test_who_may_decide(decider, holds_verb, by, first, decided, newest, ended, expired, approves, code, note):
    refusal = may_decide_entry(
        decider=decider,
        proposed_by=by,
        first_proposed_by=first,
        holds_verb=holds_verb == "yes",
        decided=decided == "yes",
        newest=newest == "yes",
        ended=ended == "yes",
        expired=expired == "yes",
        approves=approves == "yes",
    )
    assert (refusal.code if refusal else "") == code


LIFE = "approved,hours,ended,urgent,by_designee,confirmed,since,newer,state,note"


def stored(approved, hours, ended, urgent, by_designee, confirmed, since, newer):
    """The records that a row tells of, in the past where it says so."""
    from tests.cast import CAST

    okoro, abara, silva = CAST["officer"](), CAST["administrator"](), CAST["other_supervisor"]()
    lent(abara, silva)
    now, back = timezone.now(), timedelta(hours=int(since) + 1)
    found = make.bolo("amber", kind="amber") if urgent == "yes" else make.bolo()
    expires = now + timedelta(hours=int(hours))
    proposed = min(now - back, expires - timedelta(hours=2))
    entry = make.backdated(entries.Entry, at=proposed, by=okoro, hot_list=found)
    values = {
        **{"entry": entry, "number": 1, "watched": "plate", "plate": "8ABC123", "purpose": "missing_or_at_risk_person"},
        **{"justification": "Seen", "case_number": "26-012345", "report_number": "26-012345", "instructions": "Call"},
        **{"confidentiality": "department", "expires_at": expires, "urgent": urgent == "yes", "screening": {}},
    }
    version = make.backdated(EntryVersion, at=proposed, by=okoro, answers={}, **values)
    if approved:
        decider = silva if by_designee == "yes" else abara
        behalf = {"on_behalf_of": abara, "on_behalf_of_name": abara.name} if decider == silva else {}
        said = {"version": version, "approved": approved == "yes", "reason": SAYS, "proposed_by": okoro, **behalf}
        decision = make.backdated(EntryDecision, at=now - timedelta(hours=int(since)), by=decider, **said)
        if confirmed:
            at = decision.at + timedelta(hours=min(int(since), 20) / 2)
            word = {"decision": decision, "confirmed": confirmed == "yes", "reason": SAYS, "proposed_by": okoro}
            make.backdated(EntryConfirmation, at=at, by=abara, **word)
    if newer:
        later = make.version(entry, okoro, urgent=False, purpose="missing_or_at_risk_person")
        if newer == "approved":
            make.decided(later, abara)
    if ended == "yes":
        EntryEnd.objects.write(by=okoro, entry=entry, because="found", note="Found")
    return version, now


@pytest.mark.django_db
@pytest.mark.parametrize(LIFE.split(","), table("entry_life.csv"))
def test_how_a_version_stands(approved, hours, ended, urgent, by_designee, confirmed, since, newer, state, note):
    """The pure rule, its twin over query sets, and what the database compares with reads all say the same."""
    version, now = stored(approved, hours, ended, urgent, by_designee, confirmed, since, newer)
    said = {"yes": True, "no": False, "": None}
    stands = Stands(
        approved=said[approved],
        expires_at=version.expires_at,
        ended=ended == "yes",
        urgent=urgent == "yes",
        by_designee=by_designee == "yes",
        decided_at=version.decision.at if approved else None,
        confirmed=said[confirmed],
        newer=newer,
    )
    assert life(stands, now=now) == state
    again = EntryVersion.objects.get(pk=version.pk)
    assert entries.stands_of(again) == stands
    assert entries.with_life(EntryVersion.objects.all(), now).get(pk=version.pk).life == state
    compared = WatchRow.objects.filter(version_id=version.pk, starts_at__lte=now, ends_at__gt=now)
    assert compared.exists() == (state == Life.ACTIVE)
    force = entries.newest(now).get(entry=version.entry).force_id
    assert (force == version.pk) == (state == Life.ACTIVE)


@pytest.mark.django_db
class TestEntry:
    """An entry stands as its version in force does, whatever became of a newer one."""

    def stands(self, entry):
        found = entries.newest(timezone.now()).get(entry=entry)
        return found.stands, found.life

    def test_while_a_change_waits_or_is_denied(self, officer, administrator):
        entry = make.active(officer)
        assert self.stands(entry) == ("active", "active")
        newer = make.version(entry, officer, plate="9ZZZ999")
        assert self.stands(entry) == ("active", "pending")
        decide(newer, administrator, approved=False)
        assert self.stands(entry) == ("active", "denied")
        assert WatchRow.objects.get().plate == "8ABC123"

    def test_a_change_that_is_approved_takes_its_place(self, officer, administrator):
        entry = make.active(officer)
        decide(make.version(entry, officer, plate="9ZZZ999"), administrator)
        assert self.stands(entry) == ("active", "active")
        assert WatchRow.objects.get().plate == "9ZZZ999"


class TestOnlyApprovedMatch:
    """Only an approved version, from its approval to its end, raises a hit on a read that is stored."""

    @pytest.mark.parametrize(LIFE.split(","), [row for row in table("entry_life.csv") if row.values[7] == ""])
    def test_hit(self, committed, approved, hours, ended, urgent, by_designee, confirmed, since, newer, state, note):
        stored(approved, hours, ended, urgent, by_designee, confirmed, since, newer)
        make.read("8ABC123")
        assert [hit.match for hit in Hit.objects.all()] == (["exact"] if state == "active" else [])
