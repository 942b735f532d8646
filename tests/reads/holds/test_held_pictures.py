"""G: approval copies reads and pictures under a key of the hold; what ended leaves the disk, pack and key with it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from reads import packs
from reads.holds import disposal, pictures
from reads.models import Access, HeldDisposed, HeldPicture, HeldRead, Hold, HoldState
from tests import holding, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G")]


@pytest.fixture(autouse=True)
def own_disk(settings, tmp_path):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"


def pictured(plate="8ABC123", *colours):
    """A stored read with a picture of each colour, uploaded a day ago."""
    uploaded = timezone.now() - timedelta(days=1)
    read_id = make.read(plate, uploaded_at=uploaded, images=len(colours) or 1)
    make.pictures(read_id, *[make.jpeg(colour=c) for c in colours or ("navy",)], day=uploaded.date())
    return read_id


def look(member, hold):
    """What an access of ``member`` that rests on ``hold`` opens: reads, and pictures with their bytes."""
    access = Access.objects.write(by=member, kind=Access.Kind.HELD, hold=hold)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
        reads, found = list(HeldRead.objects.all()), list(HeldPicture.objects.all())
        keys = pictures.keys_of({picture.hold_id for picture in found})
        opened = [pictures.load(picture, key=keys.get(picture.hold_id)) for picture in found]
        return reads, opened


def of_owner(table):
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


class TestKeep:
    def test_reads_and_pictures_are_copied_and_open_without_the_day(self, officer, administrator):
        one, two = pictured("8ABC123", "navy", "red"), pictured("8ABC124")
        hold = holding.held(officer, administrator, one, two)
        decision = hold.decision
        assert (decision.reads, decision.pictures, decision.gone) == (2, 3, 0)
        for day in packs.days():
            packs.destroy(day)
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM reads_picture; DELETE FROM reads_read")
        reads, opened = look(officer, hold)
        assert {read.id for read in reads} == {one, two}
        assert len(opened) == 3
        assert all(jpeg.startswith(b"\xff\xd8\xff") for jpeg in opened)

    def test_a_thumbnail_is_smaller_than_its_picture(self, officer, administrator):
        uploaded = timezone.now()
        read_id = make.read(uploaded_at=uploaded, images=1)
        make.pictures(read_id, make.jpeg(1600, 1200))
        hold = holding.held(officer, administrator, read_id)
        access = Access.objects.write(by=officer, kind=Access.Kind.HELD, hold=hold)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
            picture = HeldPicture.objects.get()
            whole, small = pictures.load(picture), pictures.load(picture, thumbnail=True)
        assert len(small) < len(whole)

    def test_nothing_of_a_picture_stands_open_in_the_pack(self, officer, administrator):
        hold = holding.held(officer, administrator, pictured())
        assert b"\xff\xd8\xff" not in pictures.pack_of(hold.pk).read_bytes()
        assert pictures.pack_of(hold.pk).stat().st_mode & 0o077 == 0
        assert pictures.folder().stat().st_mode & 0o077 == 0

    def test_each_hold_has_a_key_of_its_own(self, officer, administrator):
        read_id = pictured()
        holds = [holding.held(officer, administrator, read_id) for _ in range(2)]
        first, second = (pictures.keys_of([hold.pk])[hold.pk] for hold in holds)
        assert first != second

    def test_a_picture_whose_day_lost_its_key_is_left_out_and_its_read_held(self, officer, administrator):
        lost, kept = pictured("8ABC123"), make.read("8ABC124", images=1)
        make.pictures(kept, make.jpeg())
        packs.destroy_key((timezone.now() - timedelta(days=1)).date())
        hold = holding.held(officer, administrator, lost, kept)
        reads, opened = look(officer, hold)
        assert {read.id for read in reads} == {lost, kept}
        assert len(opened) == 1

    def test_a_hold_without_pictures_has_no_pack(self, officer, administrator):
        hold = holding.held(officer, administrator, make.read())
        assert not pictures.pack_of(hold.pk).exists()


class TestDispose:
    def test_a_released_hold_is_gone_with_its_pack_and_key_and_leaves_a_record(self, officer, administrator):
        stays = holding.held(officer, administrator, pictured("8ABC124"))
        hold = holding.held(officer, administrator, pictured("8ABC123", "navy", "red"))
        holding.released(hold, administrator)
        run = uuid.uuid4()
        said = []
        (record,) = disposal.dispose_due(run, said.append)
        assert (record.hold_id, record.because, record.reads, record.pictures) == (hold.pk, "released", 1, 2)
        assert HeldDisposed.objects.get().run_id == run
        assert said == [f"hold {hold.number}: 1 reads, 2 pictures gone, released"]
        assert pictures.on_disk() == [stays.pk]
        assert (of_owner("reads_heldread"), of_owner("reads_heldpicture"), of_owner("reads_heldkey")) == (1, 1, 1)
        assert list(HoldState.objects.values_list("pk", flat=True)) == [stays.pk]
        reads, opened = look(officer, stays)
        assert (len(reads), len(opened)) == (1, 1)
        assert opened[0]

    @pytest.mark.parametrize(("days", "gone"), [(1, False), (7, False), (8, True)])
    def test_a_lapsed_hold_goes_a_week_after_its_day(self, officer, administrator, days, gone):
        hold = holding.held(officer, administrator, pictured())
        holding.lapsed(hold, days=days)
        assert [record.because for record in disposal.dispose_due(uuid.uuid4())] == ["lapsed"] * gone
        assert pictures.pack_of(hold.pk).exists() is not gone

    def test_a_second_run_finds_nothing(self, officer, administrator):
        hold = holding.held(officer, administrator, pictured())
        holding.released(hold, administrator)
        disposal.dispose_due(uuid.uuid4())
        assert disposal.dispose_due(uuid.uuid4()) == []
        assert HeldDisposed.objects.count() == 1

    def test_the_pack_of_a_rolled_back_approval_is_swept(self, officer, administrator):
        hold = holding.asked(officer, pictured())
        with transaction.atomic():
            holding.decided(hold, administrator)
            transaction.set_rollback(True)
        assert pictures.on_disk() == [hold.pk]
        disposal.dispose_due(uuid.uuid4())
        assert pictures.on_disk() == []
        holding.decided(hold, administrator)
        disposal.dispose_due(uuid.uuid4())
        assert pictures.on_disk() == [hold.pk]

    def test_the_pack_of_an_approval_under_way_is_left_alone(self, officer, administrator):
        hold = holding.asked(officer, pictured())
        with transaction.atomic():
            holding.decided(hold, administrator)
            assert disposal.sweep() == []
        assert pictures.on_disk() == [hold.pk]
        assert Hold.objects.get().state.keep_until == hold.review_on
