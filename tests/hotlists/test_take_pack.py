"""A.1: a signed list file for a vehicle and shift, on record before it leaves; what came back says what was carried."""

from __future__ import annotations

import base64
import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.management.base import CommandError
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from hotlists import pack_files, packs
from hotlists.models import EntryEnd, Hit, VehiclePack
from tests import cast, make
from tests.commands.run import run
from tests.counting import statements

pytestmark = pytest.mark.clause("A.1")
URL = "/packs/new/"
MORNING = datetime(2026, 6, 15, 18, tzinfo=UTC)


def reader(code="car-1"):
    return make.camera(code, mount="vehicle")


def asked(*lists, **values):
    said = {"camera": reader().pk, "shift": "Second watch", "format": "csv", "lists": [one.pk for one in lists]}
    return {**said, **values}


def take(by, *lists, format="csv", **values):
    said = {"camera": reader(), "shift": "Second watch", "now": timezone.now(), **values}
    record, file = packs.take_pack(format=format, lists=lists, by=by, **said)
    with file:
        return record, io.BytesIO(file.read())


def inside(file):
    """The parts of a pack, as text by name."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def whole(answer):
    assert answer.status_code == 200
    return io.BytesIO(b"".join(answer.streaming_content))


@pytest.mark.django_db
class TestTheFile:
    def test_it_leaves_signed_and_on_record(self, officer, client_of, settings):
        refresh = make.listed("8ABC123", "7XYZ789")
        answer = client_of(officer).post(URL, asked(refresh.hot_list))
        parts = inside(whole(answer))
        assert set(parts) == {"list.csv", "manifest.json", "manifest.sig", "README.txt"}
        record = VehiclePack.objects.get()
        assert (record.by, record.camera.code, record.shift, record.rows) == (officer, "car-1", "Second watch", 2)
        assert (record.lists[0]["version"], record.lists[0]["rows"]) == (1, 2)
        assert parts["manifest.json"] == record.manifest
        facts = json.loads(parts["manifest.json"])
        assert (facts["pack"], facts["sha256"]) == (str(record.pk), record.digest)
        public = load_pem_public_key(pack_files.public_pem(settings.PACK_KEY).encode())
        public.verify(base64.b64decode(parts["manifest.sig"]), parts["manifest.json"].encode())
        assert "Informational only" in parts["README.txt"]
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="pack-car-1-')

    @pytest.mark.parametrize(
        ("format", "lines"),
        [
            ("csv", ["plate,state,list,reason,vehicle,case_number,from,until", "8ABC123,CA,SVS,stolen,,,{day},{end}"]),
            ("boss", ["LPN,Field1,Field2,Field3,Field4,Field5,PNC ID,Information", "8ABC123,CA,SVS,,,{end},,stolen"]),
            ("genetec", ["SVS;CA;8ABC123;{day};{end}"]),
        ],
    )
    def test_in_the_readers_format(self, officer, format, lines):
        refresh = make.listed("8ABC123", at=timezone.now() - timedelta(hours=2))
        _, file = take(officer, refresh.hot_list, format=format)
        days = {"day": pack_files.day(refresh.at), "end": pack_files.day(refresh.at + timedelta(hours=72))}
        assert inside(file)[pack_files.FILES[format]].splitlines() == [line.format(**days) for line in lines]

    @pytest.mark.parametrize("format", ["csv", "boss", "genetec"])
    def test_words_of_a_source_run_nowhere(self, format):
        detail = {"reason": "=1+1\r\nnext", "make": "@SUM", "case_number": "26-1"}
        row = pack_files.Row("1", "8ABC123", "CA", "=LIST;x", MORNING, MORNING, detail)
        cells = pack_files.cells(row, format)
        assert not any(cell.startswith(("=", "@")) or "\n" in cell for cell in cells)
        assert format != "genetec" or not any(";" in cell for cell in cells)

    def test_flat_memory(self, tmp_path):
        rows = (
            pack_files.Row("1", f"{n:07d}", "CA", "SVS", MORNING, MORNING, {"reason": "stolen"}) for n in range(60_000)
        )
        with zipfile.ZipFile(tmp_path / "pack.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            tracemalloc.start()
            _, counts = pack_files.write_rows(archive, rows, "csv")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert counts == {"1": 60_000}
        assert peak < 2_000_000

    def test_fixed_readers_take_none(self, officer, client_of):
        refresh = make.listed("8ABC123")
        answer = client_of(officer).post(URL, asked(refresh.hot_list, camera=make.camera().pk))
        assert answer.status_code == 422
        assert not VehiclePack.objects.exists()


@pytest.mark.django_db
class TestWhatIsInIt:
    def test_entries_of_ones_own_unit_and_no_others(self, officer):
        quist = cast.member("quist", "Quinn Quist", "officer", unit="Robbery")
        make.active(quist, "1AAA111")
        make.active(quist, "2BBB222", confidentiality="unit")
        make.active(cast.CAST["other_officer"](), "3CCC333", confidentiality="unit")
        listed = make.bolo()

        def plates(by):
            rows = csv.DictReader(io.StringIO(inside(take(by, listed)[1])["list.csv"]))
            return {row["plate"] for row in rows}

        assert plates(officer) == {"1AAA111", "3CCC333"}
        assert plates(quist) == {"1AAA111", "2BBB222"}
        nowhere = cast.member("nunez", "Nora Nunez", "officer")
        assert plates(nowhere) == {"1AAA111"}

    def test_nothing_that_waits_or_ended_or_is_a_part(self, officer, administrator):
        make.active(officer, "1AAA111")
        make.entry(officer, "2BBB222")
        make.active(officer, "3C*", watched="partial")
        ended = make.active(officer, "4DDD444")
        EntryEnd.objects.write(by=officer, entry=ended, because="found", note="Found")
        text = inside(take(officer, make.bolo())[1])["list.csv"]
        assert "1AAA111" in text
        assert not any(plate in text for plate in ("2BBB222", "3C", "4DDD444"))

    def test_the_version_in_force_only(self, officer):
        make.listed("1AAA111")
        make.refresh(make.hot_list(), "2BBB222")
        record, file = take(officer, make.hot_list())
        assert ("1AAA111" in (text := inside(file)["list.csv"]), "2BBB222" in text) == (False, True)
        assert record.lists[0]["version"] == 2

    @pytest.mark.clause("C.2.A.1-age")
    def test_a_stale_list_says_so_and_a_silent_one_stays(self, officer, client_of):
        make.listed("1AAA111", at=timezone.now() - timedelta(hours=25))
        record, file = take(officer, make.hot_list())
        assert record.lists[0]["stale"] is True
        assert "STALE" in inside(file)["README.txt"]
        old = make.hot_list("ncic", kind="ncic")
        make.refresh(old, "2BBB222", at=timezone.now() - timedelta(hours=73))
        with pytest.raises(Refused) as refused:
            take(officer, old)
        assert refused.value.refusal.code == "pack.silent"
        assert client_of(officer).post(URL, asked(old)).status_code == 422

    def test_an_empty_one_does_not_leave(self, officer):
        with pytest.raises(Refused) as refused:
            take(officer, make.bolo())
        assert refused.value.refusal.code == "pack.empty"
        assert not VehiclePack.objects.exists()

    def test_a_list_that_is_replaced_meanwhile_is_noticed(self, officer, monkeypatch):
        make.listed("1AAA111")
        rows_of = packs.rows_of

        def slow(*args):
            yield from rows_of(*args)
            make.refresh(make.hot_list(), "2BBB222")

        monkeypatch.setattr(packs, "rows_of", slow)
        with pytest.raises(Refused) as refused:
            take(officer, make.hot_list())
        assert refused.value.refusal.code == "pack.replaced"


@pytest.mark.django_db
class TestVerified:
    @pytest.fixture
    def pack(self, officer, tmp_path):
        refresh = make.listed("8ABC123")
        record, file = take(officer, refresh.hot_list)
        path = tmp_path / "pack.zip"
        path.write_bytes(file.read())
        return record, path

    def change(self, path, name, text):
        parts = inside(path)
        with zipfile.ZipFile(path, "w") as archive:
            for each, was in parts.items():
                archive.writestr(each, text if each == name else was)

    def test_one_that_left_here(self, pack):
        record, path = pack
        said = run("verify_pack", str(path))
        assert said.startswith(f"Unchanged: pack {record.pk} for car-1, taken by Ola Okoro (OKORO)")

    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("list.csv", "plate\r\n9ZZZ999\r\n", "pack.changed"),
            ("manifest.json", "{}", "pack.signature"),
            ("manifest.sig", "AAAA", "pack.signature"),
        ],
    )
    def test_one_that_was_changed(self, pack, name, text, code, settings):
        _, path = pack
        self.change(path, name, text)
        with pytest.raises(CommandError, match=code):
            run("verify_pack", str(path))

    def test_one_that_another_key_signed(self, pack, settings):
        settings.PACK_KEY = base64.b64encode(b"another seed of thirty-two bytes").decode()
        with pack[1].open("rb") as file, pytest.raises(BadInput) as bad:
            pack_files.check_pack(file, settings.PACK_KEY)
        assert bad.value.code == "pack.signature"

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
    def test_what_is_no_pack(self, content, tmp_path):
        path = tmp_path / "pack.zip"
        path.write_bytes(content)
        with pytest.raises(CommandError, match=r"pack\.format"):
            run("verify_pack", str(path))


@pytest.mark.usefixtures("committed")
class TestWhatComesBack:
    def test_says_which_version_was_carried(self, officer, client_of):
        refresh = make.listed("8ABC123")
        record, _ = take(officer, refresh.hot_list)
        make.refresh(refresh.hot_list, "8ABC123")
        now = timezone.now()
        make.read("8ABC123", camera=reader(), uploaded_at=now, captured_at=now)
        hit = Hit.objects.get()
        said = packs.carried(hit)
        assert (said.pack, said.version, said.in_force, said.older) == (record, 1, 2, True)
        assert said.says.endswith("what it carried was older.")
        page = client_of(officer).get(f"/hits/{hit.incident_id}/").content.decode()
        assert said.says in page
        assert packs.came_back(record) == {"alerts": 1, "candidates": 0, "older": 1}
        page = client_of(officer).get(f"/packs/{record.pk}/").content.decode()
        assert "Carried an older version" in page
        assert "8ABC123" not in page

    def test_the_version_in_force_is_not_older(self, officer):
        refresh = make.listed("8ABC123")
        record, _ = take(officer, refresh.hot_list)
        now = timezone.now()
        make.read("8ABC123", camera=reader(), uploaded_at=now, captured_at=now)
        said = packs.carried(Hit.objects.get())
        assert (said.version, said.in_force, said.older) == (1, 1, False)
        assert packs.came_back(record)["older"] == 0

    @pytest.mark.parametrize(("hours", "vouched"), [(71, True), (73, False)])
    def test_a_pack_of_three_days_ago_vouches_for_nothing(self, officer, hours, vouched):
        refresh = make.listed("8ABC123")
        take(officer, refresh.hot_list)
        make.read("8ABC123", camera=reader(), captured_at=timezone.now() + timedelta(hours=hours))
        assert (packs.carried(Hit.objects.get()) is not None) is vouched

    def test_a_fixed_reader_carries_none(self, officer):
        make.incident()
        assert packs.carried(Hit.objects.get()) is None


@pytest.mark.django_db
class TestPages:
    def test_the_list_names_versions_and_ages(self, officer, client_of):
        refresh = make.listed("8ABC123")
        take(officer, refresh.hot_list)
        client = client_of(officer)
        page = client.get("/packs/").content.decode()
        assert "SVS version 1, 0.0 h old" in page
        assert "BEGIN PUBLIC KEY" in page
        assert "8ABC123" not in page
        few = statements(client.get, "/packs/")
        for _ in range(4):
            take(officer, refresh.hot_list)
        assert statements(client.get, "/packs/") == few
        assert len(client.get(f"/packs/?hot_list={refresh.hot_list_id}").context["table"].rows) == 5
        assert "none fits these filters" in client.get("/packs/?until=2020-01-01").content.decode()

    def test_a_form_that_lacks_something_is_asked_again(self, officer, client_of):
        refresh = make.listed("8ABC123")
        client = client_of(officer)
        for lacking in ({"shift": " "}, {"camera": ""}, {"format": "pdf"}, {"lists": []}, {"shift": "x" * 61}):
            assert client.post(URL, asked(refresh.hot_list, **lacking)).status_code == 422
        assert not VehiclePack.objects.exists()

    def test_it_confirms_who_asks(self, officer):
        from django.test import Client

        client = Client()
        client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
        refresh = make.listed("8ABC123")
        assert client.post(URL, asked(refresh.hot_list)).status_code == 302
        assert not VehiclePack.objects.exists()
