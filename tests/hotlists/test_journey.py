"""From a camera to the spreadsheet: lists come in, a read is a hit, it is verified, the car is stopped, it is written down."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hotlists.models import Entry, Hit, Incident, Stop
from reads import inventory
from tests import make
from tests.hotlists.files import hot_file, ready

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("B.1", "C.2.A", "C.2.A.2", "C.2.B.1", "C.2.B.2")]
SEEN = dict.fromkeys(("plate", "state", "make", "model", "colour", "other"), "yes")


@pytest.fixture
def camera(coordinator):
    """What a camera does: it sends plates through the door for reads."""
    make.camera("cam-1")
    key = inventory.issue_key(make.source(), by=coordinator, now=timezone.now())

    def send(plate, **values):
        item = {
            "plate": plate,
            "camera": "cam-1",
            "captured_at": datetime.now(UTC).isoformat(),
            "state": "CA",
            **values,
        }
        answer = Client(headers={"Authorization": f"Bearer {key}"}).post(
            "/api/v1/reads", json.dumps([item]), content_type="application/json"
        )
        assert answer.json()["stored"] == 1
        return answer

    return send


def confirm(client, address, answers):
    """A form, its check and its receipt; answers where the receipt stands."""
    shown = client.post(address, answers)
    assert shown.status_code == 200, shown.content.decode()
    done = client.post(address, {**answers, "confirmed": "yes"})
    assert done.status_code == 302, done.content.decode()
    return done["Location"]


def spreadsheet(client):
    today = timezone.localdate()
    period = f"?since={today - timedelta(days=1)}&until={today}"
    answer = client.post(reverse("export_stops", args=["csv"]) + period)
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_from_a_stolen_plate_to_the_spreadsheet(camera, client_of, officer, other_officer, supervisor, tmp_path):
    ready()
    file = tmp_path / "svs.csv"
    file.write_bytes(hot_file("8ABC123,CA,SVS,stolen vehicle,2026-01-02"))
    call_command("import_hotlist", str(file), "--list", "svs")
    camera("7XYZ987")
    camera("8A8C123")
    camera("8ABC123")

    client = client_of(other_officer)
    queue = client.get(reverse("list_hits")).content.decode()
    assert "8ABC123" in queue
    assert "7XYZ987" not in queue
    candidates = client.get(reverse("list_candidates")).content.decode()
    assert "8A8C123" in re.sub(r"<[^>]*>", "", candidates)
    incident = Incident.objects.get()
    page = client.get(reverse("view_incident", args=[incident.pk])).content.decode()
    assert "stolen vehicle" in page

    said = {**SEEN, "clets": "yes", "clets_by": other_officer.name, "clets_when": "now", "clets_result": "confirmed"}
    verified = client.post(reverse("verify_hit", args=[incident.pk]), {**said, "outcome": "stop", "note": ""})
    assert verified.status_code == 302
    assert "8ABC123" not in client.get(reverse("list_hits")).content.decode()

    year = f"{timezone.localdate():%y}"
    stop = {
        "justification": "Stolen vehicle, plate and car as listed",
        "case_number": f"{year}-012345",
        "disposition": "recovery",
        "responded_at": f"{timezone.localtime() + timedelta(minutes=0):%Y-%m-%dT%H:%M}",
        "next_steps": "Alert the owner to the recovered vehicle",
        "count_stopped": "1",
    }
    confirm(client, reverse("record_stop", args=[incident.pk]), stop)
    kept = Stop.objects.get()
    assert (kept.plate, kept.incident, kept.list_version, kept.verification) == ("8ABC123", incident, 1, "full")

    head, row = spreadsheet(client_of(supervisor))
    assert [name[:2] for name in head[:6]] == ["a)", "b)", "c)", "d)", "e)", "f)"]
    assert other_officer.name in row[0]
    assert row[1:3] == [stop["justification"], stop["case_number"]]
    assert stop["next_steps"] in row[5]


def test_an_entry_waits_for_the_administrator_and_then_finds(camera, client_of, officer, administrator):
    make.bolo()
    today = timezone.localdate()
    proposed = {
        "hot_list": "bolo",
        "purpose": "burglary",
        "watched": "plate",
        "plate": "8abc 123",
        "state": "CA",
        "justification": "Seen on video at three burglaries of garages this week",
        "case_number": f"{today:%y}-012345",
        "report_number": f"{today:%y}-012345",
        "expiry": "20",
        "confidentiality": "department",
        "instructions": "Keep your distance and call the burglary unit",
    }
    client = client_of(officer)
    page = client.get(reverse("propose_entry"))
    field = page.context["form"].fields["hot_list"]
    proposed["hot_list"] = str(next(value for value, _ in field.choices if str(value)))
    confirm(client, reverse("propose_entry"), proposed)
    camera("8ABC123")
    assert not Hit.objects.exists()

    entry = Entry.objects.get()
    decided = {"version": str(entry.versions.get().pk), "decision": "approve", "reason": "The report names this plate"}
    assert client_of(administrator).post(reverse("decide_entry", args=[entry.pk]), decided).status_code == 302
    camera("8ABC123")
    assert Hit.objects.get().match == "exact"
    assert "8ABC123" in client.get(reverse("list_hits")).content.decode()
