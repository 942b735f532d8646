"""Files made in the background: asked again when they are made, once, and never lost with Redis."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests import cast, make
from tests.counting import statements
from training import jobs, tasks
from training.models import Designation, DesignationEnd, Job, JobDone, JobTry, RefusalRecord

VERB = "training.export_training"


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    """No broker in these tests; a job that is told to a worker is noted here."""
    told = []
    monkeypatch.setattr(jobs, "hurry", told.append)
    return told


@pytest.fixture
def work(monkeypatch):
    """A kind of job that counts how often it was done."""
    done = []

    def tried(arguments, by, now):
        done.append(by)
        return jobs.File("tried.csv", "text/csv", b"a,b", 1)

    monkeypatch.setitem(jobs.WORK, "tried", tried)
    return done


@pytest.fixture
def asked(training_officer, work):
    return jobs.queue("tried", verb=VERB, arguments={}, by=training_officer)


def later(**span):
    return timezone.now() + timedelta(**span)


@pytest.mark.clause("F.1")
def test_a_job_makes_its_file_once(asked, work):
    done = jobs.run(asked.pk, timezone.now())
    assert (done.outcome, done.name, bytes(done.content), done.rows) == ("done", "tried.csv", b"a,b", 1)
    assert jobs.run(asked.pk, later(hours=1)) is None
    assert len(work) == 1


def test_it_is_told_to_a_worker_once_it_is_committed(
    training_officer, work, nothing_is_sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        asked = jobs.queue("tried", verb=VERB, arguments={}, by=training_officer)
        assert nothing_is_sent == []
    assert nothing_is_sent == [asked.pk]


def test_an_unknown_job_or_verb_is_a_fault_of_ours(training_officer, work):
    with pytest.raises(KeyError):
        jobs.queue("no_such", verb=VERB, arguments={}, by=training_officer)
    with pytest.raises(KeyError):
        jobs.queue("tried", verb="training.no_such", arguments={}, by=training_officer)


@pytest.mark.django_db
@pytest.mark.clause("C.3.a", "C.3.b", "C.1", "E.1")
class TestAskedAgain:
    """Between the asking and the making, the word of the order may have changed."""

    @pytest.fixture
    def analyst(self, designated):
        return designated

    @pytest.fixture
    def of_analyst(self, analyst, work):
        return jobs.queue("tried", verb="reads.export_reads", arguments={}, by=analyst)

    def refused(self, job, work, now=None):
        done = jobs.run(job.pk, now or timezone.now())
        assert (done.outcome, done.content, done.name, work) == ("refused", None, "", [])
        kept = RefusalRecord.objects.get(act="job tried")
        assert (kept.by_id, kept.clause) == (job.by_id, done.clause)
        return done

    def test_in_order_it_is_made(self, of_analyst, work):
        assert jobs.run(of_analyst.pk, timezone.now()).outcome == "done"

    def test_the_role_taken_away(self, of_analyst, analyst, work):
        make.no_role(analyst)
        assert self.refused(of_analyst, work).clause == "C.3.b"

    def test_the_account_closed(self, of_analyst, analyst, work):
        make.closed(analyst)
        assert self.refused(of_analyst, work).clause == "C.1"

    def test_the_designation_ended(self, of_analyst, analyst, work, chief):
        DesignationEnd.objects.write(
            by=chief, designation=Designation.objects.get(member=analyst), reason="Project over"
        )
        assert self.refused(of_analyst, work).clause == "C.1"

    def test_the_training_lapsed_while_it_waited(self, work):
        trainee = cast.member("late", "Lou Late", "officer", trained=False)
        until = make.completion(trainee, days=1).expires_at
        job = jobs.queue("tried", verb="reads.export_reads", arguments={}, by=trainee)
        assert jobs.may_run(job, trainee, until - timedelta(seconds=1)) is None
        assert self.refused(job, work, until).clause == "C.3.a"

    def test_a_member_whose_other_role_opens_data_needs_training_too(self, work):
        trainee = cast.member("both", "Bo Both", "officer", "training_officer", trained=False)
        job = jobs.queue("tried", verb=VERB, arguments={}, by=trainee)
        assert self.refused(job, work).clause == "C.3.a"

    def test_the_file_is_asked_for_again_when_it_is_fetched(self, of_analyst, analyst, client_of, work):
        jobs.run(of_analyst.pk, timezone.now())
        client, url = client_of(analyst), reverse("download_job", args=[of_analyst.pk])
        assert client.get(url).content == b"a,b"
        make.no_role(analyst)
        assert client.get(url).status_code == 403


@pytest.mark.clause("C.3.b")
class TestLeases:
    def test_killed_between_try_and_end_the_job_waits_five_minutes_and_is_made_once(self, asked, work):
        JobTry.objects.write(by=None, job=asked, number=1)  # and its worker died
        assert jobs.run(asked.pk, later(minutes=4)) is None
        assert jobs.sweep(later(minutes=6)) == 1
        assert jobs.sweep(later(minutes=20)) == 0
        assert len(work) == 1
        assert JobDone.objects.count() == 1

    def test_the_first_worker_comes_back_late_and_adds_no_second_file(self, asked, work):
        jobs.run(asked.pk, timezone.now())
        assert jobs._end(asked, outcome="done", content=b"other") is None
        assert bytes(JobDone.objects.get().content) == b"a,b"

    def test_a_poisoned_job_is_parked_after_three_tries(self, asked, monkeypatch):
        def poison(arguments, by, now):
            raise ZeroDivisionError("8ABC123")

        monkeypatch.setitem(jobs.WORK, "tried", poison)
        ends = [jobs.run(asked.pk, later(minutes=6 * number)) for number in range(4)]
        assert [bool(end) for end in ends] == [False, False, True, False]
        assert (ends[2].outcome, asked.tries.count()) == ("failed", 3)
        assert "8ABC123" not in ends[2].says

    def test_a_job_that_kills_its_worker_is_parked_too(self, asked, work):
        for number in (1, 2, 3):
            JobTry.objects.write(by=None, job=asked, number=number)
        assert jobs.run(asked.pk, later(minutes=6)).outcome == "failed"
        assert work == []

    def test_redis_lost_the_sweep_runs_what_waits_for_a_minute(self, asked, work):
        assert jobs.sweep(later(seconds=30)) == 0
        assert jobs.sweep(later(seconds=90)) == 1

    def test_the_broker_away_the_asking_stands(self, asked, monkeypatch):
        monkeypatch.undo()
        monkeypatch.setattr(jobs.current_app.conf, "broker_url", "redis://127.0.0.1:1")

        def away(*args, **options):
            raise ConnectionRefusedError

        monkeypatch.setattr(jobs.current_app, "send_task", away)
        jobs.hurry(asked.pk)
        assert Job.objects.filter(pk=asked.pk, done__isnull=True).exists()

    def test_the_task_takes_an_id_only(self, asked):
        tasks.run_job(str(asked.pk))
        assert JobDone.objects.get().outcome == "done"


@pytest.mark.usefixtures("committed")
def test_two_workers_at_once_make_one_file(work, committed):
    member = cast.CAST["training_officer"]()
    asked = jobs.queue("tried", verb=VERB, arguments={}, by=member)
    start = threading.Barrier(4)

    def worker():
        start.wait()
        try:
            jobs.run(asked.pk, timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(work), JobTry.objects.count(), JobDone.objects.count()) == (1, 1, 1)


class TestPages:
    @pytest.fixture
    def page(self, training_officer, client_of):
        return client_of(training_officer)

    def test_nothing_yet(self, page):
        assert "No file yet" in page.get(reverse("list_jobs")).content.decode()

    def test_it_looks_again_while_one_waits_and_then_no_more(self, page, asked):
        url = reverse("list_jobs")
        assert 'hx-trigger="load delay:4s"' in page.get(url).content.decode()
        # looking again keeps a session alive: after two minutes it is the member's to look
        assert "hx-trigger" not in page.get(f"{url}?look=30").content.decode()
        jobs.run(asked.pk, timezone.now())
        shown = page.get(url).content.decode()
        assert "hx-trigger" not in shown
        assert "Fetch tried.csv" in shown

    def test_what_was_refused_says_why(self, page, asked, monkeypatch):
        refusal = jobs.Refusal("C.3.b", "Your role does not include it.", "Ask.")
        monkeypatch.setattr(jobs, "may_run", lambda *args: refusal)
        jobs.run(asked.pk, timezone.now())
        assert "Your role does not include it. Ask." in page.get(reverse("list_jobs")).content.decode()

    @pytest.mark.clause("C.3.b")
    def test_a_file_is_its_askers_only(self, page, asked, administrator, client_of):
        jobs.run(asked.pk, timezone.now())
        url = reverse("download_job", args=[asked.pk])
        assert page.get(url).content == b"a,b"
        assert client_of(administrator).get(url).status_code == 404

    @pytest.mark.clause("F.1")
    def test_fetching_asks_whether_it_is_still_you(self, page, asked):
        jobs.run(asked.pk, timezone.now())
        session = page.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
        session.save()
        answer = page.get(reverse("download_job", args=[asked.pk]))
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]

    def test_an_old_file_is_asked_for_again(self, page, asked, monkeypatch):
        jobs.run(asked.pk, timezone.now())
        monkeypatch.setattr(jobs, "KEPT", timedelta(0))
        answer = page.get(reverse("download_job", args=[asked.pk]))
        assert (answer.status_code, answer["Location"]) == (302, reverse("list_jobs"))

    def test_the_list_costs_as_many_queries_for_many_as_for_one(self, page, asked, training_officer):
        url = reverse("list_jobs")
        page.get(url)
        alone = statements(page.get, url)
        for _ in range(10):
            jobs.queue("tried", verb=VERB, arguments={}, by=training_officer)
        assert statements(page.get, url) == alone
