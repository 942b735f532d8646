"""G.1 to G.3: a second person decides on a hold, reviews it, releases it; each once, beside whatever runs at that moment."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, timedelta
from types import SimpleNamespace

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.worklist import worklist
from reads import disposal as days
from reads.holds import deciding, disposal, pictures, queries, releases, reviews, waiting
from reads.holds.rules import Life
from reads.models import Hold, HoldDecision, HoldMember, HoldReview, ReleaseAsked, ReleaseDecision
from tests import cast, database, holding, make
from tests.hotlists.propose import lent
from tests.hotlists.test_eight_deciders import at_once

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "G.1", "G.2", "G.3")]
SAYS = "The case file supports it, checked."


@pytest.fixture(autouse=True)
def own_disk(settings, tmp_path):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"


def decide(hold, by, *, approved=True):
    found = Hold.objects.select_related("by").get(pk=hold.pk)
    return deciding.decide_hold(found, approved=approved, reason=SAYS, by=by, now=timezone.now())


def address(name, hold):
    return reverse(name, args=[hold.pk])


class TestDecide:
    def test_the_page_shows_why_and_records_the_decision(self, client_of, administrator, officer):
        hold, client = holding.asked(officer, make.read()), client_of(administrator)
        shown = client.get(address("decide_hold", hold)).content.decode()
        assert holding.SAYS in shown
        assert "decide before" in shown
        done = client.post(address("decide_hold", hold), {"decision": "approve", "reason": SAYS})
        record = HoldDecision.objects.get()
        assert done.headers["Location"] == reverse("view_receipt", args=[record.pk])
        assert (record.by, record.asked_by, record.reads, record.on_behalf_of) == (administrator, officer, 1, None)
        assert "1 read and 0 pictures are copied" in client.get(done.headers["Location"]).content.decode()
        assert "Open what is held" in client_of(officer).get(address("view_hold", hold)).content.decode()

    def test_denied_nothing_is_kept_and_the_asker_is_told(self, client_of, administrator, officer):
        hold = holding.asked(officer, make.read())
        client_of(administrator).post(address("decide_hold", hold), {"decision": "deny", "reason": SAYS})
        assert queries.life_of(hold, timezone.now()) == Life.DENIED
        assert SAYS in client_of(officer).get(address("view_hold", hold)).content.decode()
        assert waiting.denied(officer)[0] == 1

    @pytest.mark.parametrize("values", [{"decision": ""}, {"reason": ""}, {"reason": "ok"}])
    def test_incomplete(self, client_of, administrator, officer, values):
        hold = holding.asked(officer, make.read())
        said = {"decision": "approve", "reason": SAYS, **values}
        assert client_of(administrator).post(address("decide_hold", hold), said).status_code == 422
        assert not HoldDecision.objects.exists()

    def test_it_asks_whether_it_is_still_you(self, administrator, officer):
        hold, client = holding.asked(officer, make.read()), Client()
        client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(address("decide_hold", hold), {"decision": "approve", "reason": SAYS})
        assert answer.status_code == 302
        assert "reauthenticate" in answer.headers["Location"]
        assert not HoldDecision.objects.exists()

    def test_nobody_decides_on_their_own(self, client_of, officer):
        make.role(officer, "administrator")
        hold = holding.asked(officer, make.read())
        answer = client_of(officer).post(address("decide_hold", hold), {"decision": "approve", "reason": SAYS})
        assert answer.status_code == 403
        assert not HoldDecision.objects.exists()

    def test_a_designee_decides_on_behalf(self, administrator, supervisor, officer):
        lent(administrator, supervisor, verb="reads.decide_hold")
        assert decide(holding.asked(officer, make.read()), supervisor).on_behalf_of == administrator

    def test_whoever_decides_is_told_of_other_holds_of_the_case(self, client_of, administrator, officer, other_officer):
        holding.held(officer, administrator, make.read())
        hold = holding.asked(other_officer, make.read())
        assert "1 other hold" in client_of(administrator).get(address("decide_hold", hold)).content.decode()

    def test_what_the_screens_raise_is_shown(self, client_of, administrator, officer):
        hold = holding.asked(officer, make.read(), reason="Robbery at a protest march; the vehicle left the scene.")
        assert "The screens noticed" in client_of(administrator).get(address("decide_hold", hold)).content.decode()

    def test_all_or_nothing_where_the_pictures_cannot_be_kept(self, administrator, officer, monkeypatch):
        hold = holding.asked(officer, make.read())

        def full(hold_id):
            raise OSError("No space left on device")

        monkeypatch.setattr(pictures, "keep", full)
        with pytest.raises(OSError, match="No space"):
            decide(hold, administrator)
        assert queries.life_of(hold, timezone.now()) == Life.WAITING

    def test_gone_reads_are_told(self, administrator, officer):
        with pytest.raises(Refused) as refused:
            decide(holding.asked(officer, uuid.uuid4()), administrator)
        assert refused.value.refusal.code == "hold.too_late"


class TestEight:
    def deciders(self):
        return [cast.member(f"abara{n}", f"Ada Abara {n}", "administrator") for n in range(8)]

    def test_one_decision_and_seven_are_told(self, officer):
        hold = holding.asked(officer, make.read())
        acts = [lambda by=by, n=n: decide(hold, by, approved=bool(n % 2)) for n, by in enumerate(self.deciders())]
        assert at_once(*acts) == ["done", *["hold.decided"] * 7]
        assert HoldDecision.objects.count() == 1

    def test_the_database_decides_where_no_rule_was_asked(self, officer, monkeypatch):
        monkeypatch.setattr(deciding, "blocks_decision", lambda *args, **values: None)
        monkeypatch.setattr(deciding, "take_turns", lambda hold: None)
        hold = holding.asked(officer, make.read())
        acts = [lambda by=by: decide(hold, by) for by in self.deciders()]
        assert at_once(*acts) == ["done", *["hold.decided"] * 7]
        assert HoldDecision.objects.get().reads == 1


class TestBesideTheDisposal:
    """An approval and the disposal of its day, at once: one comes first, and the other sees it."""

    @pytest.fixture(autouse=True)
    def days_again(self, committed, django_db_setup):
        yield
        connections.close_all()
        with database.connect(django_db_setup) as admin:
            admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")

    @pytest.fixture
    def hold(self, officer):
        """Asked in time for a read with a picture whose day has expired since."""
        uploaded = timezone.now() - timedelta(days=33)
        read_id = make.read(uploaded_at=uploaded, images=1)
        (kept,) = make.pictures(read_id, make.jpeg(), day=uploaded.astimezone(UTC).date())
        at = timezone.now() - timedelta(days=10)
        hold = holding.asked(officer, read_id, at=at, review_on=timezone.localdate() + timedelta(days=30))
        hold.day = kept.upload_day
        return hold

    def started(self, act):
        """The act on a thread of its own; what it came to, once it is joined."""
        came = []

        def run():
            try:
                came.append(act())
            except Exception as error:  # a test tells of it
                came.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread, came

    def waits_for_the_day(self):
        """Until somebody waits for the lock of a day, as the database tells it."""
        before = time.monotonic() + 30
        with connections["owner"].cursor() as cursor:
            while time.monotonic() < before:
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7220721 AND NOT granted"
                )
                if cursor.fetchone():
                    return
        raise AssertionError("nobody waits for a day")

    def test_the_disposal_first_and_the_approval_is_told(self, hold, administrator, monkeypatch):
        taken, go_on = threading.Event(), threading.Event()
        destroy_key = days.packs.destroy_key

        def paused(day):
            taken.set()
            go_on.wait(30)
            destroy_key(day)

        monkeypatch.setattr(days.packs, "destroy_key", paused)
        purging, purged = self.started(lambda: days.dispose(hold.day, uuid.uuid4()))
        assert taken.wait(30)
        approving, approved = self.started(lambda: decide(hold, administrator))
        self.waits_for_the_day()  # whose reads are gone already
        go_on.set()
        purging.join(30)
        approving.join(30)
        assert purged[0][0].reads == 1
        assert approved[0].refusal.code == "hold.too_late"
        assert not HoldDecision.objects.exists()

    def test_the_approval_first_and_the_disposal_waits(self, hold, administrator, officer, monkeypatch):
        copied, tried, go_on = threading.Event(), threading.Event(), threading.Event()
        keep = pictures.keep

        def paused(hold_id):
            copied.set()
            go_on.wait(30)
            return keep(hold_id)

        monkeypatch.setattr(pictures, "keep", paused)
        approving, approved = self.started(lambda: decide(hold, administrator))
        assert copied.wait(30)
        pause = SimpleNamespace(sleep=lambda seconds: (tried.set(), go_on.wait(30), approving.join(30)))
        monkeypatch.setattr("reads.disposal_locks.time", pause)
        purging, purged = self.started(lambda: days.dispose(hold.day, uuid.uuid4()))
        assert tried.wait(30)  # the day is kept until reads and pictures are copied
        go_on.set()
        approving.join(30)
        purging.join(60)
        assert (approved[0].reads, approved[0].pictures, approved[0].gone) == (1, 1, 0)
        assert purged[0][0].reads == 1
        assert pictures.on_disk() == [hold.pk]
        assert len(pictures.keys_of([hold.pk])) == 1


class TestReview:
    def test_it_runs_on_and_what_was_hidden_is_open_again(self, client_of, administrator, officer):
        hold = holding.held(officer, administrator, make.read())
        holding.lapsed(hold)
        until = timezone.localdate() + timedelta(days=60)
        said = {"keep_until": until.isoformat(), "reason": SAYS}
        assert "Hidden" in client_of(officer).get(address("view_hold", hold)).content.decode()
        done = client_of(administrator).post(address("review_hold", hold), said)
        assert done.headers["Location"] == reverse("view_receipt", args=[HoldReview.objects.get().pk])
        assert queries.life_of(hold, timezone.now()) == Life.RUNNING
        hold.state.refresh_from_db()
        assert hold.state.keep_until == until

    @pytest.mark.parametrize(("days_on", "code"), [(0, "review.past"), (91, "review.too_late")])
    def test_within_ninety_days(self, client_of, administrator, officer, days_on, code):
        hold = holding.held(officer, administrator, make.read())
        said = {"keep_until": (timezone.localdate() + timedelta(days=days_on)).isoformat(), "reason": SAYS}
        answer = client_of(administrator).post(address("review_hold", hold), said)
        assert {error.code for error in answer.context["form"].errors.as_data()["keep_until"]} == {code}

    def test_nobody_reviews_their_own(self, client_of, administrator, officer):
        hold = holding.held(officer, administrator, make.read())
        make.role(officer, "administrator")
        assert client_of(officer).get(address("review_hold", hold)).status_code == 403
        said = {"keep_until": timezone.localdate() + timedelta(days=9), "reason": SAYS, "now": timezone.now()}
        with pytest.raises(Refused):
            reviews.review_hold(hold, by=officer, **said)


class TestColleagues:
    def test_named_they_see_the_hold_and_open_it(self, client_of, administrator, officer, other_officer):
        hold = holding.held(officer, administrator, make.read())
        theirs = client_of(other_officer)
        assert theirs.get(address("view_hold", hold)).status_code == 404
        said = {"badge": other_officer.badge, "reason": "Lead investigator"}
        assert client_of(officer).post(address("name_hold_member", hold), said).status_code == 302
        assert HoldMember.objects.get().member == other_officer
        assert "Open what is held" in theirs.get(address("view_hold", hold)).content.decode()
        again = client_of(officer).post(address("name_hold_member", hold), said)
        assert again.status_code == 403

    @pytest.mark.parametrize("badge", ["", "nobody", "CASTEL"])
    def test_only_who_may_open_held_reads(self, client_of, administrator, coordinator, officer, badge):
        hold = holding.held(officer, administrator, make.read())
        said = {"badge": badge, "reason": "Lead investigator"}
        assert client_of(officer).post(address("name_hold_member", hold), said).status_code == 422
        assert not HoldMember.objects.exists()


class TestRelease:
    def test_asked_decided_closed_and_gone(self, client_of, administrator, officer):
        hold = holding.held(officer, administrator, make.read())
        client_of(officer).post(address("ask_release", hold), {"reason": "The trial is over."})
        assert waiting.releases(administrator)[0] == 1
        shown = client_of(administrator).get(address("decide_release", hold)).content.decode()
        assert "The trial is over." in shown
        client_of(administrator).post(address("decide_release", hold), {"decision": "approve", "reason": SAYS})
        assert queries.life_of(hold, timezone.now()) == Life.RELEASED
        assert waiting.releases(administrator)[0] == 0
        disposal.dispose_due(uuid.uuid4())
        assert queries.life_of(hold, timezone.now()) == Life.GONE
        assert "left the disk" in client_of(officer).get(address("view_hold", hold)).content.decode()

    def test_nobody_decides_on_their_own(self, client_of, administrator, officer):
        hold = holding.held(officer, administrator, make.read())
        release = holding.release_asked(hold, administrator)
        assert client_of(administrator).get(address("decide_release", hold)).status_code == 403
        with pytest.raises(Refused):
            releases.decide_release(release, approved=True, reason=SAYS, by=administrator, now=timezone.now())
        assert not ReleaseDecision.objects.exists()

    def test_eight_who_decide_at_once_make_one_decision(self, officer, administrator):
        release = holding.release_asked(holding.held(officer, administrator, make.read()))

        def deciding_by(by):
            def act():
                found = ReleaseAsked.objects.select_related("hold", "by").get(pk=release.pk)
                releases.decide_release(found, approved=True, reason=SAYS, by=by, now=timezone.now())

            return act

        acts = [deciding_by(by) for by in TestEight().deciders()]
        assert at_once(*acts) == ["done", *["hold.decided"] * 7]

    def test_without_a_release_there_is_nothing_to_decide(self, client_of, administrator, officer):
        hold = holding.held(officer, administrator, make.read())
        assert client_of(administrator).get(address("decide_release", hold)).status_code == 404


class TestWorklist:
    def labels(self, member):
        return {item.label: item for item in worklist(member)}

    def test_holds_that_wait_by_their_first_deadline(self, administrator, officer):
        late = holding.asked(officer, make.read())
        first = holding.asked(officer, make.read(uploaded_at=timezone.now() - timedelta(days=5)))
        item = self.labels(administrator)["Holds that await your decision"]
        assert (item.count, item.due_at) == (2, first.expires_at)
        assert list(queries.to_decide(administrator, timezone.now())) == [first, late]

    def test_reviews_due_within_a_fortnight(self, administrator, officer):
        for days_on in (13, 14, 15):
            hold = holding.held(officer, administrator, make.read())
            holding.lapsed(hold, days=-days_on)
        assert self.labels(administrator)["Holds to review within 14 days"].count == 2
        assert self.labels(officer)["Holds of yours that end unless they are reviewed"].count == 2

    def test_one_s_own_are_for_another(self, officer):
        make.role(officer, "administrator")
        holding.asked(officer, make.read())
        assert "Holds that await your decision" not in self.labels(officer)


def test_a_rolled_back_approval_leaves_no_hold(officer, administrator):
    hold = holding.asked(officer, make.read())
    with transaction.atomic():
        decide(hold, administrator)
        transaction.set_rollback(True)
    assert queries.life_of(hold, timezone.now()) == Life.WAITING
