"""The worklist's lines about hot lists: each appears when something waits and leads to a page its reader may open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from alpr_portal import worklist
from hotlists.models import EntryConfirmation, IncidentAssigned, NextStep
from tests import cast, make
from tests.hotlists.stopped import keep
from training.models import Loan, Member

pytestmark = pytest.mark.usefixtures("committed")


def person(name):
    return cast.CAST[name]()


def lines(member):
    return {item.label: item for item in worklist.worklist(Member.objects.get(pk=member.pk))}


def taken():
    officer = person("officer")
    IncidentAssigned.objects.write(by=officer, incident=make.incident(), member=officer, member_name=officer.name)


def closed_as_a_stop():
    make.verification(make.incident(), person("officer"), outcome="stop")


def overdue_step():
    officer = person("officer")
    stop = keep(officer)
    NextStep.objects.write(by=officer, stop=stop, what="Call", due_on=timezone.localdate() - timedelta(days=1))


def urgent(**values):
    return make.entry(
        person("officer"), hot_list=make.hot_list("amber", kind="amber", feed="members"), urgent=True, **values
    )


def let_in_by_a_designee():
    now, administrator, designee = timezone.now(), person("administrator"), person("other_supervisor")
    ends = now + timedelta(days=9)
    Loan.objects.write(
        by=administrator, designee=designee, verb="hotlists.decide_entry", starts_at=now, ends_at=ends, reason="Away"
    )
    return make.decided(urgent(), designee, on_behalf_of=administrator)


def not_confirmed():
    decision = let_in_by_a_designee()
    EntryConfirmation.objects.write(
        by=person("administrator"),
        decision=decision,
        confirmed=False,
        reason="No alert",
        proposed_by=decision.proposed_by,
    )


def held():
    make.refresh(make.hot_list(), "8ABC123", outcome="held", code="hotlist.changed")


APPEARS = [
    ("officer", make.incident, "Hits that nobody works yet"),
    ("officer", taken, "Hits that are yours"),
    ("officer", closed_as_a_stop, "Stops without a record"),
    ("supervisor", closed_as_a_stop, "Stops without a record"),
    ("auditor", closed_as_a_stop, "Stops without a record"),
    ("supervisor", lambda: keep(person("officer")), "Stops without full verification"),
    ("auditor", lambda: keep(person("officer")), "Stops without full verification"),
    ("officer", overdue_step, "Next steps of your stops that are overdue"),
    ("supervisor", overdue_step, "Next steps of your unit's stops that are overdue"),
    ("administrator", urgent, "Urgent entries that await your decision"),
    ("administrator", lambda: make.entry(person("officer")), "Entries that await your decision"),
    ("administrator", let_in_by_a_designee, "Urgent entries to confirm"),
    (
        "officer",
        lambda: make.decided(make.entry(person("officer")), person("administrator"), approved=False),
        "Entries of yours that were not approved",
    ),
    (
        "officer",
        lambda: make.active(person("officer"), expires_at=timezone.now() + timedelta(days=2)),
        "Entries of yours that end within three days",
    ),
    ("officer", not_confirmed, "Urgent entries of yours that nobody confirmed"),
    ("coordinator", held, "Files of hot lists that are held for a person"),
    (
        "administrator",
        lambda: make.template(make.hot_list(), approved=False),
        "Templates of hot lists that await your decision",
    ),
    (
        "coordinator",
        lambda: make.listed("8ABC123", at=timezone.now() - timedelta(hours=25)),
        "Hot lists over 24 hours old",
    ),
    ("coordinator", make.hot_list, "Hot lists that were never loaded"),
]


@pytest.mark.parametrize(("who", "arrange", "label"), APPEARS, ids=[f"{w}: {label}" for w, _, label in APPEARS])
def test_a_line_appears_when_something_waits_and_leads_to_a_page_its_reader_may_open(who, arrange, label, client_of):
    member = person(who)
    assert label not in lines(member)
    arrange()
    item = lines(member)[label]
    assert item.count == 1
    assert client_of(Member.objects.get(pk=member.pk)).get(item.url).status_code == 200


def test_every_line_of_hot_lists_is_tried_above():
    tried = {label for _, _, label in APPEARS}
    assert {line.label for line in worklist.LINES if any(verb.startswith("hotlists.") for verb in line.verbs)} == tried


def test_nothing_waits_for_who_may_not_do_it(officer, other_supervisor):
    make.entry(officer)
    keep(officer)
    assert "Entries that await your decision" not in lines(officer)
    assert "Stops without full verification" not in lines(other_supervisor)
