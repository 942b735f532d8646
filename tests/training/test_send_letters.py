"""Letters before training lapses: each once, the nearest one only, and none lost while the mail server is away."""

from __future__ import annotations

import csv
import json
import smtplib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management.base import CommandError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal import digest
from tests import cast, make
from tests.commands.run import run
from tests.counting import statements
from training import letters
from training.lapses import in_state, state_of, with_access
from training.letter_rules import LAPSED, days_left, letter_due
from training.models import CompletionWithdrawn, Letter, LetterSent, Member
from training.standing import standing

TABLE = Path(__file__).resolve().parents[1] / "tables" / "letters.csv"
OAKLAND = ZoneInfo("America/Los_Angeles")
DAYS = (60, 30, 7, 0)


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


class TestTheRule:
    @pytest.mark.parametrize("row", rows(), ids=lambda r: r["why"])
    def test_table(self, row):
        lapse = date(2026, 6, 15)
        at = datetime.combine(lapse, time.fromisoformat(row["hour_of_lapse"]), OAKLAND)
        today = lapse - timedelta(days=int(row["days_before"]))
        now = datetime.combine(today, time.fromisoformat(row["hour_today"]), OAKLAND)
        found = letter_due(lapses_at=at, now=now, days=DAYS, sent=row["already_sent"].split())
        assert (found or "") == row["letter"]

    @given(
        lapse=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
        first=st.integers(-10, 90),
        steps=st.lists(st.integers(1, 40), max_size=30),
        hour=st.integers(0, 23),
    )
    def test_each_letter_once_and_never_an_earlier_one_after_a_later_one(self, lapse, first, steps, hour):
        """Whenever the task ran, over changes of the clock too."""
        order = ["lapse_60", "lapse_30", "lapse_7", LAPSED]
        day = lapse.astimezone(OAKLAND).date() - timedelta(days=first)
        sent: list[str] = []
        for step in [0, *steps]:
            day += timedelta(days=step)
            now = datetime.combine(day, time(hour), OAKLAND)
            found = letter_due(lapses_at=lapse, now=now, days=DAYS, sent=sent)
            assert (found == LAPSED) <= (lapse <= now)
            sent += [found] if found else []
        assert sent == sorted(set(sent), key=order.index)

    @given(lapse=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
    def test_a_task_that_runs_each_morning_sends_all_four(self, lapse):
        day, sent = lapse.astimezone(OAKLAND).date() - timedelta(days=70), []
        for number in range(75):
            now = datetime.combine(day + timedelta(days=number), time(6), OAKLAND)
            found = letter_due(lapses_at=lapse, now=now, days=DAYS, sent=sent)
            if found and found != LAPSED:
                assert days_left(lapse, now) == int(found.removeprefix("lapse_"))
            sent += [found] if found else []
        assert sent == ["lapse_60", "lapse_30", "lapse_7", LAPSED]


@pytest.fixture
def reachable(db):
    """An officer with an address whose training lapses in twenty-nine days."""
    member = cast.member("okoro", "Ola Okoro", "officer", trained=False, unit="Patrol 3", email="okoro@opd.example")
    make.completion(member, days=29)
    return member


def kinds(member) -> list[str]:
    return sorted(Letter.objects.filter(member=member).values_list("kind", flat=True))


@pytest.mark.clause("J", "C.3.a")
class TestDue:
    def test_the_nearest_letter_is_written_once(self, reachable):
        assert [letters.due(timezone.now()), letters.due(timezone.now())] == [1, 0]
        assert kinds(reachable) == ["lapse_30"]

    def test_a_new_completion_begins_anew(self, reachable):
        letters.due(timezone.now())
        make.completion(reachable, days=50)
        letters.due(timezone.now())
        assert kinds(reachable) == ["lapse_30", "lapse_60"]

    def test_a_withdrawn_completion_lapses(self, reachable, chief):
        for completion in reachable.completions.all():
            CompletionWithdrawn.objects.write(by=chief, completion=completion, entered_by=None, reason="Never taken")
        make.completion(reachable, days=-1, completed_on=timezone.localdate() - timedelta(days=30))
        letters.due(timezone.now())
        assert kinds(reachable) == ["lapsed"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda m: make.closed(m),
            lambda m: make.no_role(m),
            lambda m: Member.objects.filter(pk=m.pk).update(email=""),
            lambda m: make.completion(m, days=200),
        ],
        ids=["account closed", "no role that opens data", "no address", "trained again"],
    )
    def test_no_letter_where_none_helps(self, reachable, change):
        change(reachable)
        assert letters.due(timezone.now()) == 0

    def test_two_thousand_members_cost_as_many_queries_as_one(self, reachable):
        assert statements(letters.due, timezone.now()) == 4  # who, what was written, write, how many
        for number in range(12):
            member = cast.member(f"more{number}", f"More {number}", "officer", trained=False, email="m@opd.example")
            make.completion(member, days=number)
        assert statements(letters.due, timezone.now()) == 4
        assert Letter.objects.count() == 13


@pytest.mark.django_db
@pytest.mark.parametrize("spans", [[-5], [5], [70], [-5, 40], [90, 20], []])
@pytest.mark.parametrize("split", [False, True])
def test_the_query_and_the_standing_tell_the_same_lapse(spans, split):
    member, now = cast.member("twin", "Tia Twin", "officer", trained=False), timezone.now()
    for span in spans:
        for topics in (make.TOPICS[:3], make.TOPICS[3:]) if split else (make.TOPICS,):
            make.completion(member, days=span, topics=topics, completed_on=timezone.localdate() - timedelta(days=20))
    found, papers = with_access(now).get(pk=member.pk), standing(member, now)
    state = state_of(found.lapses_at, now)
    assert papers.may_enter == (state in {"current", "lapsing"})
    if papers.may_enter:
        assert papers.lapses_at == found.lapses_at
    assert [s for s in ("never", "lapsed", "lapsing", "current") if in_state(with_access(now), s, now)] == [state]


@pytest.mark.clause("J")
class TestSend:
    @pytest.fixture
    def written(self, reachable):
        letters.due(timezone.now())
        return reachable

    def test_a_letter_leaves_once_with_a_link_and_no_data(self, written, mailoutbox):
        assert [letters.send_due(timezone.now()).left for _ in range(2)] == [1, 0]
        (mail,) = mailoutbox
        assert mail.to == ["okoro@opd.example"]
        assert "/training/mine/" in mail.body
        assert "okoro" not in mail.body.lower().replace("ola okoro", "")

    def test_the_mail_server_away_costs_nothing_and_is_tried_again(self, written, mailoutbox, monkeypatch):
        with monkeypatch.context() as away:
            away.setattr("django.core.mail.EmailMessage.send", raising(ConnectionRefusedError()))
            assert letters.send_due(timezone.now()) == letters.Sent(0, 0, away=True)
        assert not LetterSent.objects.exists()
        assert letters.send_due(timezone.now()).left == 1

    def test_killed_after_the_server_took_it_the_letter_goes_once_more(self, written, mailoutbox, monkeypatch):
        """The record and the letter leave together: the kill rolls the record back."""

        class Killed(BaseException):
            pass

        real = letters.message

        def message(*args, **values):
            ready = real(*args, **values)
            send = ready.send
            ready.send = lambda: (send(), raising(Killed())())  # type: ignore[method-assign]
            return ready

        with monkeypatch.context() as kill:
            kill.setattr(letters, "message", message)
            with pytest.raises(Killed):
                letters.send_due(timezone.now())
        letters.send_due(timezone.now())
        letters.send_due(timezone.now())
        assert len(mailoutbox) == 2

    def test_an_address_that_is_refused_stops_no_other_letter(self, written, mailoutbox, monkeypatch):
        other = cast.member("petrova", "Pia Petrova", "officer", trained=False, email="petrova@opd.example")
        make.completion(other, days=5)
        letters.due(timezone.now())
        real = letters.message

        def message(kind, *, to, **values):
            ready = real(kind, to=to, **values)
            if to.startswith("okoro"):
                ready.send = raising(smtplib.SMTPRecipientsRefused({}))  # type: ignore[method-assign]
            return ready

        monkeypatch.setattr(letters, "message", message)
        assert letters.send_due(timezone.now()) == letters.Sent(1, 1)
        assert [mail.to for mail in mailoutbox] == [["petrova@opd.example"]]

    def test_given_up_after_three_days_until_somebody_says_again(self, written, mailoutbox):
        later = timezone.now() + timedelta(days=3, minutes=1)
        assert letters.send_due(later).left == 0
        assert letters.send_due(later, given_up=True).left == 1

    def test_a_newer_letter_of_the_same_kind_replaces_one_that_never_left(self, reachable, mailoutbox):
        for kind, hours in (("lapse_60", 50), ("lapse_30", 1), ("worklist", 30), ("worklist", 2)):
            at = timezone.now() - timedelta(hours=hours)
            make.backdated(Letter, at=at, member=reachable, kind=kind, about_on=at.date())
        assert sorted(letters.unsent().values_list("kind", flat=True)) == ["lapse_30", "worklist"]

    def test_a_leaver_gets_no_letter(self, written, mailoutbox):
        make.closed(written)
        assert letters.send_due(timezone.now()).left == 0


def raising(error):
    def raise_it(*args, **values):
        raise error

    return raise_it


@pytest.mark.django_db
class TestDigests:
    @pytest.mark.clause("C.3.b")
    def test_chief_and_coordinator_get_the_numbers_of_the_week(self, chief, coordinator, officer, mailoutbox):
        Member.objects.exclude(pk=officer.pk).update(email="a@opd.example")
        assert [letters.due_roles(timezone.now()) for _ in range(2)] == [2, 0]
        letters.send_due(timezone.now())
        assert len(mailoutbox) == 2
        assert "Roles granted: 3" in mailoutbox[0].body
        assert "Okoro" not in mailoutbox[0].body

    def test_the_worklist_tells_counts_and_links_to_those_for_whom_something_waits(
        self, supervisor, chief, officer, mailoutbox
    ):
        make.waiting_query(officer)
        Member.objects.filter(pk__in=[supervisor.pk, officer.pk]).update(email="s@opd.example")
        assert digest.due_worklist(timezone.now()) == 1
        letters.send_due(timezone.now())
        (mail,) = mailoutbox
        assert "Searches that await your decision: 1" in mail.body
        assert "8ABC123" not in mail.body
        assert "Okoro" not in mail.body


@pytest.mark.usefixtures("committed")
class TestCommand:
    def test_dry_run_says_and_does_nothing(self, reachable_committed):
        said = json.loads(run("send_letters", "--dry-run", "--json"))
        assert (said["written"], said["sent"]) == (1, 1)
        assert not Letter.objects.exists()

    def test_it_writes_and_sends(self, reachable_committed, mailoutbox):
        assert run("send_letters").startswith("Wrote 1 letters about lapses, sent 1.")
        assert run("send_letters").startswith("Wrote 0 letters about lapses, sent 0.")
        assert len(mailoutbox) == 1

    def test_a_mail_server_that_is_away_is_an_exit_code(self, reachable_committed, monkeypatch):
        monkeypatch.setattr("django.core.mail.EmailMessage.send", raising(ConnectionRefusedError()))
        with pytest.raises(CommandError, match="away"):
            run("send_letters")


@pytest.fixture
def reachable_committed(committed):
    member = cast.member("okoro", "Ola Okoro", "officer", trained=False, email="okoro@opd.example")
    make.completion(member, days=29)
    return member
