"""B.1, C.2.A.1-age: reads are compared with every list in force in the transaction that stores them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from alpr_portal import health
from alpr_portal.policy.parameters import INCIDENT_WINDOW, LIST_SILENT, LIST_STALE, URGENT_CONFIRMED
from hotlists import matching, sweep
from hotlists.models import (
    EntryUse,
    Hit,
    HitEvent,
    Incident,
    IncidentAssigned,
    MatchReceipt,
    Mute,
    QueueItem,
    SightWindow,
    Stop,
    Verification,
    WatchRow,
)
from hotlists.sights import hits_of, incidents_of, opened
from reads import disposal
from reads.models import Access, Batch
from tests import cast, make
from tests.corpus import table

ROWS = [row.values for row in table("matching.csv")]
committed = pytest.mark.usefixtures("committed")


def hits():
    return sorted(Hit.objects.values_list("match", flat=True))


def ago(**said):
    return timezone.now() - timedelta(**said)


@pytest.mark.clause("B.1", "C.2.A")
@pytest.mark.parametrize(("plate", "state", "listed", "listed_state", "match"), ROWS)
class TestClassify:
    def test_the_rule(self, plate, state, listed, listed_state, match):
        assert (matching.classify(plate, state, listed, listed_state) or "") == match

    @committed
    def test_what_is_stored_matches_alike(self, plate, state, listed, listed_state, match):
        make.listed(listed, state=listed_state)
        make.read(plate, state=state)
        assert hits() == ([match] if match else [])
        assert Incident.objects.count() == (match == "exact")


@pytest.mark.clause("C.2.B.1", "C.2.A.1-age", "C.2.A", "C.2.B.2")
def test_the_numbers_in_the_database_are_the_orders():
    hours = [LIST_STALE, LIST_SILENT, URGENT_CONFIRMED]
    assert [number.now for number in hours] == [timedelta(hours=24), timedelta(hours=72), timedelta(hours=24)]
    assert INCIDENT_WINDOW.now == timedelta(minutes=60)


@committed
class TestLists:
    @pytest.mark.clause("C.2.A.1-age", "C.2.B.1")
    @pytest.mark.parametrize(("hours", "found", "stale"), [(1, 1, False), (23, 1, False), (25, 1, True), (73, 0, None)])
    def test_a_list_goes_stale_and_then_silent(self, hours, found, stale):
        make.listed("8ABC123", at=ago(hours=hours))
        make.read("8ABC123")
        assert Hit.objects.count() == found
        if found:
            hit = Hit.objects.get()
            assert (hit.stale, hit.list_age // 3600, hit.refresh.number) == (stale, hours, 1)

    @pytest.mark.clause("C.2.B.1")
    def test_the_newer_file_takes_the_place_of_the_older(self):
        make.listed("8ABC123")
        make.listed("7XYZ987")
        make.read("8ABC123")
        make.read("7XYZ987")
        assert [hit.refresh.number for hit in Hit.objects.all()] == [2]
        assert WatchRow.objects.count() == 1

    def test_a_list_that_is_switched_off_raises_nothing(self):
        make.listed("8ABC123")
        make.hot_list().__class__.objects.update(is_active=False)
        make.read("8ABC123")
        assert not Hit.objects.exists()

    def test_a_held_file_raises_nothing(self):
        make.listed("8ABC123", outcome="held", code="hotlist.changed")
        make.read("8ABC123")
        assert not Hit.objects.exists()

    def test_twice_in_a_file_is_one_hit_and_two_lists_are_two(self):
        make.listed("8ABC123", "8ABC123")
        make.listed("8ABC123", name="ncic", state="NV")
        make.read("8ABC123")
        assert hits() == ["exact", "state"]


@committed
@pytest.mark.clause("C.2.B.2")
class TestEntries:
    def test_an_entry_matches_from_its_approval_on(self, officer):
        proposed = make.entry(officer)
        make.read("8ABC123")
        assert not Hit.objects.exists()
        make.decided(proposed, cast.CAST["administrator"]())
        make.read("8ABC123")
        assert hits() == ["exact"]
        assert EntryUse.objects.get().alerts == 1

    @pytest.mark.parametrize(("seconds", "found"), [(30, 1), (90, 0)])
    def test_what_is_stored_while_an_entry_is_approved_falls_between_no_versions(self, officer, seconds, found):
        make.active(officer)
        make.read("8ABC123", uploaded_at=ago(seconds=seconds))
        assert Hit.objects.count() == found

    def test_part_of_a_plate_is_a_candidate_and_never_an_alert(self, officer):
        make.active(officer, "8AB*1?3", watched="partial")
        make.read("8ABC123")
        make.read("8ABC124")
        make.read("8ABC123", state="NV")
        assert hits() == ["partial"]
        assert not Incident.objects.exists()
        assert EntryUse.objects.get().candidates == 1

    def test_an_underscore_or_per_cent_of_a_plate_is_no_wildcard(self):
        assert matching.pattern_of("8AB*1?3") == "8AB%1_3"

    def test_a_vehicle_without_a_plate_is_not_matched(self, officer):
        make.active(officer, "", watched="vehicle", make="toyota")
        make.read("8ABC123")
        assert not Hit.objects.exists()

    def test_a_units_entry_is_seen_by_that_unit(self, officer, other_supervisor):
        make.active(officer, confidentiality="unit")
        make.read("8ABC123")
        assert [incidents_of(one).count() for one in (officer, other_supervisor)] == [1, 0]
        assert [hits_of(one).count() for one in (officer, other_supervisor)] == [1, 0]


@committed
@pytest.mark.clause("C.2.A")
class TestIncidents:
    def test_hits_close_together_are_one_incident_with_a_count(self):
        make.listed("8ABC123", "7XYZ987")
        for plate in ("8ABC123", "8ABC123", "7XYZ987"):
            make.read(plate)
        assert sorted(QueueItem.objects.values_list("hits", flat=True)) == [1, 2]
        assert HitEvent.objects.count() == 3

    @pytest.mark.parametrize(("minutes", "incidents"), [(59, 1), (61, 2)])
    def test_far_apart_they_are_two(self, minutes, incidents):
        make.listed("8ABC123", at=ago(hours=3))
        make.read("8ABC123", uploaded_at=ago(minutes=minutes))
        make.read("8ABC123")
        assert Incident.objects.count() == incidents

    def test_one_that_was_closed_is_followed_by_another(self, officer):
        first = make.incident()
        make.verification(first, officer, outcome="not_located")
        assert not QueueItem.objects.exists()
        make.read("8ABC123")
        assert Incident.objects.count() == 2

    @pytest.mark.parametrize(("outcome", "quiet"), [("", True), ("misread", False)])
    def test_a_muted_plate_stays_quiet_until_its_incident_is_closed(self, officer, outcome, quiet):
        first = make.incident()
        Mute.objects.write(by=officer, incident=first, reason="Bait car", ends_at=timezone.now() + timedelta(hours=1))
        make.verification(first, officer, outcome=outcome)
        told = HitEvent.objects.count()
        make.read("8ABC123")
        assert Incident.objects.count() == (1 if quiet else 2)
        assert HitEvent.objects.count() == told + (not quiet)
        assert QueueItem.objects.count() == 1

    def test_a_mute_lasts_a_day_at_most(self, officer):
        first = make.incident()
        with pytest.raises(DatabaseError, match="mute_lasts_a_day"):
            Mute.objects.write(by=officer, incident=first, reason="So", ends_at=timezone.now() + timedelta(hours=25))

    def test_what_only_a_unit_may_see_joins_no_incident_of_everybody(self, officer, other_officer):
        entry = make.active(officer)
        make.read("8ABC123")
        newer = make.version(entry, other_officer, confidentiality="unit")
        make.decided(newer, cast.CAST["administrator"]())
        make.read("8ABC123")
        assert sorted(QueueItem.objects.values_list("unit", "hits")) == [("", 1), ("Patrol 3", 1)]

    def test_what_members_do_shows_in_the_queue_and_is_told(self, officer, supervisor):
        first = make.incident()
        IncidentAssigned.objects.write(by=supervisor, incident=first, member=officer)
        make.verification(first, officer)
        item = QueueItem.objects.get()
        assert (item.assigned_to, item.verified_at is None) == (officer, False)
        assert HitEvent.objects.count() == 3

    def test_a_stop_takes_it_out_of_the_queue(self, officer):
        first = make.incident()
        said = {"justification": "Stolen", "case_number": "26-012345", "disposition": "arrest", "next_steps": "None"}
        said |= {"responded_at": timezone.now(), "verification": "none", "member": officer, "member_name": officer.name}
        Stop.objects.write(by=officer, incident=first, hot_list=first.hot_list, area="4", **said)
        assert not QueueItem.objects.exists()


@committed
class TestReceipts:
    def batch(self, **values):
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE reads_read DISABLE TRIGGER hotlists_match")
            try:
                found = uuid.uuid4()
                make.read("8ABC123", batch_id=found, **values)
            finally:
                cursor.execute("ALTER TABLE reads_read ENABLE ALWAYS TRIGGER hotlists_match")
        source = make.source()
        said = {"key": str(found), "digest": "0" * 64, "received": 1, "stored": 1, "duplicates": 0}
        Batch.backdated(id=found, by_name="source", source=source, at=ago(minutes=5), **said)
        return found

    def test_every_delivery_leaves_a_receipt(self):
        make.listed("8ABC123")
        make.read("8ABC123")
        make.read("8A8C123")
        make.read("7XYZ987")
        said = MatchReceipt.objects.values_list("reads", "alerts", "candidates")
        assert sorted(said) == [(1, 0, 0), (1, 0, 1), (1, 1, 0)]

    def test_the_sweep_finds_a_delivery_without_one(self):
        make.listed("8ABC123", at=ago(hours=1))
        batch = self.batch()
        assert not Hit.objects.exists()
        assert sweep.match_unmatched() == (1, 1)
        assert (hits(), MatchReceipt.objects.get().batch_id) == (["exact"], batch)
        assert sweep.match_unmatched() == (0, 0)

    def test_health_tells_of_what_was_left_out_and_of_a_comparison_that_is_off(self):
        self.batch()
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE reads_batch DISABLE TRIGGER written_once")
            cursor.execute("UPDATE reads_batch SET at = at - interval '20 minutes'")
            cursor.execute("ALTER TABLE reads_batch ENABLE ALWAYS TRIGGER written_once")
        assert (health.matching().ok, "1 deliveries" in health.matching().says) == (False, True)
        sweep.match_unmatched()
        assert health.matching().ok
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE reads_read ENABLE TRIGGER hotlists_match")  # no longer in replica mode
            try:
                assert not health.matching().ok
            finally:
                cursor.execute("ALTER TABLE reads_read ENABLE ALWAYS TRIGGER hotlists_match")

    @pytest.mark.clause("C.2.B")
    def test_the_sweep_never_matches_what_came_into_force_later(self):
        self.batch(uploaded_at=ago(minutes=5))
        make.listed("8ABC123")
        make.active(cast.CAST["officer"]())
        assert sweep.match_unmatched() == (1, 0)
        assert not Hit.objects.exists()

    def test_matching_again_raises_no_second_hit(self):
        make.listed("8ABC123", at=ago(hours=1))
        batch = self.batch()
        sweep.match_unmatched()
        with connections["purge"].cursor() as cursor:
            cursor.execute("SELECT hotlists_match_batch(%s)", [batch])
        assert Hit.objects.count() == 1


@committed
@pytest.mark.clause("G", "F.1")
class TestSights:
    def test_what_a_hit_saw_is_shut_without_a_recorded_access(self, officer):
        hit = make.incident().hits.get()
        with pytest.raises(DatabaseError, match="no recorded access"):
            list(SightWindow.objects.all())
        with opened(officer, [hit], now=timezone.now()) as seen:
            look = seen.looks[hit.pk]
            assert (look.sight.plate, look.read.plate, look.sight.listed) == ("8ABC123", "8ABC123", "8ABC123")
        record = Access.objects.get()
        assert (record.kind, record.hits, record.by) == ("hits", [hit.pk], officer)

    @pytest.mark.parametrize(("hours", "seen"), [(719, True), (721, False)])
    def test_it_is_unreadable_at_720_hours(self, officer, hours, seen):
        make.listed("8ABC123", at=ago(hours=hours + 1))
        make.read("8ABC123", uploaded_at=ago(hours=hours))
        hit = Hit.objects.get()
        with opened(officer, [hit], now=timezone.now()) as found:
            assert (found.looks[hit.pk].sight is not None) is seen
            assert (found.looks[hit.pk].read is not None) is seen

    def test_it_goes_with_the_reads_and_the_hit_stays(self):
        """The day's table is dropped: rows that are only deleted would stay readable in the database's files."""
        uploaded = ago(hours=32 * 24)
        make.listed("8ABC123", at=ago(hours=33 * 24))
        make.read("8ABC123", uploaded_at=uploaded)
        table = f"hotlists_sight_{uploaded:%Y%m%d}"
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (1,)
            assert (Hit.objects.count(), QueueItem.objects.count()) == (1, 1)
            disposal.purge()
            cursor.execute("SELECT to_regclass(%s), (SELECT count(*) FROM hotlists_sight)", [table])
            assert cursor.fetchone() == (None, 0)
            cursor.execute("SELECT reads_make_partitions(%s, 45)", [(ago(hours=40 * 24)).date()])
        assert (Hit.objects.count(), QueueItem.objects.count()) == (1, 0)

    @pytest.mark.parametrize("table", ["hotlists_sight", "reads_read"])
    def test_the_application_cannot_go_around_the_window(self, table):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table}")

    @pytest.mark.parametrize("model", [Hit, Incident, QueueItem, MatchReceipt, HitEvent, EntryUse])
    def test_hits_are_written_by_the_database_only(self, model):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {model._meta.db_table} DEFAULT VALUES")

    @pytest.mark.parametrize(
        "call",
        [
            "hotlists_raise('{}')",
            "hotlists_tell(gen_random_uuid())",
            "hotlists_put_in_force(r) FROM hotlists_refresh r",
            "hotlists_match_batch(gen_random_uuid())",
        ],
    )
    def test_nor_call_what_writes_them(self, call):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"SELECT {call}")

    def test_an_untrained_member_opens_nothing(self, untrained_officer):
        from alpr_portal.policy.refusal import Refused

        hit = make.incident().hits.get()
        with pytest.raises(Refused), opened(untrained_officer, [hit], now=timezone.now()):
            pass
        assert not Access.objects.exists()


@committed
def test_an_incident_is_closed_once(officer, other_officer):
    first = make.incident()
    make.verification(first, officer, outcome="misread")
    with pytest.raises(DatabaseError, match="incident_closed_once"):
        make.verification(first, other_officer, outcome="cleared")
    assert Verification.objects.count() == 1
