"""C.2.B: nothing runs without purpose, case and facts; every search is a record, the refused ones too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from reads import actions
from reads.models import Access, Answer, Query, QueryRun
from tests import make
from training.models import CompletionWithdrawn, RefusalRecord

pytestmark = pytest.mark.usefixtures("committed")
NEW = "/searches/new/"


@pytest.mark.clause("C.2.B", "C.2.B-log", "B.2")
class TestRunQuery:
    def test_an_officer_searches_and_sees_the_read(self, officer, client_of):
        make.read("8ABC123")
        client = client_of(officer)
        answer = client.post(NEW, make.form())
        query = Query.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/searches/{query.pk}/")
        page = client.get(answer["Location"])
        assert "8ABC123" in page.content.decode()
        assert (query.outcome, query.by, query.plate, query.purpose) == ("run", officer, "8ABC123", "violent_crime")

    def test_the_record_holds_who_when_what_and_why(self, officer, client_of):
        client_of(officer).post(NEW, make.form())
        query = Query.objects.get()
        assert query.by_name == officer.name
        assert query.organization == "Oakland Police Department"
        assert query.training == [officer.completions.get().pk]
        assert "robbery" in query.facts.lower()
        assert query.at

    def test_each_look_is_recorded_with_its_number_of_reads(self, officer, client_of):
        make.read("8ABC123")
        client = client_of(officer)
        url = client.post(NEW, make.form())["Location"]
        client.get(url)
        client.get(url)
        assert list(Access.objects.values_list("kind", flat=True)) == ["results", "results"]
        assert set(Answer.objects.values_list("rows", flat=True)) == {1}

    def test_a_search_that_finds_nothing_is_recorded_too(self, officer, client_of):
        client = client_of(officer)
        client.get(client.post(NEW, make.form())["Location"])
        assert Answer.objects.get().rows == 0

    def test_the_plate_is_in_no_address(self, officer, client_of):
        client = client_of(officer)
        answer = client.post(NEW, make.form(), follow=True)
        assert all("8ABC123" not in url for url, _ in answer.redirect_chain)

    def test_an_untrained_officer_is_shut_out(self, untrained_officer, client_of):
        answer = client_of(untrained_officer).post(NEW, make.form())
        assert answer.status_code == 403
        assert "C.3.a" in answer.content.decode()
        assert not Query.objects.exists()
        assert RefusalRecord.objects.get().clause == "C.3.a"

    @pytest.mark.clause("E.2")
    def test_a_search_for_somebody_outside_is_refused_and_kept(self, officer, client_of):
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(outside="yes"))["Location"])
        query = Query.objects.get()
        assert (query.outcome, query.clause) == ("refuse", "I.secure")
        assert not QueryRun.objects.exists()
        assert "written request" in page.content.decode()

    @pytest.mark.clause("E.3", "N.3")
    def test_a_search_for_immigration_enforcement_is_refused_and_kept(self, officer, client_of):
        client_of(officer).post(NEW, make.form(facts="Assist ICE ERO with a deportation order for the owner"))
        query = Query.objects.get()
        assert (query.outcome, query.clause) == ("refuse", "E.3")
        assert "immigration_enforcement" in query.screening["categories"]

    @pytest.mark.clause("C.3.repro")
    def test_a_search_against_reproductive_care_is_refused_and_kept(self, officer, client_of):
        client_of(officer).post(NEW, make.form(facts="Woman drove to the clinic for an abortion, locate her car"))
        assert Query.objects.get().clause == "C.3.repro"

    @pytest.mark.clause("C.3.4")
    def test_a_personal_search_is_refused_and_kept(self, officer, client_of):
        client_of(officer).post(NEW, make.form(facts="Looking for my ex-girlfriend's car to see where she goes"))
        assert Query.objects.get().clause == "C.3.4"

    def test_an_offence_outside_the_order_is_refused(self, officer, client_of):
        client_of(officer).post(NEW, make.form(offence="594 PC", facts="Vandalism of a wall, witness gave this plate"))
        assert Query.objects.get().outcome == "refuse"

    def test_an_offence_the_table_does_not_settle_waits(self, officer, client_of):
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(offence="10851 VC", purpose="grand_theft"))["Location"])
        assert Query.objects.get().outcome == "wait"
        assert "supervisor" in page.content.decode()
        assert not Access.objects.exists()

    def test_an_ambiguous_word_is_asked_about_and_the_answer_recorded(self, officer, client_of):
        client = client_of(officer)
        asked = client.post(NEW, make.form(facts="Shots fired near the demonstration on Broadway, plate from camera"))
        assert asked.status_code == 422
        assert "answer_just_clarify" in asked.content.decode()
        client.post(
            NEW,
            make.form(
                facts="Shots fired near the demonstration on Broadway, plate from camera", answer_just_clarify="no"
            ),
        )
        query = Query.objects.get()
        assert (query.outcome, query.answers) == ("run", {"just.clarify": "no"})


@pytest.mark.clause("C.3.c")
class TestForm:
    @pytest.mark.parametrize(
        ("field", "value", "word"),
        [
            ("purpose", "", "Purpose"),
            ("purpose", "traffic", "Purpose"),
            ("case_number", "", "Case number"),
            ("facts", "investigation", "Facts"),
            ("need_to_know", "", "eed to know"),
            ("plate", "8A*", "late"),
            ("attested", "", "Attestation"),
            ("outside", "", ""),
            ("offence", "", "Offence"),
            ("state", "Calif.", "State"),
            ("make", "\x00", "ake"),
            ("court_document", "\x00", "ourt"),
            ("right_to_know", "because", ""),
            ("basis", "hunch", ""),
            ("colour", "ultraviolet", ""),
            ("areas", "99", ""),
            ("cameras", "x", ""),
            ("end", "tomorrow", ""),
            ("for_whom", "dog", ""),
            ("start", "2026-03-08 02:30", ""),
        ],
    )
    def test_what_is_missing_or_wrong_is_said_and_nothing_is_stored(self, officer, client_of, field, value, word):
        answer = client_of(officer).post(NEW, make.form(**{field: value}))
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert word in str(answer.context["form"].errors[field])
        assert not Query.objects.exists()

    def test_what_was_typed_is_kept(self, officer, client_of):
        answer = client_of(officer).post(NEW, make.form(case_number=""))
        assert "the clerk gave this plate" in answer.content.decode()

    def test_without_a_plate_a_place_and_a_short_time_are_needed(self, officer, client_of):
        client = client_of(officer)
        assert client.post(NEW, make.form(plate="")).status_code == 422
        local = timezone.localtime()
        narrow = make.form(plate="", areas=["4"], start=f"{local - timedelta(hours=2):%Y-%m-%d %H:%M}")
        assert client.post(NEW, narrow).status_code == 302

    def test_an_answer_is_taken_only_from_the_questions_own_choices(self, officer, client_of):
        client = client_of(officer)
        said = {
            "answer_case_pattern": "\x00",
            "answer_time_dst_fold_start": "9ZQX777 sneaked",
            "answer_just_clarify": "x",
        }
        assert client.post(NEW, make.form(**said)).status_code == 302
        assert Query.objects.get().answers == {}

    def test_every_camera_ticked_reaches_the_form_and_is_too_wide(self, officer, client_of):
        cameras = [str(make.camera(f"cam-{n}").pk) for n in range(250)]
        local = timezone.localtime()
        wide = make.form(plate="", cameras=cameras, start=f"{local - timedelta(hours=2):%Y-%m-%d %H:%M}")
        answer = client_of(officer).post(NEW, wide)
        assert answer.status_code == 422
        assert "at most ten cameras" in str(answer.context["form"].errors)

    def test_a_search_in_progress_owes_its_case_number_within_a_day(self, officer, client_of):
        client = client_of(officer)
        url = client.post(NEW, make.form(basis="in_progress", case_number=""))["Location"]
        query = Query.objects.get()
        due = query.case_number_due_at - timezone.now()
        assert timedelta(hours=23) < due <= timedelta(hours=24)
        year = f"{timezone.localtime():%y}"
        client.post(f"{url}case-number/", {"case_number": f"{year}-004711"})
        assert Query.objects.get().supplied.case_number == f"{year}-004711"


@pytest.mark.clause("C.2.B")
class TestColleague:
    def test_a_colleague_it_is_for_sees_the_results_under_an_access_of_their_own(
        self, officer, other_officer, client_of
    ):
        make.read("8ABC123")
        url = client_of(officer).post(NEW, make.form(for_whom="colleague", colleague=other_officer.badge))["Location"]
        page = client_of(other_officer).get(url)
        assert "8ABC123" in page.content.decode()
        assert Access.objects.get().by == other_officer

    def test_a_search_for_an_untrained_colleague_is_refused(self, officer, untrained_officer, client_of):
        answer = client_of(officer).post(NEW, make.form(for_whom="colleague", colleague=untrained_officer.badge))
        assert answer.status_code == 422
        assert "colleague.may_not_enter" in {e.code for e in answer.context["form"].errors.as_data()["colleague"]}
        assert "the clerk gave this plate" in answer.content.decode()
        assert RefusalRecord.objects.get().by == officer
        assert not Query.objects.exists()

    def test_anybody_else_finds_nothing(self, officer, other_officer, client_of):
        url = client_of(officer).post(NEW, make.form())["Location"]
        assert client_of(other_officer).get(url).status_code == 404


class TestResults:
    def test_look_alikes_are_marked_approximate(self, officer, client_of):
        make.read("8ABC123")
        make.read("BABC123")
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(approximate="on"))["Location"])
        assert [(r.plate, r.approximate) for r in page.context["page"].reads if r.approximate] == [("BABC123", True)]
        assert page.context["page"].count == 2

    def test_wildcards(self, officer, client_of):
        for plate in ("8ABC123", "8ABX123", "9ABC123", "8ABC1234"):
            make.read(plate)
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(plate="8AB?123"))["Location"])
        assert {r.plate for r in page.context["page"].reads} == {"8ABC123", "8ABX123"}

    def test_the_cap_is_said_and_recorded(self, officer, client_of, monkeypatch):
        from reads import search

        monkeypatch.setattr(search.RESULT_CAP, "values", {next(iter(search.RESULT_CAP.values)): 2})
        for _ in range(3):
            make.read("8ABC123")
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form())["Location"])
        assert (page.context["page"].count, page.context["page"].truncated) == (2, True)
        assert Answer.objects.get().truncated
        assert "arrow" in page.content.decode()

    def test_export_is_a_recorded_access_with_the_query_number(self, officer, client_of):
        make.read("8ABC123")
        client = client_of(officer)
        url = client.post(NEW, make.form())["Location"]
        answer = client.post(f"{url}export/csv/")
        body = answer.content.decode("utf-8-sig")
        assert Query.objects.get().number in body
        assert "8ABC123" in body
        assert Access.objects.get().kind == "export"

    def test_results_close_after_some_hours(self, officer, client_of):
        make.read("8ABC123")
        query = make.query(officer, run=False)
        QueryRun.backdated(by=officer, by_name=officer.name, query=query, at=timezone.now() - timedelta(hours=9))
        page = client_of(officer).get(f"/searches/{query.pk}/")
        assert "8 hours" in page.content.decode()
        assert not Access.objects.exists()

    def test_a_read_opens_only_under_the_query_that_found_it(self, officer, client_of):
        found, other = make.read("8ABC123"), make.read("9ZZZ999")
        client = client_of(officer)
        url = client.post(NEW, make.form())["Location"]
        page = client.get(f"{url}reads/{found}/")
        assert page.status_code == 200
        assert client.get(f"{url}reads/{other}/").status_code == 404
        assert re.search("8ABC123", page.content.decode())
        assert Access.objects.filter(kind="read").count() == 2


class TestWhoMayLook:
    @pytest.mark.clause("C.3.a", "C.3.b")
    def test_training_that_lapsed_meanwhile_closes_the_results_and_nothing_is_recorded_as_a_look(
        self, officer, training_officer, client_of
    ):
        make.read("8ABC123")
        query = make.query(officer)
        CompletionWithdrawn.objects.write(
            by=training_officer, completion=officer.completions.get(), reason="Not attended"
        )
        page = client_of(officer).get(f"/searches/{query.pk}/")
        assert page.status_code == 403
        assert "C.3.a" in page.content.decode()
        assert "8ABC123" not in page.content.decode()
        assert not Access.objects.exists()

    def test_a_party_whose_role_was_taken_away_sees_the_record_and_no_read(self, officer, client_of):
        make.read("8ABC123")
        query = make.query(officer)
        client = client_of(officer)
        make.no_role(officer)
        page = client.get(f"/searches/{query.pk}/")
        assert "page" not in page.context
        assert not Access.objects.exists()
        assert client.get(f"/searches/{query.pk}/reads/{query.pk}/").status_code == 403

    @pytest.mark.parametrize("url", ["export/csv/", "run/"])
    def test_nobody_else_exports_or_runs(self, officer, other_officer, client_of, url):
        query = make.query(officer)
        assert client_of(other_officer).post(f"/searches/{query.pk}/{url}").status_code == 404

    def test_the_colleague_it_is_for_does_not_run_it(self, officer, other_officer, supervisor):
        query = make.waiting_query(officer, for_whom=other_officer, for_whom_name=other_officer.name)
        actions.decide_query(query, approved=True, reason="The report names it.", by=supervisor, now=timezone.now())
        with pytest.raises(Refused, match="who asked"):
            actions.run_approved(Query.objects.get(), by=other_officer, now=timezone.now())

    def test_only_the_asker_gives_the_case_number(self, officer, other_officer):
        query = make.query(officer, case_number="", case_number_due_at=timezone.now())
        with pytest.raises(Refused, match="who searched"):
            actions.supply_case_number(query, case_number="26-000001", by=other_officer, now=timezone.now())
