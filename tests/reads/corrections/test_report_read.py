"""A read that is reported wrong is marked wherever it is shown and matches nothing, until another person rejects that."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists import sweep
from hotlists.models import Hit, Incident
from reads import disposal, partitions
from reads.corrections import rules
from reads.evidence import gather
from reads.evidence_pdf import evidence_pdf
from reads.models import Batch, Correction, ReadReport, RightPlate
from reads.search import access
from reads.views.results import mark_approximate
from tests import make

from . import reported

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("C.2.A.1-age", "G")]
MARKED = "Reported wrong"


def owner(sql, *values):
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def batch(**values):
    """A read whose delivery was not compared: the trigger was off."""
    found = uuid.uuid4()
    owner("ALTER TABLE reads_read DISABLE TRIGGER hotlists_match")
    try:
        read = make.read("8ABC123", batch_id=found, **values)
    finally:
        owner("ALTER TABLE reads_read ENABLE ALWAYS TRIGGER hotlists_match")
    said = {"key": str(found), "digest": "0" * 64, "received": 1, "stored": 1, "duplicates": 0}
    at = timezone.now() - timedelta(minutes=5)
    Batch.backdated(id=found, by_name="source", source=make.source(), at=at, **said)
    return read


class TestReport:
    def test_from_the_page_of_the_read_to_the_receipt(self, officer, client_of):
        read, query = make.read(), make.query(officer)
        client, page = client_of(officer), reverse("view_read", args=[query.pk, read])
        assert reverse("report_read", args=[query.pk, read]) in client.get(page).content.decode()
        form = reverse("report_read", args=[query.pk, read])
        assert client.get(form).status_code == 200
        posted = client.post(form, {"kind": "misread", "right_plate": "8ABC128", "right_state": ""})
        found = ReadReport.objects.get()
        assert posted["Location"] == reverse("view_receipt", args=[found.pk])
        receipt = client.get(posted["Location"]).content.decode()
        assert "marked as wrong" in receipt
        assert "8ABC128" not in receipt
        shown = client.get(page).content.decode()
        assert all(words in shown for words in ("This read was reported wrong", "8ABC123", "8ABC128"))
        assert form not in shown

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"kind": ""}, "Choose one"),
            ({"kind": "misread", "right_plate": "8AB*"}, "Plate:"),
            ({"kind": "wrong_time", "right_plate": "8ABC128"}, "leave it empty"),
        ],
    )
    def test_what_cannot_be_taken_reports_nothing(self, officer, client_of, said, code):
        read, query = make.read(), make.query(officer)
        posted = client_of(officer).post(reverse("report_read", args=[query.pk, read]), said)
        assert (posted.status_code, code in posted.content.decode()) == (422, True)
        assert not ReadReport.objects.exists()

    def test_a_read_of_another_search_is_not_there(self, officer, other_officer, client_of):
        read, query = make.read("7XYZ987"), make.query(officer)
        said = {"kind": "misread"}
        assert client_of(officer).post(reverse("report_read", args=[query.pk, read]), said).status_code == 404
        found = make.read()
        assert client_of(other_officer).post(reverse("report_read", args=[query.pk, found]), said).status_code == 404
        assert not ReadReport.objects.exists()

    def test_what_a_hit_saw_is_reported_from_its_page(self, officer, client_of):
        incident = make.incident()
        hit, client = incident.hits.get(), client_of(officer)
        page = client.get(reverse("view_incident", args=[incident.pk])).content.decode()
        read = owner("SELECT read_id FROM hotlists_sight")[0][0]
        form = reverse("report_hit", args=[hit.pk, read])
        assert form in page
        assert client.post(form, {"kind": "misread"}).status_code == 302
        assert ReadReport.objects.get().access.hits == [hit.pk]
        page = client.get(reverse("view_incident", args=[incident.pk])).content.decode()
        assert "Every read behind this hit was reported wrong" in page
        assert MARKED in client.get(reverse("list_hits")).content.decode()
        make.read()
        page = client.get(reverse("view_incident", args=[incident.pk])).content.decode()
        assert "Every read behind this hit" not in page

    def test_it_is_reported_once_and_may_be_again_when_that_was_rejected(self, officer, other_officer, supervisor):
        read = make.read()
        first = reported.report(officer, read)
        with pytest.raises(Refused, match="reported wrong already"):
            reported.report(other_officer, read)
        reported.decision(first, supervisor, confirmed=False)
        second = reported.report(other_officer, read)
        reported.decision(second, supervisor)
        with pytest.raises(Refused, match="reported wrong already"):
            reported.report(officer, read)

    def test_the_record_holds_no_plate_and_the_right_one_lies_elsewhere(self, officer):
        found = reported.report(officer, make.read(), right="8ABC128")
        assert "8ABC1" not in ReadReport.objects.get(pk=found.pk).canonical()
        assert owner("SELECT plate, plate_fold, state, confirmed FROM reads_rightplate") == [
            ("8ABC128", "8A8C128", "CA", False)
        ]


class TestMarked:
    @pytest.fixture
    def read(self, officer):
        read = make.read()
        reported.report(officer, read, right="8ABC128")
        return read

    def test_among_results_in_both_views(self, officer, client_of, read):
        make.read("8ABC123")
        page = reverse("view_query", args=[make.query(officer).pk])
        for view in ("table", "timeline"):
            shown = client_of(officer).get(page, {"view": view}).content.decode()
            assert (shown.count(MARKED), shown.count("8ABC128")) == (1, 1)

    @pytest.mark.parametrize("format", ["csv"])
    def test_in_a_file(self, officer, client_of, read, format):
        other = make.read("8ABC123")
        sent = client_of(officer).post(reverse("export_reads", args=[make.query(officer).pk, format]))
        rows = {row["read"]: row for row in csv.DictReader(io.StringIO(sent.content.decode("utf-8-sig")))}
        assert rows[str(read)]["reported_wrong"] == "Reported wrong: plate misread; not decided yet"
        assert rows[str(read)]["reads_right"] == "CA 8ABC128"
        assert (rows[str(other)]["reported_wrong"], rows[str(other)]["reads_right"]) == ("", "")

    def test_on_the_evidence_sheet(self, officer, read):
        from pypdf import PdfReader

        query = make.query(officer)
        with access(officer, "export", query, now=timezone.now(), read_id=read) as window:
            found = window.read(read)
            mark_approximate(query, [found])
            evidence = gather(window, found)
        sheet = PdfReader(io.BytesIO(evidence_pdf(evidence, made_for=officer, now=timezone.now())))
        text = " ".join(" ".join(page.extract_text() for page in sheet.pages).split())
        assert all(words in text for words in ("Reported wrong: plate misread", "CA 8ABC128", "kept as observed"))
        assert '"plate":"8ABC123"' in evidence.line.replace(" ", "")
        assert any("Reported wrong: plate misread, by Ola Okoro" in step.what for step in evidence.steps)

    def test_a_page_costs_as_many_queries_however_many_are_marked(self, officer, read):
        query = make.query(officer)

        def page():
            with access(officer, "results", query, now=timezone.now()) as window:
                return window.page().reads

        counted = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as asked:
                marked = [each for each in page() if each.mark]
            counted.append((len(marked), len(asked)))
            reported.report(officer, make.read("8ABC123"), right="8ABC129", query=query)
        assert [n for n, _ in counted] == [1, 2]
        assert counted[0][1] == counted[1][1]

    def test_a_rejected_report_leaves_no_mark(self, officer, supervisor, read):
        reported.decision(ReadReport.objects.get(), supervisor, confirmed=False)
        found, _ = reported.seen(officer, read)
        assert found.mark is None


class TestMatching:
    @pytest.mark.parametrize("said", ["nothing", "reported", "confirmed", "rejected"])
    def test_the_sweep_leaves_out_what_stands_as_wrong(self, officer, supervisor, said):
        make.listed("8ABC123", at=timezone.now() - timedelta(hours=1))
        read = batch()
        if said != "nothing":
            report = reported.report(officer, read)
        if said in ("confirmed", "rejected"):
            reported.decision(report, supervisor, confirmed=said == "confirmed")
        decided = {"reported": None, "confirmed": True, "rejected": False}
        expected = said == "nothing" or not rules.is_flagged(decided[said])
        sweep.match_unmatched()
        assert Hit.objects.exists() is expected

    def test_a_lifted_mark_brings_the_hit_that_was_left_out(self, officer, supervisor):
        make.listed("8ABC123", at=timezone.now() - timedelta(hours=1))
        report = reported.report(officer, batch())
        assert sweep.match_unmatched() == (1, 0)
        reported.decision(report, supervisor, confirmed=False)
        assert (Hit.objects.count(), Incident.objects.count()) == (1, 1)
        assert sweep.match_unmatched() == (0, 0)

    def test_what_has_hit_already_hits_no_second_time(self, officer, supervisor):
        make.listed("8ABC123", at=timezone.now() - timedelta(hours=1))
        report = reported.report(officer, make.read())
        reported.decision(report, supervisor, confirmed=False)
        assert Hit.objects.count() == 1


class TestTwoPersons:
    def test_its_reporter_may_not_decide(self, supervisor):
        report = reported.report(supervisor, make.read())
        with pytest.raises(Refused, match="Another person decides"):
            reported.decision(report, supervisor)

    def test_nor_around_the_rule(self, supervisor):
        report = reported.report(supervisor, make.read())
        said = {"confirmed": True, "ground": "picture", "access": report.access}
        with pytest.raises(DatabaseError, match="correction_by_someone_else"):
            Correction.objects.write(by=supervisor, report=report, reported_by=supervisor, **said)

    def test_nor_in_another_name(self, supervisor, other_supervisor):
        report = reported.report(supervisor, make.read())
        said = {"confirmed": True, "ground": "picture", "access": report.access}
        with pytest.raises(DatabaseError, match="correction_names_reporter"):
            Correction.objects.write(by=supervisor, report=report, reported_by=other_supervisor, **said)

    def test_an_officer_decides_nothing_and_the_database_knows(self, officer, other_officer):
        read = make.read()
        report = reported.report(officer, read)
        _, look = reported.seen(other_officer, read)
        said = {"confirmed": True, "ground": "picture", "access": look}
        with pytest.raises(DatabaseError, match="read_corrected_by_entitled"):
            Correction.objects.write(by=other_officer, report=report, reported_by=officer, **said)

    def test_nobody_decides_without_a_look(self, officer, supervisor):
        report = reported.report(officer, make.read())
        said = {"confirmed": True, "ground": "picture", "access": report.access}
        with pytest.raises(DatabaseError, match="read_corrected_after_a_look"):
            Correction.objects.write(by=supervisor, report=report, reported_by=officer, **said)

    def test_nor_reports_one_that_others_saw(self, officer, other_officer):
        read, look = reported.seen(officer, make.read())
        said = {"read_id": read.id, "upload_day": read.upload_day, "uploaded_at": read.uploaded_at, "kind": "misread"}
        with pytest.raises(DatabaseError, match="read_reported_after_a_look"):
            ReadReport.objects.write(by=other_officer, access=look, **said)

    def test_it_is_decided_once(self, officer, supervisor, other_supervisor):
        report = reported.report(officer, make.read())
        reported.decision(report, supervisor)
        with pytest.raises(Refused, match="decided once"):
            reported.decision(report, other_supervisor, confirmed=False)


class TestRightPlate:
    def test_the_application_cannot_go_around_the_window(self, officer):
        reported.report(officer, make.read(), right="8ABC128")
        with pytest.raises(DatabaseError, match="no recorded access"):
            list(RightPlate.objects.all())
        for act in ("SELECT plate FROM reads_rightplate", "DELETE FROM reads_rightplate"):
            with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(act)

    def test_nor_say_what_is_right_without_a_report(self, officer):
        report = reported.report(officer, make.read())
        for record in (report.pk, uuid.uuid4()):
            with pytest.raises(DatabaseError, match="right_plate_said_with_its_record"), connection.cursor() as cursor:
                cursor.execute("SELECT reads_say_right(%s, '8ABC128', 'CA')", [record])

    @pytest.mark.parametrize(("hours", "seen"), [(719, 1), (721, 0)])
    def test_it_is_unreadable_at_720_hours(self, officer, hours, seen):
        read = make.read()
        reported.report(officer, read, right="8ABC128")
        other = make.read()
        query = make.query(officer)
        at = timezone.now() - timedelta(hours=hours)
        owner("UPDATE reads_rightplate SET uploaded_at = %s, upload_day = %s", at, at.astimezone(UTC).date())
        with access(officer, "read", query, now=timezone.now(), read_id=other):
            assert RightPlate.objects.count() == seen

    def test_it_leaves_the_disk_with_its_day(self, officer):
        reported.report(officer, make.read(), right="8ABC128")
        at = timezone.now() - timedelta(days=33)
        table = f"reads_rightplate_{at.astimezone(UTC):%Y%m%d}"
        owner("UPDATE reads_rightplate SET uploaded_at = %s, upload_day = %s", at, at.astimezone(UTC).date())
        assert owner(f"SELECT count(*) FROM {table}") == [(1,)]
        try:
            disposal.purge()
            assert owner("SELECT to_regclass(%s)", table) == [(None,)]
            assert owner("SELECT count(*) FROM reads_rightplate") == [(0,)]
            assert ReadReport.objects.count() == 1
        finally:
            partitions.make_ahead(at.astimezone(UTC).date() - timedelta(days=7), 12)

    def test_it_lies_with_its_upload_day(self, officer):
        reported.report(officer, make.read(), right="8ABC128")
        today = f"reads_rightplate_{datetime.now(UTC):%Y%m%d}"
        assert owner(f"SELECT plate FROM {today}") == [("8ABC128",)]
        assert ("reads_rightplate",) in owner("SELECT parent FROM reads_daily")


class TestSearch:
    def test_what_was_corrected_is_found_by_its_right_plate(self, officer, supervisor):
        read = make.read("8ABC123")
        report = reported.report(officer, read, right="8ABC128")
        query = make.query(officer, criteria={"plate": "8ABC128"})
        assert reported.seen(officer, read, query)[0] is None
        reported.decision(report, supervisor, right="8ABC128")
        found, _ = reported.seen(officer, read, query)
        mark_approximate(query, [found])
        assert (found.plate, found.mark.right.plate, found.corrected) == ("8ABC123", "8ABC128", True)
        with access(officer, "results", query, now=timezone.now()) as window:
            assert [each.id for each in window.page().reads] == [read]

    def test_and_still_by_what_was_observed(self, officer, supervisor):
        read = make.read("8ABC123")
        reported.decision(reported.report(officer, read), supervisor, right="8ABC128")
        assert reported.seen(officer, read)[0].id == read

    @pytest.mark.parametrize("asked", [{"areas": ["1"]}, {"state": "NV"}, {"make": "ford"}])
    def test_the_rest_of_what_is_asked_holds(self, officer, supervisor, asked):
        read = make.read("8ABC123")
        reported.decision(reported.report(officer, read), supervisor, right="8ABC128")
        query = make.query(officer, criteria={"plate": "8ABC128", **asked})
        assert reported.seen(officer, read, query)[0] is None


class TestPages:
    def test_a_supervisor_sees_both_and_confirms(self, officer, supervisor, client_of):
        read = make.read()
        make.pictures(read, make.jpeg())
        owner("UPDATE reads_read SET images = 1")
        report = reported.report(officer, read, right="8ABC128")
        client = client_of(supervisor)
        assert "Reads reported wrong that await" in client.get(reverse("home")).content.decode()
        page = reverse("decide_correction", args=[report.pk])
        assert page in client.get(reverse("view_correction", args=[report.pk])).content.decode()
        shown = client.get(page).content.decode()
        assert all(words in shown for words in ("8ABC123", "8ABC128", "data:image/jpeg", "Ola Okoro"))
        posted = client.post(page, {"decision": "confirm", "ground": "unclear"})
        assert posted.status_code == 422
        posted = client.post(page, {"decision": "confirm", "ground": "picture", "right_plate": "8ABC128"})
        assert posted["Location"] == reverse("view_receipt", args=[Correction.objects.get().pk])
        assert "8ABC1" not in client.get(posted["Location"]).content.decode()
        assert owner("SELECT count(*) FROM reads_rightplate WHERE confirmed") == [(1,)]
        assert "await your decision" not in client.get(reverse("list_corrections")).content.decode()

    def test_the_list_and_the_report_show_no_plate(self, officer, auditor, supervisor, client_of):
        report = reported.report(officer, make.read(), right="8ABC128")
        reported.decision(report, supervisor, right="8ABC128")
        for member in (auditor, supervisor):
            for page in (reverse("list_corrections"), reverse("view_correction", args=[report.pk])):
                shown = client_of(member).get(page).content.decode()
                assert "Plate misread" in shown
                assert "8ABC1" not in shown

    def test_the_list_costs_the_same_however_long(self, officer, auditor, client_of):
        query, client, counted = make.query(officer), client_of(auditor), []
        client.get(reverse("list_corrections"))
        for _ in range(2):
            for _ in range(3):
                reported.report(officer, make.read(), query=query)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(reverse("list_corrections"), {"state": "open"}).status_code == 200
            counted.append(len(asked))
        assert counted[0] == counted[1]

    def test_what_a_unit_keeps_to_itself_is_decided_there(self, officer, supervisor, other_supervisor, client_of):
        report = reported.report(officer, make.read(), unit="Patrol 3")
        page = reverse("decide_correction", args=[report.pk])
        assert [client_of(one).get(page).status_code for one in (supervisor, other_supervisor)] == [200, 404]


def test_the_mark_outlives_the_right_plate(officer):
    read = make.read()
    reported.report(officer, read, right="8ABC128")
    owner("DELETE FROM reads_rightplate")
    found, _ = reported.seen(officer, read)
    assert (found.mark.right, found.mark.reads_right) == (None, "")
