"""Held reads are open within their case only: asked by the portal, and by the database whatever the portal asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.records import broken_constraint
from reads import packs
from reads.held.window import access_to_hold, holds_of
from reads.models import Access, HeldPicture, HeldRead
from tests import holding, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "F.1")]
OTHER = "26-054321"


def ids(member, hold, **values):
    """What a member finds through the window."""
    with access_to_hold(member, holds_of(member).get(pk=hold.pk), now=timezone.now(), **values) as window:
        return [read.id for read in window.reads]


def raw(access, sql):
    """What the web's own role reads of the windows under an access, in SQL of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
        cursor.execute(sql)
        return cursor.fetchall()


class TestWithinTheCase:
    def test_the_asker_finds_what_the_hold_keeps(self, officer, administrator):
        found = make.read()
        make.read("4QIX907")
        assert ids(officer, holding.held(officer, administrator, found)) == [found]

    def test_a_colleague_who_was_named_finds_it_too(self, officer, other_officer, administrator):
        hold = holding.held(officer, administrator, found := make.read())
        assert not holds_of(other_officer).exists()
        holding.named(hold, other_officer)
        assert ids(other_officer, hold) == [found]

    def test_nobody_else_is_let_in_and_nothing_is_recorded(self, officer, other_officer, administrator):
        hold = holding.held(officer, administrator, make.read())
        for member in (other_officer, administrator):
            with (
                pytest.raises(Refused, match="work on its case"),
                access_to_hold(member, hold, now=timezone.now()),
            ):
                pytest.fail("opened")
        assert not Access.objects.exists()

    def test_the_database_lets_nobody_else_record_a_look(self, officer, other_officer, administrator):
        hold = holding.held(officer, administrator, make.read())
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Access.objects.write(by=other_officer, kind="held", hold=hold)
        assert broken_constraint(refused.value) == "held_data_within_its_case"

    @pytest.mark.clause("C.3.a")
    def test_the_untrained_are_refused_first(self, untrained_officer, administrator):
        hold = holding.held(untrained_officer, administrator, make.read())
        with pytest.raises(Refused) as refused:
            ids(untrained_officer, hold)
        assert refused.value.refusal.clause == "C.3.a"
        assert not Access.objects.exists()

    def test_other_holds_of_the_case_are_found_each_read_once(self, officer, other_officer, administrator):
        both, theirs = make.read(), make.read("4QIX907")
        first = holding.held(officer, administrator, both)
        second = holding.held(other_officer, administrator, both, theirs)
        assert sorted(ids(officer, first)) == sorted([both, theirs])
        assert sorted(ids(other_officer, second)) == sorted([both, theirs])
        with access_to_hold(officer, holds_of(officer).get(), now=timezone.now()) as window:
            assert {read.id: read.hold_id for read in window.reads} == {both: first.pk, theirs: second.pk}

    def test_a_read_that_two_other_holds_keep_is_found_once(self, officer, other_officer, administrator):
        mine, shared = make.read(), make.read("4QIX907")
        first = holding.held(officer, administrator, mine)
        for _ in range(2):
            holding.held(other_officer, administrator, shared)
        assert sorted(ids(officer, first)) == sorted([mine, shared])


class TestAnotherCase:
    @pytest.fixture
    def two(self, officer, other_officer, administrator):
        """A hold of this case with an access, and one of another case with a picture."""
        mine, theirs = make.read(), make.read("4QIX907", images=1)
        make.pictures(theirs, make.jpeg())
        hold = holding.held(officer, administrator, mine)
        other = holding.held(other_officer, administrator, theirs, case_number=OTHER)
        return Access.objects.write(by=officer, kind="held", hold=hold), hold, other, mine, theirs

    def test_is_not_found_through_the_window(self, officer, two):
        _, hold, _, mine, _ = two
        assert ids(officer, hold) == [mine]

    def test_nor_in_sql_of_ones_own_as_the_webs_role(self, two):
        access, hold, other, mine, theirs = two
        assert raw(access, "SELECT id FROM reads_held_window") == [(mine,)]
        assert raw(access, f"SELECT id FROM reads_held_window WHERE hold_id = '{other.pk}'") == []
        assert raw(access, f"SELECT id FROM reads_held_window WHERE id = '{theirs}'") == []
        assert raw(access, "SELECT * FROM reads_held_picture_window") == []

    def test_it_is_there_for_its_own_case(self, other_officer, two):
        """Or the test above would pass on nothing."""
        *_, other, _, theirs = two
        access = Access.objects.write(by=other_officer, kind="held", hold=other)
        assert raw(access, "SELECT id FROM reads_held_window") == [(theirs,)]
        assert len(raw(access, "SELECT * FROM reads_held_picture_window")) == 1

    def test_the_tables_behind_are_shut(self, two):
        for table in ("reads_heldread", "reads_heldpicture"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                raw(two[0], f"SELECT * FROM {table}")

    def test_without_an_access_or_under_a_search_there_is_nothing(self, officer, two):
        for model in (HeldRead, HeldPicture):
            with pytest.raises(ProgrammingError, match="no recorded access"):
                list(model.objects.all())
        searched = Access.objects.write(by=officer, kind="results", query=make.query(officer))
        assert raw(searched, "SELECT id FROM reads_held_window") == []


class TestWhenItEnds:
    @pytest.mark.parametrize(("days", "shown"), [(0, True), (1, False), (30, False)])
    def test_rule_and_window_end_on_the_same_day(self, officer, administrator, days, shown):
        hold = holding.held(officer, administrator, found := make.read())
        holding.lapsed(hold, days=days)
        access = Access.objects.write(by=officer, kind="held", hold=hold)
        assert raw(access, "SELECT id FROM reads_held_window") == ([(found,)] if shown else [])
        if shown:
            assert ids(officer, hold) == [found]
        else:
            with pytest.raises(Refused, match="was to be reviewed by"):
                ids(officer, hold)

    def test_a_review_opens_it_again(self, officer, administrator):
        hold = holding.held(officer, administrator, found := make.read())
        holding.lapsed(hold)
        holding.reviewed(hold, administrator)
        assert ids(officer, hold) == [found]

    def test_what_is_released_is_closed_though_the_case_has_another_hold(self, officer, other_officer, administrator):
        hold = holding.held(officer, administrator, make.read())
        holding.held(other_officer, administrator, make.read("4QIX907"))
        holding.released(hold, administrator)
        with pytest.raises(Refused, match="was released on"):
            ids(officer, hold)

    def test_one_that_waits_or_was_not_approved_is_closed(self, officer, administrator):
        hold = holding.asked(officer, make.read())
        with pytest.raises(Refused, match="not decided yet"):
            ids(officer, hold)
        holding.decided(hold, administrator, approved=False)
        with pytest.raises(Refused, match="was not approved"):
            ids(officer, hold)

    def test_the_copy_outlives_the_read_and_its_days_key(self, officer, administrator):
        uploaded = timezone.now() - timedelta(hours=719)
        found = make.read(uploaded_at=uploaded, images=1)
        (kept,) = make.pictures(found, make.jpeg(), day=uploaded.date())
        hold = holding.held(officer, administrator, found)
        whole = packs.load(kept)
        packs.destroy(kept.upload_day)
        with access_to_hold(officer, holds_of(officer).get(pk=hold.pk), now=timezone.now()) as window:
            (shot,) = window.shots(window.chosen([found]))[found]
        assert packs.load(kept) is None
        assert (shot.jpeg, shot.digest) == (whole, kept.digest)


def test_a_look_that_names_several_reads_is_recorded_for_each(officer, administrator):
    reads = [make.read(), make.read("4QIX907")]
    hold = holding.held(officer, administrator, *reads)
    with access_to_hold(
        officer, holds_of(officer).get(), now=timezone.now(), kind="export", read_id=reads[0], further=[reads[1], None]
    ) as window:
        assert len(window.chosen(reads)) == 2
    assert [record.read_id for record in window.records] == [*reads, None]
    kept = Access.objects.filter(hold=hold, kind="export", by=officer, by_name=officer.name)
    assert {access.read_id for access in kept} == {*reads, None}
