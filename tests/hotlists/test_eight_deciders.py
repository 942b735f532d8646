"""C.2.B.2: eight who decide at once make one decision, and seven are told so; who decides and who ends take turns."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists import entries
from hotlists.models import Entry, EntryDecision, EntryEnd, EntryVersion, WatchRow
from tests import cast, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("C.2.B.2")]
SAYS = "The report supports it."


def at_once(*acts):
    """What each act came to, all begun together: "done", or the code of the refusal."""
    gate, came = threading.Barrier(len(acts)), []

    def run(act):
        try:
            gate.wait(30)
            act()
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        except Exception as error:  # a test tells of it
            came.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(came)


def deciders(number):
    return [cast.member(f"abara{n}", f"Ada Abara {n}", "administrator") for n in range(number)]


def deciding(version, by, *, approved=True):
    def act():
        found = EntryVersion.objects.select_related("entry", "by").get(pk=version.pk)
        entries.decide_entry(found, approved=approved, reason=SAYS, by=by, now=timezone.now())

    return act


def test_one_decision_and_seven_are_told(officer):
    version = make.entry(officer)
    acts = [deciding(version, by, approved=bool(n % 2)) for n, by in enumerate(deciders(8))]
    assert at_once(*acts) == ["done", *["entry.decided"] * 7]
    decision = EntryDecision.objects.get()
    assert WatchRow.objects.count() == (1 if decision.approved else 0)


def test_the_constraint_decides_where_no_rule_was_asked(officer, monkeypatch):
    """Even those who were all told that they may, by rules asked too early, make one decision."""
    monkeypatch.setattr(entries, "blocks_decision", lambda *args, **values: None)
    monkeypatch.setattr(entries, "hold", lambda entry: None)
    version = make.entry(officer)
    assert at_once(*[deciding(version, by) for by in deciders(8)]) == ["done", *["entry.decided"] * 7]
    assert EntryDecision.objects.count() == 1


@pytest.mark.parametrize("round", range(3))
def test_an_end_and_an_approval_at_once_leave_nothing_in_force(officer, administrator, round, monkeypatch):
    monkeypatch.setattr(entries, "hold", lambda entry: None)  # the database takes turns by itself
    version = make.entry(officer)

    def end():
        entry = Entry.objects.get(pk=version.entry_id)
        entries.end_entry(entry, because="found", note=SAYS, by=officer, now=timezone.now())

    assert set(at_once(end, deciding(version, administrator))) <= {"done", "entry.ended"}
    assert EntryEnd.objects.count() == 1
    assert not WatchRow.objects.exists()


def test_two_changes_at_once_are_one_after_the_other(officer, other_officer):
    version = make.entry(officer)
    said = entries.Said(
        **{name: getattr(version, name) for name in entries.Said.__dataclass_fields__ if name != "answers"}
    )

    def change(by):
        def act():
            entry = Entry.objects.get(pk=version.entry_id)
            changed = {**{name: getattr(said, name) for name in entries.Said.__dataclass_fields__}, "change": "Renewed"}
            entries.edit_entry(entry, entries.Said(**changed), seen=str(version.pk), by=by, now=timezone.now())

        return act

    assert at_once(change(officer), change(other_officer)) == ["done", "entry.changed"]
    assert EntryVersion.objects.filter(entry=version.entry).count() == 2
