"""G: every run leaves a certificate that reconciles, can be checked by anybody, and cannot be changed unseen."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput
from reads import brake, disposal, partitions
from reads.certificates import rules
from reads.certificates.issue import is_whole, of_run, said, verify
from reads.certificates.months import Month, months_between, read_month
from reads.certificates.pages import longest_gap, of_month
from reads.certificates.pdf import month_pdf
from reads.models import Batch, CertifiedDay, DisposedDay, HeldDisposed, PurgeRun
from tests import database, holding, make
from tests.commands.run import run

pytestmark = pytest.mark.clause("G")
AGO = timedelta(days=33)


@pytest.fixture
def days_again(committed, settings, tmp_path, django_db_setup):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"
    settings.ERASURES_DIR = tmp_path / "erasures"
    yield
    connections.close_all()
    with database.connect(django_db_setup) as admin:
        admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")


def expired(reads=1, stored=None, ago=AGO, images=0):
    """Reads of a day that is over, and the receipt of the delivery that brought them."""
    uploaded = (timezone.now() - ago).replace(hour=12, minute=0)
    day = uploaded.astimezone(UTC).date()
    partitions.make_ahead(day, 1)
    ids = [make.read(uploaded_at=uploaded + timedelta(seconds=n), images=images) for n in range(reads)]
    for read_id in ids if images else ():
        make.pictures(read_id, make.jpeg(), day=day)
    brought = reads if stored is None else stored
    values = {"source": make.source(), "key": str(uuid.uuid4()), "digest": "0" * 64, "duplicates": 0}
    Batch.backdated(**values, at=uploaded, by_name="the portal", received=brought, stored=brought)
    return day, ids


def killed(*args, **options):
    """Whatever stands here is where the run dies."""
    raise KeyboardInterrupt


def change(name, statement, *values):
    """What only a superuser could do, with the guards off."""
    with database.connect(name) as admin:
        admin.execute("SET session_replication_role = replica")
        table = statement.split()[1] if statement.startswith("UPDATE") else statement.split()[2]
        admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER written_once")
        admin.execute(statement, values)
        admin.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER written_once")


class TestRules:
    SAID = {"certificate": 2, "previous": "a" * 64, "ended_at": datetime(2026, 11, 22, 8, 0, tzinfo=UTC), "days": []}

    def test_a_line_is_the_same_in_any_order_and_zone(self):
        turned = dict(reversed(list(self.SAID.items())))
        assert rules.line_of(self.SAID) == rules.line_of(turned)
        assert '"ended_at":"2026-11-22T08:00:00.000000+00:00"' in rules.line_of(self.SAID)

    @pytest.mark.parametrize(("name", "value"), [("certificate", 3), ("previous", "b" * 64), ("days", [1])])
    def test_any_change_is_another_digest(self, name, value):
        assert rules.digest_of({**self.SAID, name: value}) != rules.digest_of(self.SAID)

    @pytest.mark.parametrize(
        ("chain", "wrong"),
        [
            ([], 0),
            ([(1, "", "a", "a"), (2, "a", "b", "b")], 0),
            ([(1, "", "a", "x"), (2, "a", "b", "b")], 1),
            ([(1, "", "a", "a"), (2, "x", "b", "b")], 1),
            ([(1, "", "a", "a"), (3, "b", "c", "c")], 1),
            ([(7, "f", "g", "g"), (8, "g", "h", "h")], 0),
            ([(1, "z", "a", "a")], 1),
        ],
    )
    def test_a_chain_that_is_broken_says_where(self, chain, wrong):
        assert len(rules.broken(chain)) == wrong

    @pytest.mark.parametrize(("stored", "purged", "apart"), [(5, 5, 0), (5, 4, 1), (0, 4, -4), (None, 4, None)])
    def test_a_difference_is_told(self, stored, purged, apart):
        assert rules.difference(stored, purged) == apart

    @pytest.mark.parametrize(
        ("size", "says"),
        [(None, "—"), (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (3.2e9, "3.2 GB"), (5e13, "50.0 TB")],
    )
    def test_sizes_in_words(self, size, says):
        assert rules.in_bytes(size) == says

    @pytest.mark.parametrize("text", ["2026-13", "2026-1", "1999-01", "x", "2026-11-01", "२०२६-११"])
    def test_a_month_that_is_none_is_refused(self, text):
        with pytest.raises(BadInput, match="Month"):
            read_month(text)

    def test_a_month_is_oaklands(self):
        month = read_month("2026-03")
        assert (month.title, month.ends_at - month.starts_at) == ("March 2026", timedelta(days=31, hours=-0))
        assert month.starts_at.astimezone(UTC) == datetime(2026, 3, 1, 8, tzinfo=UTC)
        assert month.ends_at.astimezone(UTC) == datetime(2026, 4, 1, 7, tzinfo=UTC)
        assert [m.written for m in months_between(Month(2025, 11).first, month.first)] == [
            *("2026-03", "2026-02", "2026-01", "2025-12", "2025-11")
        ]

    def test_the_longest_gap(self):
        at = datetime(2026, 11, 22, tzinfo=UTC)
        assert longest_gap([]) is None
        assert longest_gap([at, at + timedelta(hours=1), at + timedelta(hours=4)]) == timedelta(hours=3)


@pytest.mark.usefixtures("days_again")
class TestCertificate:
    def test_it_says_what_came_what_was_held_and_what_went(self, django_db_setup):
        day, ids = expired(reads=3, images=1)
        with database.connect(django_db_setup) as admin:
            admin.execute("SET session_replication_role = replica")
            for hold in (uuid.uuid4(), uuid.uuid4()):  # the same read for two cases is one read
                copy = "INSERT INTO reads_heldread SELECT %s, now(), r.* FROM reads_read r WHERE r.id = %s"
                admin.execute(copy, [hold, ids[0]])
        done = disposal.purge()
        found = of_run(done.certificate.pk)
        (one,) = [one for one in found.days.all() if one.disposed.day == day]
        gone = one.disposed
        assert (gone.stored, gone.held, gone.reads, gone.pictures, gone.has_key) == (3, 1, 3, 3, True)
        assert gone.bytes > 0
        assert gone.packs_bytes > 0
        assert found.started_at <= gone.at <= one.key_gone_at <= found.ended_at
        assert is_whole(found)

    def test_a_difference_is_shown_and_not_hidden(self):
        expired(reads=2, stored=5)
        assert "3 reads fewer went than its deliveries brought" in run("purge")

    def test_pictures_that_come_later_do_not_count_its_deliveries_again(self):
        day, _ = expired(reads=2)
        disposal.purge()
        partitions.make_ahead(day, 1)
        disposal.purge()
        assert list(DisposedDay.objects.filter(day=day).order_by("at").values_list("stored", flat=True)) == [2, 0]

    def test_each_follows_the_one_before(self):
        runs = [disposal.purge().certificate for _ in range(3)]
        assert [one.number for one in runs] == [1, 2, 3]
        assert [one.previous for one in runs] == ["", runs[0].digest, runs[1].digest]
        found = verify()
        assert (found.checked, found.wrong, found.last) == (3, [], runs[2])

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE reads_purgerun SET oldest_at = now() WHERE number = 2",
            "UPDATE reads_purgerun SET ended_at = ended_at + interval '1 second' WHERE number = 2",
            "UPDATE reads_disposedday SET reads = reads + 1 WHERE reads = 1",
            "UPDATE reads_disposedday SET stored = stored + 1 WHERE reads = 1",
            "UPDATE reads_certifiedday SET key_gone_at = null WHERE key_gone_at IS NOT NULL",
            "DELETE FROM reads_certifiedday",
            "UPDATE reads_purgerun SET failed = '[\"x\"]' WHERE number = 2",
            "UPDATE reads_purgerun SET holds = '[1]' WHERE number = 2",
        ],
    )
    def test_whoever_changes_a_record_is_found_out(self, django_db_setup, statement):
        disposal.purge()
        expired(images=1)
        disposal.purge()
        disposal.purge()
        assert "3 certificates checked" in run("purge", "--verify")
        change(django_db_setup, statement)
        assert verify().wrong
        with pytest.raises(CommandError, match="not as issued"):
            run("purge", "--verify")

    def test_one_that_is_taken_out_is_missed(self, django_db_setup):
        for _ in range(3):
            disposal.purge()
        change(django_db_setup, "DELETE FROM reads_certifiedday")
        change(django_db_setup, "DELETE FROM reads_purgerun WHERE number = 2")
        assert any("are missing" in wrong for wrong in verify().wrong)

    @pytest.mark.parametrize("line", [None, "reads.holds.disposal.sweep", "reads.disposal.issue"])
    def test_holds_that_ended_stand_on_one_certificate(self, client_of, officer, administrator, monkeypatch, line):
        disposal.purge()
        holds = [holding.held(officer, administrator, make.read()) for _ in range(2)]
        for n, hold in enumerate(holds):
            holding.released(hold, administrator)
            with monkeypatch.context() as broken:
                if line and n == 0:
                    broken.setattr(line, killed)
                    with pytest.raises(KeyboardInterrupt):
                        disposal.purge()
                    assert HeldDisposed.objects.using("purge").count() == 1, "the copy is gone"
                    continue
            disposal.purge()
        disposal.purge()
        runs = PurgeRun.objects.order_by("number")
        told = [{"hold": str(hold.pk), "because": "released", "reads": 1, "pictures": 0} for hold in holds]
        assert [one.holds for one in runs] == ([[], told, []] if line else [[], told[:1], told[1:], []])
        assert verify().wrong == []
        certificate = runs[1]
        assert said(certificate, [])["holds"] == certificate.holds
        page = client_of(administrator).get(f"/certificates/{certificate.pk}/").content.decode()
        assert f'<a href="/holds/{holds[0].pk}/">{holds[0].number}</a>' in page

    def test_days_that_went_before_certificates_are_not_certified_late(self):
        DisposedDay.objects.using("purge").create(
            by_name="the portal", run_id=uuid.uuid4(), day="2025-01-01", reads=3, pictures=0
        )
        PurgeRun.objects.using("purge").create(by_name="the portal", partitions=1, purged=3, took_ms=5)
        disposal.purge()
        assert not CertifiedDay.objects.filter(disposed__day="2025-01-01").exists()
        assert PurgeRun.objects.get(number=1).previous == ""
        assert verify().checked == 1

    def test_it_prints_readably(self):
        day, _ = expired(reads=2, images=1)
        lines = run("purge").splitlines()
        assert lines[1].startswith("Certificate 1, ")
        assert any(line.split()[:5] == [day.isoformat(), "2", "0", "2", "2"] for line in lines)
        assert lines[-1] == f"SHA-256 {PurgeRun.objects.get().digest}"

    def test_json_names_it(self):
        given = json.loads(run("purge", "--json"))["certificate"]
        assert given == {"number": 1, "digest": PurgeRun.objects.get().digest}


@pytest.mark.usefixtures("days_again")
class TestPages:
    def test_the_list_in_constant_queries(self, client_of, administrator, django_assert_max_num_queries):
        client = client_of(administrator)
        counts = []
        for _ in range(2):
            for _ in range(3):
                disposal.purge()
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(connection) as queries:
                page = client.get("/certificates/")
            counts.append(len(queries))
        assert page.status_code == 200
        assert counts[1] <= counts[0]
        assert "Nothing was due" in page.content.decode()

    def test_the_list_by_month_and_by_what_it_says(self, client_of, administrator):
        expired()
        disposal.purge()
        disposal.purge()
        client = client_of(administrator)
        month = Month(timezone.localdate().year, timezone.localdate().month).written
        assert client.get("/certificates/", {"month": month}).content.decode().count("view_certificate") == 0
        page = client.get("/certificates/", {"month": month, "what": "did"}).content.decode()
        assert "Disposed" in page
        assert "Nothing was due</span>" not in page
        none = client.get("/certificates/", {"what": "trouble"}).content.decode()
        assert "none fits these filters" in none

    def test_one_certificate(self, client_of, administrator):
        day, _ = expired(reads=2, stored=3)
        found = disposal.purge().certificate
        page = " ".join(client_of(administrator).get(f"/certificates/{found.pk}/").content.decode().split())
        assert "1 fewer went than came" in page
        assert "Checked now" in page
        assert found.digest in page

    def test_one_whose_records_were_changed_says_so(self, client_of, administrator, django_db_setup):
        expired()
        found = disposal.purge().certificate
        change(django_db_setup, "UPDATE reads_disposedday SET reads = 7 WHERE reads = 1")
        page = client_of(administrator).get(f"/certificates/{found.pk}/").content.decode()
        assert "Not as issued" in page
        assert "Checked now" not in page

    def test_the_brake_stands_on_the_list(self, client_of, administrator, monkeypatch):
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        disposal.purge()
        page = client_of(administrator).get("/certificates/").content.decode()
        assert "The brake is on" in page
        assert "Stopped" in page

    def test_a_month_as_pdf(self, client_of, administrator):
        day, _ = expired(reads=2, stored=3, images=1)
        found = disposal.purge().certificate
        answer = client_of(administrator).get("/certificates/month.pdf")
        assert answer["Content-Type"] == "application/pdf"
        text = text_of(answer.content)
        for words in (f"{day:%b} {day.day}, {day.year}", "1 fewer went than came", found.digest, "made for Ada Abara"):
            assert words in text

    def test_a_month_that_is_none(self, client_of, administrator):
        answer = client_of(administrator).get("/certificates/month.pdf", {"month": "2026-99"})
        assert answer.status_code == 400

    def test_an_empty_month(self, client_of, administrator):
        answer = client_of(administrator).get("/certificates/month.pdf", {"month": "2024-02"})
        assert "No upload day went in this month." in text_of(answer.content)

    def test_a_changed_certificate_is_named_in_print(self, administrator, django_db_setup):
        expired()
        found = disposal.purge().certificate
        change(django_db_setup, "UPDATE reads_disposedday SET reads = 7 WHERE reads = 1")
        local = timezone.localtime(found.ended_at)
        body = month_pdf(of_month(Month(local.year, local.month)), made_for=administrator, now=timezone.now())
        assert "NOT AS ISSUED: certificates 1" in text_of(body)


def text_of(body):
    pages = pypdfium2.PdfDocument(body)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())
