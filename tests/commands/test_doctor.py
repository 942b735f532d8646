"""The doctor is green on a sound database, and names what is wrong on any other."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import CommandError
from django.db import connections
from guardian.models import UserObjectPermission

from alpr_portal.management.commands import doctor
from reads.models import Query, QueryUserObjectPermission
from tests import database, make
from tests.commands.run import run

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def sound(committed, monkeypatch, tmp_path):
    """A sound installation: days ahead are made, an own folder, and none of the old days that other tests need."""
    run("make_partitions")
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    days, young = doctor.health.partition_days, datetime.now(UTC) - timedelta(days=29)
    monkeypatch.setattr(doctor.health, "partition_days", lambda: [day for day in days() if day > young])


def red() -> dict[str, str]:
    """The red checks, each with what it says."""
    try:
        said = json.loads(run("doctor", "--json"))
    except CommandError:
        return {check.name: check.says for check in doctor.diagnose() if not check.ok}
    assert said["ok"]
    return {}


@contextmanager
def altered(statement: str, back: str):
    """A change to the database by somebody who may, undone afterwards."""
    with database.connect(settings.DATABASES["default"]["NAME"]) as admin:
        admin.execute(statement)
        try:
            yield
        finally:
            admin.execute(back)


@pytest.mark.clause("L.4")
class TestDoctor:
    def test_a_sound_database_is_green(self):
        assert red() == {}

    def test_people_read_a_line_for_each_check(self):
        lines = run("doctor").splitlines()
        assert len(lines) == len(doctor.health.CHECKS) + len(doctor.DEEPER)
        assert all(line.startswith("green  ") for line in lines)

    def test_red_is_an_exit_code_and_one_line_that_names_it(self, monkeypatch):
        wrong = doctor.Check("Weather", False, "it rains", "", "Take an umbrella.")
        monkeypatch.setattr(doctor, "DEEPER", (lambda: wrong,))
        with pytest.raises(CommandError, match=r"1 of \d+ checks are red: Weather\."):
            run("doctor")

    @pytest.mark.clause("F.1")
    def test_a_record_that_could_be_changed_is_named(self):
        change = "ALTER TABLE reads_query {} TRIGGER written_once"
        with altered(change.format("DISABLE"), change.format("ENABLE ALWAYS")):
            assert red()["Records"] == "not guarded: reads_query"

    @pytest.mark.clause("F.1")
    @pytest.mark.parametrize(
        ("statement", "back", "says"),
        [
            (
                "GRANT UPDATE ON reads_query TO alpr_app",
                "REVOKE UPDATE ON reads_query FROM alpr_app",
                "alpr_app update on reads_query",
            ),
            (
                "GRANT SELECT (plate) ON reads_query TO alpr_report",
                "REVOKE SELECT (plate) ON reads_query FROM alpr_report",
                "alpr_report select on reads_query",
            ),
            (
                "REVOKE SELECT ON reads_window FROM alpr_app",
                "GRANT SELECT ON reads_window TO alpr_app",
                "alpr_app lacks select on reads_window",
            ),
            (
                "GRANT EXECUTE ON FUNCTION reads_gate() TO PUBLIC",
                "REVOKE EXECUTE ON FUNCTION reads_gate() FROM PUBLIC",
                "- execute on reads_gate",
            ),
        ],
    )
    def test_a_privilege_that_the_code_does_not_give_is_named(self, statement, back, says):
        with altered(statement, back):
            assert red()["Privileges"] == says

    def test_a_partition_that_the_application_may_read_is_named(self):
        day = f"reads_read_{datetime.now(UTC):%Y%m%d}"
        with altered(f"GRANT SELECT ON {day} TO alpr_app", f"REVOKE SELECT ON {day} FROM alpr_app"):
            assert red()["Privileges"] == f"alpr_app select on {day}"

    def test_looking_changes_no_privilege(self):
        grant, back = "GRANT UPDATE ON reads_query TO alpr_app", "REVOKE UPDATE ON reads_query FROM alpr_app"
        with altered(grant, back):
            red()
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT has_table_privilege('alpr_app', 'reads_query', 'UPDATE')")
                assert cursor.fetchone() == (True,)

    @pytest.mark.clause("E.1")
    def test_a_role_with_another_verb_is_named(self):
        group = Group.objects.using("owner").get(name="commissioner")
        verb = Permission.objects.using("owner").get(codename="run_query")
        group.permissions.add(verb)
        try:
            assert red()["Roles"] == "differ from the code: commissioner"
        finally:
            group.permissions.remove(verb)

    def test_a_member_with_a_permission_of_their_own_is_named(self, officer):
        with make.as_owner():
            officer.user_permissions.add(Permission.objects.get(codename="run_query"))
        assert red()["Own permissions"] == "held by: okoro"

    @pytest.mark.clause("C.3.a")
    def test_who_is_shut_out_today_is_named_and_is_no_fault(self, officer, untrained_officer, undesignated, leaver):
        assert red() == {}
        assert "Shut out today: unwin, urban\n" in run("doctor")

    def test_a_grant_for_somebody_else_than_the_one_named_is_red(self, officer, other_officer):
        query = make.query(officer)
        verb = Permission.objects.get(codename="view_query", content_type=ContentType.objects.get_for_model(Query))
        QueryUserObjectPermission.objects.create(user=other_officer, permission=verb, content_object=query)
        assert "1 of them for somebody else" in red()["Grants on objects"]

    def test_a_grant_that_hangs_in_the_air_is_red(self, officer):
        kind = ContentType.objects.get_for_model(Query)
        verb = Permission.objects.get(codename="view_query", content_type=kind)
        gone = UserObjectPermission(user=officer, permission=verb, content_type=kind, object_pk=str(uuid.UUID(int=1)))
        UserObjectPermission.objects.bulk_create([gone])
        assert red()["Grants on objects"].endswith("1 that hang in the air")

    def test_a_shared_log_in_is_red_in_production(self, monkeypatch):
        monkeypatch.setattr(settings, "PRODUCTION", True)
        shared = {alias: {"USER": "everybody"} for alias in settings.DATABASES}
        monkeypatch.setattr("alpr_portal.checks.settings", type("S", (), {"PRODUCTION": True, "DATABASES": shared}))
        assert "shared by the roles" in doctor.shared_log_ins().says

    def test_a_check_that_cannot_be_made_is_red(self):
        with altered("ALTER TABLE guardian_groupobjectpermission RENAME TO away",
                     "ALTER TABLE away RENAME TO guardian_groupobjectpermission"):  # fmt: skip
            assert "could not be checked" in red()["Grants on objects"]


@pytest.mark.clause("G")
class TestImagesFolder:
    def folder(self, day: str, mode: int = 0o700) -> Path:
        path = Path(settings.DATA_DIR) / "images" / day
        path.mkdir(parents=True)
        path.chmod(mode)
        return path

    def test_no_image_yet_is_green(self):
        assert doctor.images_folder().ok

    def test_images_of_a_day_that_is_gone_are_red(self):
        today, gone = f"{datetime.now(UTC):%Y-%m-%d}", "2001-01-01"
        self.folder(today)
        assert doctor.images_folder().ok
        self.folder(gone)
        assert gone in red()["Images"]
        assert today not in red()["Images"]

    def test_a_folder_that_others_may_look_into_is_red(self):
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        self.folder(today, 0o755)
        assert "other users of this machine may look into" in doctor.images_folder().says
        assert not doctor.images_folder().ok

    def test_a_full_disk_is_red(self, monkeypatch):
        self.folder(f"{datetime.now(UTC):%Y-%m-%d}")
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
        assert not doctor.images_folder().ok
