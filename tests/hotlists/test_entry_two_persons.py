"""C.2.B.2 in the database: by SQL as the application, nothing matches without an entitled second member's decision."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from alpr_portal.records import broken_constraint
from hotlists.models import EntryConfirmation, EntryDecision, EntryEnd, EntryVersion, WatchRow
from tests import make
from training.models import Loan, LoanEnd

from .propose import lent

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]


@pytest.fixture
def version(officer):
    return make.entry(officer)


def decision(version, by, **values):
    """Write a decision past every rule of the portal."""
    said = {"version": version, "approved": True, "reason": "So", "proposed_by": version.by, **values}
    return EntryDecision.objects.write(by=by, **said)


def refused(act, *args, **values):
    """The constraint that refuses an act; nothing matches afterwards."""
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        act(*args, **values)
    return broken_constraint(found.value)


def without(trigger, table, act, *args, **values):
    """The same act with a guard dropped, in a transaction that is rolled back: how many rows match then."""
    with transaction.atomic():
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        act(*args, **values)
        found = WatchRow.objects.filter(version_id__isnull=False).count()
        transaction.set_rollback(True)
    return found


GUARD = ("hotlists_guard_decision", "hotlists_entrydecision")


def test_the_application_is_who_asks(version):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("alpr_app",)


def test_an_entitled_second_member_does(version, administrator):
    decision(version, administrator)
    assert WatchRow.objects.get().version_id == version.pk


def test_own_decision(version, officer, administrator):
    make.role(officer, "administrator")
    assert refused(decision, version, officer) == "entry_decided_by_someone_else"
    assert refused(decision, version, officer, proposed_by=administrator) == "entry_decision_names_author"
    assert not WatchRow.objects.exists()


def test_own_entry_that_another_changed(version, officer, other_officer):
    make.role(officer, "administrator")
    newer = make.version(version.entry, other_officer)
    assert refused(decision, newer, officer) == "entry_decided_by_someone_else"
    assert without(*GUARD, decision, newer, officer) == 1


def test_without_the_verb(version, other_officer, supervisor, coordinator, chief):
    for member in (other_officer, supervisor, coordinator, chief):
        assert refused(decision, version, member) == "entry_decided_by_entitled"
    assert without(*GUARD, decision, version, other_officer) == 1


def test_a_designee_names_whom_they_decide_for(version, other_supervisor, administrator):
    lent(administrator, other_supervisor)
    assert refused(decision, version, other_supervisor) == "entry_decided_on_behalf"
    decision(version, other_supervisor, on_behalf_of=administrator)
    assert WatchRow.objects.get().version_id == version.pk


def test_an_ended_loan(version, other_supervisor, administrator):
    loan = lent(administrator, other_supervisor)
    LoanEnd.objects.write(by=administrator, loan=loan, reason="Back")
    assert refused(decision, version, other_supervisor) == "entry_decided_by_entitled"
    assert without(*GUARD, decision, version, other_supervisor) == 1


def test_a_loan_that_ran_out(version, other_supervisor, administrator):
    now = timezone.now()
    span = {"starts_at": now - timedelta(days=9), "ends_at": now - timedelta(hours=1)}
    values = {"designee": other_supervisor, "verb": "hotlists.decide_entry", "reason": "Leave", **span}
    make.backdated(Loan, at=now - timedelta(days=9), by=administrator, **values)
    assert refused(decision, version, other_supervisor) == "entry_decided_by_entitled"


def test_a_loan_of_somebody_who_no_longer_holds_it(version, other_supervisor, administrator):
    lent(administrator, other_supervisor)
    make.no_role(administrator)
    assert refused(decision, version, other_supervisor) == "entry_decided_by_entitled"


def test_an_older_version(version, officer, administrator):
    make.version(version.entry, officer, plate="9ZZZ999")
    assert refused(decision, version, administrator) == "entry_decided_as_seen"
    assert without(*GUARD, decision, version, administrator) == 1


def test_an_ended_entry(version, officer, administrator):
    EntryEnd.objects.write(by=officer, entry=version.entry, because="found", note="Found")
    assert refused(decision, version, administrator) == "entry_ended"
    assert without(*GUARD, decision, version, administrator) == 1


def test_twice(version, administrator):
    decision(version, administrator, approved=False)
    assert refused(decision, version, administrator) == "hotlists_entrydecision_version_id_key"


def test_late_confirmation_of_an_urgent_entry(officer, other_supervisor, administrator):
    """What lapsed does not come back by a late word; a timely one keeps it."""
    lent(administrator, other_supervisor)
    now = timezone.now()
    for hours, constraint in ((25, "urgent_entry_lapsed"), (23, "")):
        amber = make.bolo("amber", kind="amber")
        version = make.entry(officer, hot_list=amber, urgent=True, purpose="missing_or_at_risk_person")
        said = {"version": version, "approved": True, "reason": "So", "proposed_by": officer}
        let_in = make.backdated(EntryDecision, at=now - timedelta(hours=hours), by=other_supervisor, **said)
        word = {"decision": let_in, "confirmed": True, "reason": "So", "proposed_by": officer}
        act = EntryConfirmation.objects.write
        row = WatchRow.objects.filter(version_id=version.pk)
        assert (row.get().ends_at > now) == (hours < 24)
        if constraint:
            assert refused(act, by=administrator, **word) == constraint
            assert row.get().ends_at < now
        else:
            assert refused(act, by=other_supervisor, **word) == "urgent_entry_confirmed"
            act(by=administrator, **word)
            assert row.get().ends_at == version.expires_at


def test_a_unit_only_entry_names_its_unit(administrator):
    """Whose unit is not known has no unit whose members alone could see the hits."""
    assert administrator.unit == ""
    assert refused(make.entry, administrator, confidentiality="unit") == "entry_of_a_unit_has_a_unit"


class TestRows:
    """What is compared with reads is written by the database, from a decision, and by nobody else."""

    COLUMNS = "hot_list_id, version_id, entry_id, plate, plate_fold, state, detail"

    def sql(self, statement, *values):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    @pytest.mark.parametrize(
        ("columns", "constraint"),
        [
            ("hot_list_id, version_id, entry_id, plate, plate_fold, state, detail", None),
            ("hot_list_id, plate, plate_fold, state, detail", "watch_row_of_file_or_entry"),
        ],
    )
    def test_no_row_is_inserted(self, version, columns, constraint):
        values = {
            "hot_list_id": version.entry.hot_list_id,
            "version_id": version.pk,
            "entry_id": version.entry_id,
            **{"plate": "8ABC123", "plate_fold": "8A8C123", "state": "CA", "detail": "{}"},
        }
        names = columns.split(", ")
        places = ", ".join(["%s"] * len(names))
        with pytest.raises(DatabaseError) as found:
            self.sql(f"INSERT INTO hotlists_watchrow ({columns}) VALUES ({places})", *(values[name] for name in names))
        if constraint is None:
            assert "permission denied" in str(found.value)
        else:
            assert broken_constraint(found.value) in {constraint, "rows_of_their_receipt"}
        assert not WatchRow.objects.exists()

    def test_nor_as_a_row_of_a_file(self, version):
        with pytest.raises(IntegrityError) as found:
            self.sql(
                "INSERT INTO hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, detail) "
                "VALUES (%s, %s, '8ABC123', '8A8C123', 'CA', '{}')",
                version.entry.hot_list_id,
                uuid.uuid4(),
            )
        assert broken_constraint(found.value) == "rows_of_their_receipt"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE hotlists_watchrow SET plate = '9ZZZ999', plate_fold = '9222999'",
            "UPDATE hotlists_watchrow SET ends_at = now() + interval '1 year'",
            "DELETE FROM hotlists_watchrow",
            "TRUNCATE hotlists_watchrow",
        ],
    )
    def test_none_is_changed_or_taken_away(self, version, administrator, statement):
        decision(version, administrator)
        with pytest.raises(DatabaseError, match="permission denied"):
            self.sql(statement)
        with make.as_owner():
            self.sql(statement)

    @pytest.mark.parametrize("table", ["entry", "entryversion", "entrydecision", "entryconfirmation", "entryend"])
    def test_nor_is_a_record(self, version, administrator, table):
        decision(version, administrator)
        for statement in (f"UPDATE hotlists_{table} SET by_name = 'x'", f"DELETE FROM hotlists_{table}"):
            with pytest.raises(DatabaseError, match="permission denied"):
                self.sql(statement)


class TestVersions:
    def test_numbered_in_order(self, version, officer):
        values = {
            name: getattr(version, name)
            for name in ("watched", "plate", "purpose", "justification", "case_number", "report_number", "expires_at")
        }
        values |= {"confidentiality": "department", "instructions": "Call", "change": "Again", "entry": version.entry}
        for number in (1, 3):
            assert refused(EntryVersion.objects.write, by=officer, number=number, **values)

    def test_thirty_days_are_the_most(self, version, officer):
        late = {"expires_at": timezone.now() + timedelta(days=31)}
        assert refused(make.version, version.entry, officer, **late) == "entry_lasts_30_days"

    def test_only_amber_and_silver_are_urgent(self, version, officer):
        assert refused(make.version, version.entry, officer, urgent=True) == "urgent_is_amber_or_silver"

    def test_none_of_an_ended_entry(self, version, officer):
        EntryEnd.objects.write(by=officer, entry=version.entry, because="found", note="Found")
        assert refused(make.version, version.entry, officer) == "entry_ended"

    def test_none_on_a_list_that_files_feed(self, officer):
        assert refused(make.entry, officer, hot_list=make.hot_list()) == "entry_on_a_list_of_members"
