"""C.3.b: leavers and transfers by file: every row is shown first, one error stops the whole file, and it is done once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from tests import make
from tests.commands.run import run
from training import members, personnel
from training.models import AccountClosed, Intake, IntakeApplied, Member
from training.personnel_rules import COLUMNS

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]
HEAD = ",".join(COLUMNS)


def day(days=0):
    return str(timezone.localdate() + timedelta(days=days))


def leaver(badge, **values):
    return line(badge=badge, action="leaver", effective_on=values.pop("effective_on", day()), **values)


def transfer(badge, **values):
    said = {"effective_on": day(), "unit": "Robbery", "supervisor_badge": "TANAKA", "roles": "keep", **values}
    return line(badge=badge, action="transfer", **said)


def line(**values):
    return ",".join(values.get(name, "") for name in COLUMNS)


def file(*lines):
    return "\n".join([HEAD, *lines]).encode()


@pytest.fixture
def people(officer, other_officer, supervisor, other_supervisor, system_administrator):
    """Two officers of Patrol 3 with badges OKORO and PETROV, a supervisor of Robbery with badge TANAKA."""
    return officer, other_officer


@pytest.fixture
def faults(system_administrator):
    """The faults of a file's rows, by line."""

    def found(*lines):
        intake = personnel.receive("people.csv", file(*lines), by=system_administrator)
        rows = personnel.judged(intake, by=system_administrator, now=timezone.now())
        return {row.line: row.faults for row in rows if row.faults}

    return found


class TestRows:
    def test_good_rows_have_none(self, people, faults):
        assert faults(leaver("OKORO"), transfer("PETROV")) == {}

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (leaver("NOBODY"), "no member has it"),
            (leaver(""), "Badge: enter it"),
            (leaver("SATO"), "it is your own"),
            (leaver("OKORO", effective_on=day(1)), "in the future"),
            (leaver("OKORO", effective_on="15.06.2026"), "write the day as"),
            (leaver("OKORO", effective_on="0001-01-01"), "before 1970"),
            (leaver("OKORO", roles="keep"), "keeps none"),
            (line(badge="OKORO", action="promotion", effective_on=day()), "write leaver or transfer"),
            (transfer("OKORO", unit=""), "Unit: a transfer needs it"),
            (transfer("OKORO", supervisor_badge=""), "Supervisor badge: a transfer needs it"),
            (transfer("OKORO", supervisor_badge="NOBODY"), "not one member's"),
            (transfer("OKORO", supervisor_badge="SATO"), "role of supervisor"),
            (transfer("TANAKA"), "Nobody supervises themself"),
            (transfer("OKORO", roles=""), "write keep or end"),
            (transfer("OKORO", unit="x" * 121), "shorten it to 120"),
        ],
    )
    def test_each_error_is_said_at_its_row(self, people, faults, row, words):
        found = faults(leaver("PETROV"), row)
        assert list(found) == [3]
        assert any(words in fault for fault in found[3]), found

    def test_a_badge_is_found_however_its_letters_are_written(self, people, faults):
        assert not any(faults(transfer("Okoro", supervisor_badge="tanaka")).values())

    def test_a_badge_of_two_members(self, people, faults):
        Member.objects.filter(username="petrova").update(badge="OKORO")
        assert "several members" in faults(leaver("OKORO"))[2][0]

    def test_the_same_badge_twice_in_the_file(self, people, faults):
        assert set(faults(leaver("OKORO"), leaver("OKORO"))) == {2, 3}

    def test_a_closed_account(self, people, faults):
        make.closed(people[0])
        assert "closed already" in faults(leaver("OKORO"))[2][0]

    def test_a_supervisor_who_leaves_by_the_same_file(self, people, faults):
        assert "leaves by the same file" in faults(transfer("OKORO"), leaver("TANAKA"))[2][0]

    def test_a_circle_made_by_two_rows(self, people, faults):
        found = faults(transfer("SILVA"), transfer("TANAKA", supervisor_badge="SILVA"))
        assert set(found) == {2, 3}
        assert "stands over them" in found[2][0]

    def test_no_message_repeats_what_stood_in_the_file(self, people, faults):
        found = faults(line(badge="8ABC123", action="8ABC123", effective_on="8ABC123", roles="8ABC123"))
        assert "8ABC123" not in str(found)


class TestApply:
    def applied(self, by, *lines):
        intake = personnel.receive("people.csv", file(*lines), by=by)
        return personnel.apply_personnel(intake, by=by, now=timezone.now())

    def test_leavers_are_out_and_transfers_moved(self, people, system_administrator, other_supervisor):
        officer, other = people
        done = self.applied(system_administrator, leaver("OKORO"), transfer("PETROV", rank="Detective"))
        assert done.counts == {"leavers": 1, "transfers": 1, "roles_ended": 1}
        officer.refresh_from_db()
        other.refresh_from_db()
        assert not officer.is_active
        assert AccountClosed.objects.get().because == "left"
        assert (other.unit, other.rank, other.supervisor) == ("Robbery", "Detective", other_supervisor)
        assert members.roles_of(other) == ["officer"]
        assert other.history.first().history_user == system_administrator

    def test_roles_end_where_the_row_says_so(self, people, system_administrator):
        self.applied(system_administrator, transfer("OKORO", roles="end"))
        assert members.roles_of(people[0]) == []

    def test_two_supervisors_change_places(self, people, supervisor, other_supervisor, chief, system_administrator):
        make.under(supervisor, other_supervisor)
        make.under(other_supervisor, chief)
        rows = (transfer("TANAKA", supervisor_badge="SILVA"), transfer("SILVA", supervisor_badge="CHAU"))
        self.applied(system_administrator, *rows)
        supervisor.refresh_from_db()
        other_supervisor.refresh_from_db()
        assert (supervisor.supervisor, other_supervisor.supervisor) == (chief, supervisor)

    def test_one_error_anywhere_and_nothing_is_done(self, people, system_administrator):
        with pytest.raises(BadInput, match="nothing was done"):
            self.applied(system_administrator, leaver("OKORO"), leaver("NOBODY"))
        assert not AccountClosed.objects.exists()
        assert not IntakeApplied.objects.exists()

    def test_the_rows_are_judged_again_when_confirmed(self, people, system_administrator):
        intake = personnel.receive("people.csv", file(leaver("OKORO"), leaver("PETROV")), by=system_administrator)
        make.closed(people[1])
        with pytest.raises(BadInput):
            personnel.apply_personnel(intake, by=system_administrator, now=timezone.now())
        people[0].refresh_from_db()
        assert people[0].is_active

    def test_a_file_is_applied_once(self, people, system_administrator):
        intake = personnel.receive("people.csv", file(transfer("OKORO")), by=system_administrator)
        for _ in range(2):
            assert personnel.receive("again.csv", file(transfer("OKORO")), by=system_administrator) == intake
        personnel.apply_personnel(intake, by=system_administrator, now=timezone.now())
        with pytest.raises(Refused, match="applied once"):
            personnel.apply_personnel(intake, by=system_administrator, now=timezone.now())


class TestPages:
    def send(self, client, data):
        return client.post(reverse("load_personnel"), {"file": SimpleUploadedFile("people.csv", data, "text/csv")})

    def test_upload_preview_confirm_receipt(self, people, system_administrator, client_of):
        client = client_of(system_administrator)
        preview = self.send(client, file(leaver("OKORO"), transfer("PETROV")))["Location"]
        page = client.get(preview).content.decode()
        assert "Closes the account and ends its roles (Officer)" in page
        assert "Moves to Robbery, under Toru Tanaka; keeps its roles (Officer)" in page
        assert not AccountClosed.objects.exists()
        receipt = client.get(client.post(preview)["Location"]).content.decode()
        assert str(IntakeApplied.objects.get().pk)[:8].upper() in receipt
        assert client.get(preview).status_code == 200
        assert client.post(preview).status_code == 403

    def test_a_wrong_file_shows_its_rows_and_cannot_be_confirmed(self, people, system_administrator, client_of):
        client = client_of(system_administrator)
        preview = self.send(client, file(leaver("OKORO"), leaver("NOBODY")))["Location"]
        page = client.get(preview).content.decode()
        assert "no member has it" in page
        assert "Do all" not in page
        assert client.post(preview).status_code == 422
        assert not AccountClosed.objects.exists()

    @pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"name,badge\na,b\n", HEAD.encode(), b"\x00"])
    def test_a_file_that_cannot_be_read(self, system_administrator, client_of, data):
        assert self.send(client_of(system_administrator), data).status_code == 422
        assert not Intake.objects.exists()


class TestCommand:
    def write(self, tmp_path, *lines):
        path = tmp_path / "people.csv"
        path.write_bytes(file(*lines))
        return str(path)

    def test_dry_run_says_what_it_would_do_and_does_nothing(self, people, tmp_path):
        said = run("load_personnel", self.write(tmp_path, leaver("OKORO")), by="sato", dry_run=True)
        assert "line 2, Ola Okoro (OKORO): Closes the account" in said
        assert "Rows that would be done: 1. Nothing was done." in said
        assert not Intake.objects.exists()
        assert not AccountClosed.objects.exists()

    def test_it_does_the_file_once(self, people, tmp_path):
        path = self.write(tmp_path, leaver("OKORO"), transfer("PETROV"))
        assert run("load_personnel", path, by="sato") == "Left: 1. Transferred: 1. Roles ended: 1.\n"
        with pytest.raises(CommandError, match="applied once"):
            run("load_personnel", path, by="sato")

    def test_errors_are_said_and_nothing_is_done(self, people, tmp_path):
        path = self.write(tmp_path, leaver("OKORO"), leaver("NOBODY"))
        with pytest.raises(CommandError, match="errors: 1 of 2"):
            run("load_personnel", path, by="sato")
        assert not AccountClosed.objects.exists()

    @pytest.mark.parametrize("who", ["nobody", "okoro"])
    def test_only_by_who_may(self, people, tmp_path, who):
        with pytest.raises(CommandError):
            run("load_personnel", self.write(tmp_path, leaver("PETROV")), by=who)
        assert not AccountClosed.objects.exists()
