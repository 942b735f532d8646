"""D, G: pictures are drawn anew, sealed with their day's key, packed by the hour; without the key they are noise."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from alpr_portal.policy.refusal import BadInput
from reads import images, inventory, packs
from tests import make

pytestmark = pytest.mark.clause("D", "G")
DAY = date(2026, 3, 4)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"


def kept_one(day=DAY, colour="navy"):
    (kept,) = packs.keep(day, [(uuid.uuid4(), [images.clean(make.jpeg(400, 300, colour))])])
    return kept


class TestClean:
    def test_a_picture_keeps_its_pixels_and_nothing_else(self):
        given = io.BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "a note that nobody sees"
        Image.new("RGB", (400, 300), "navy").save(given, "JPEG", exif=exif)
        assert b"a note" in given.getvalue()
        cleaned = images.clean(given.getvalue(), kind="vehicle")
        assert b"a note" not in cleaned.jpeg + cleaned.thumbnail
        with Image.open(io.BytesIO(cleaned.jpeg)) as whole, Image.open(io.BytesIO(cleaned.thumbnail)) as small:
            assert (whole.size, small.size) == ((400, 300), (160, 120))
        assert cleaned.kind == "vehicle"

    def test_one_pixel_row_over_25_megapixels_is_too_many(self):
        out = io.BytesIO()
        Image.new("1", (5001, 5000)).save(out, "PNG")
        with pytest.raises(BadInput) as said:
            images.clean(out.getvalue())
        assert said.value.code == "image.too_many_pixels"


class TestPacks:
    def test_pictures_of_an_hour_share_a_file_and_open_again(self):
        pictures = [images.clean(make.jpeg(400, 300, colour)) for colour in ("navy", "red")]
        first, second = packs.keep(DAY, [(uuid.uuid4(), [picture]) for picture in pictures])
        assert first.pack == second.pack
        assert len(list(packs.folder(DAY).iterdir())) == 1
        with Image.open(io.BytesIO(packs.load(second))) as opened:
            assert opened.size == (400, 300)
            assert opened.getpixel((5, 5))[0] > 200
        with Image.open(io.BytesIO(packs.load(first, thumbnail=True))) as opened:
            assert opened.size == (160, 120)

    def test_nothing_of_a_picture_can_be_read_on_the_disk(self):
        kept = kept_one()
        raw = (packs.folder(DAY) / f"{kept.pack}.pack").read_bytes()
        assert raw.count(b"\xff\xd8\xff") == raw.count(b"JFIF") == 0
        assert os.stat(packs.folder(DAY) / f"{kept.pack}.pack").st_mode & 0o077 == 0

    def test_a_picture_does_not_open_as_another_reads(self):
        kept = kept_one()
        assert packs.load(packs.Kept(**{**vars(kept), "read_id": uuid.uuid4()})) is None
        assert packs.load(packs.Kept(**{**vars(kept), "number": 1})) is None

    def test_what_was_half_written_at_the_end_spoils_nothing(self):
        kept_one()
        pack = next(packs.folder(DAY).glob("*.pack"))
        with pack.open("ab") as file:
            file.write(b"half a pic")
        assert packs.load(kept_one()) is not None

    def test_many_writers_at_once_do_not_write_over_each_other(self, monkeypatch):
        real = packs._seal

        def slowly(*args):
            time.sleep(0.002)
            return real(*args)

        monkeypatch.setattr(packs, "_seal", slowly)
        with ThreadPoolExecutor(8) as pool:
            several = list(pool.map(lambda _: kept_one(), range(24)))
        assert all(packs.load(kept) for kept in several)
        assert len({(kept.pack, kept.starts_at) for kept in several}) == 24

    def test_a_damaged_pack_answers_nothing(self):
        kept = kept_one()
        pack = packs.folder(DAY) / f"{kept.pack}.pack"
        pack.write_bytes(pack.read_bytes()[: kept.size // 2])
        assert packs.load(kept) is None


class TestDestroyed:
    def test_a_copy_of_the_disk_from_before_opens_nothing_afterwards(self, settings, tmp_path):
        """Packs copied while they still opened, the portal's own key known, the day's key destroyed."""
        kept = kept_one()
        shutil.copytree(settings.DATA_DIR, tmp_path / "copy")
        assert packs.load(kept)
        packs.destroy(DAY)
        assert packs.load(kept) is None
        settings.DATA_DIR = tmp_path / "copy"
        assert (packs.folder(DAY) / f"{kept.pack}.pack").stat().st_size >= kept.size
        assert packs.load(kept) is None
        kept_one()  # a new key of the same day is another key
        assert packs.load(kept) is None

    def test_keys_do_not_lie_in_the_folder_of_the_pictures(self, settings):
        kept_one()
        assert packs.key_file(DAY).exists()
        assert settings.DATA_DIR not in packs.key_file(DAY).parents
        assert packs.key_file(DAY).stat().st_mode & 0o077 == 0

    def test_destroying_may_break_off_anywhere_and_go_on(self, monkeypatch):
        kept_one()
        real = packs.shutil.rmtree
        monkeypatch.setattr(packs.shutil, "rmtree", lambda *args: (_ for _ in ()).throw(OSError("broken off")))
        with pytest.raises(OSError, match="broken off"):
            packs.destroy(DAY)
        assert packs.days() == {DAY}, "what is left is still known"
        monkeypatch.setattr(packs.shutil, "rmtree", real)
        packs.destroy(DAY)
        assert packs.days() == set()
        packs.destroy(DAY)

    def test_days_are_those_with_a_key_or_a_pack(self):
        kept_one(DAY)
        kept_one(date(2026, 3, 5))
        packs.destroy_key(DAY)
        assert packs.days() == {DAY, date(2026, 3, 5)}


@pytest.mark.usefixtures("committed")
class TestDelivered:
    def test_a_picture_that_comes_with_a_read_is_kept_once(self, coordinator):
        make.camera("cam-1")
        key = inventory.issue_key(make.source(), by=coordinator, now=timezone.now())
        picture = base64.b64encode(make.jpeg()).decode()
        item = {"plate": "8ABC123", "camera": "cam-1", "captured_at": datetime.now(UTC).isoformat(), "image": picture}
        client = Client(headers={"Authorization": f"Bearer {key}"})
        for body in ([item], [item, {**item, "plate": "8ABC124"}]):  # the first read comes twice
            answer = client.post("/api/v1/reads", json.dumps(body), content_type="application/json")
            assert answer.status_code == 200, answer.content
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT r.plate, p.kind, p.upload_day = r.upload_day, r.images FROM reads_picture p "
                "JOIN reads_read r ON r.id = p.read_id ORDER BY 1"
            )
            assert cursor.fetchall() == [("8ABC123", "overview", True, 1), ("8ABC124", "overview", True, 1)]
