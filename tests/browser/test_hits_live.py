"""Hits in a real browser: read, hit on open pages, verification, stop, spreadsheet; and how it all looks."""

from __future__ import annotations

import csv
import json
import re
import time
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import expect

from alpr_portal.settings import CONTENT_SECURITY_POLICY
from hotlists import incidents
from hotlists.models import Incident, QueueItem, Stop, Verification
from reads import inventory
from tests import make
from tests.browser.test_journeys import SCHEMES
from tests.hotlists.lines import serving


@pytest.fixture
def events(server):
    """An events process beside the pages, on an address of its own, as in the demo."""
    policy = json.loads(json.dumps(CONTENT_SECURITY_POLICY))
    with serving(PORTAL_URL=server, EVENTS_URL="http://127.0.0.1/events/hits/") as port:
        policy["DIRECTIVES"]["connect-src"].append(f"http://127.0.0.1:{port}")
        with override_settings(EVENTS_URL=f"http://127.0.0.1:{port}/events/hits/", CONTENT_SECURITY_POLICY=policy):
            yield port


@pytest.fixture
def post(coordinator):
    """Post one read at the door for reads."""
    camera = make.camera("cam-1")
    key = inventory.issue_key(camera.source, by=coordinator, now=timezone.now())
    door = Client(headers={"Authorization": f"Bearer {key}"})

    def send(plate):
        read = {"plate": plate, "state": "CA", "captured_at": timezone.now().isoformat(), "camera": "cam-1"}
        answer = door.post("/api/v1/reads", json.dumps([read]), content_type="application/json")
        assert answer.json()["stored"] == 1

    return send


def live(page):
    expect(page.locator("#live-tools[data-live=on]")).to_be_attached()


def verify(page, outcome):
    """The verification of the hit that is opened: all six match, CLETS has just confirmed."""
    for name in incidents.FIELDS:
        page.locator(f"[name={name}][value=yes]").check()
    page.locator("[name=clets][value=yes]").check()
    page.locator("[name=clets_result][value=confirmed]").check()
    page.locator("[name=clets_when][value=now]").check()
    page.locator(f"[name=outcome][value={outcome}]").check()
    page.get_by_role("button", name="Record").click()


def test_a_read_comes_to_open_pages_is_verified_stopped_and_on_the_spreadsheet(
    events, visit, post, officer, other_officer, supervisor
):
    make.listed("8ABC123", "7XYZ987")
    colleague, page = visit(other_officer), visit(officer)
    for each in (colleague, page):
        each.goto("/hits/")
        expect(each.locator("#queue")).to_contain_text("No hit waits")
        live(each)
    began = time.monotonic()
    post("8ABC123")
    expect(page.locator(".hit")).to_contain_text("8ABC123")
    print(f"\nfrom post to screen: {time.monotonic() - began:.2f} s")
    expect(page.locator("#live")).to_have_text("1 new hit")
    expect(colleague.locator(".hit")).to_contain_text("8ABC123")

    page.get_by_role("link", name="Verify").click()
    verify(page, "stop")
    page.wait_for_url(re.compile(r"/hits/[0-9a-f-]{36}/stop/$"))
    assert incidents.completeness_of(Verification.objects.get()).level == "full"
    assert not QueueItem.objects.exists()
    expect(colleague.locator("#queue")).to_contain_text("No hit waits")

    stop = {
        "justification": "Stolen vehicle, plate and car as listed",
        "case_number": f"{timezone.localdate():%y}-012345",
        "next_steps": "Tow, and call the owner",
        "count_stopped": "1",
    }
    for name, value in stop.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=disposition][value=recovery]").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Check your answers")
    expect(page.locator("main")).to_contain_text(stop["justification"])
    assert not Stop.objects.exists()
    page.get_by_role("button", name="Record the stop").click()
    expect(page.locator("h1")).to_have_text("The stop is recorded")
    kept = Stop.objects.get()
    expect(page.locator(".receipt-number")).to_have_text(kept.number)
    page.get_by_role("link", name="Go on").click()
    page.wait_for_url(f"**/stops/{kept.pk}/")
    expect(page.locator("section[aria-labelledby=verified] .status")).to_have_text("Full", ignore_case=True)
    expect(page.locator("main")).not_to_contain_text("Made without full verification")

    desk = visit(supervisor)
    desk.goto("/stops/")
    with desk.expect_download() as coming:
        desk.get_by_role("button", name="CSV").click()
    assert coming.value.suggested_filename == "stops.csv"
    head, row = csv.reader(coming.value.path().read_text("utf-8-sig").splitlines())
    assert [name[:2] for name in head[:6]] == ["a)", "b)", "c)", "d)", "e)", "f)"]
    assert officer.name in row[0]
    assert row[1:3] == [stop["justification"], stop["case_number"]]


def test_what_is_read_and_focused_stays_where_it_is_when_news_comes(events, visit, post, officer):
    plates = [f"8ABC{n:03}" for n in range(12)]
    make.listed(*plates, "7XYZ987")
    for plate in plates:
        make.read(plate)
    page = visit(officer)
    page.goto("/hits/")
    live(page)
    page.locator("details.filters summary").click()
    page.locator("[name=area]").select_option("4")
    link = page.locator(".hit").nth(7).locator("a").first
    link.focus()
    link.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    before = link.bounding_box()["y"]
    name = link.inner_text()
    post("7XYZ987")
    expect(page.locator(".hit")).to_have_count(13)
    focused = page.evaluate_handle("document.activeElement").as_element()
    assert focused.inner_text() == name
    assert abs(focused.bounding_box()["y"] - before) < 3
    assert page.locator("[name=area]").input_value() == "4"
    expect(page.locator("title")).to_have_count(1)


def test_another_members_work_is_seen_at_once(events, visit, officer, supervisor):
    make.listed("8ABC123")
    make.read("8ABC123")
    page = visit(officer)
    page.goto("/hits/")
    live(page)
    incidents.take(Incident.objects.get(), by=supervisor)
    expect(page.locator(".hit-who")).to_have_text(supervisor.name)
    make.verification(Incident.objects.get(), supervisor, outcome="misread")
    expect(page.locator("#queue")).to_contain_text("No hit waits")
    expect(page.locator("#live")).to_have_text("")


def test_choices_are_off_at_first_and_kept(events, visit, officer):
    page = visit(officer)
    page.goto("/hits/")
    sound = page.get_by_role("button", name="Sound")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    page.reload()
    expect(page.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Notifications")).to_have_attribute("aria-pressed", "false")


def test_rows_are_reached_by_j_and_k(events, visit, officer):
    make.listed("8ABC123", "7XYZ987")
    make.read("8ABC123")
    make.read("7XYZ987")
    page = visit(officer)
    page.goto("/hits/")
    page.keyboard.press("j")
    expect(page.locator(".hit.row-current")).to_contain_text("7XYZ987")
    page.keyboard.press("j")
    expect(page.locator(".hit.row-current")).to_contain_text("8ABC123")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/hits/[0-9a-f-]{36}/$"))


@pytest.fixture
def many(committed, officer, supervisor, administrator):
    """A queue with all that a card may say, and a candidate."""
    now = timezone.now()
    make.refresh(
        make.hot_list("svs", title="Stolen vehicles (SVS)"), "8ABC123", "6DEF456", at=now - timedelta(hours=31)
    )
    make.refresh(make.hot_list("amber", title="Amber alerts", kind="amber", priority=1), "9AMB001")
    found = make.read("8ABC123", images=2)
    make.pictures(found, make.jpeg(640, 480), make.jpeg(200, 80, "gold"))
    make.read("8ABC123", state="")
    make.read("9AMB001")
    make.read("6DEF4S6")
    make.active(supervisor, "7XYZ987", make="honda", model="civic", colour="red")
    make.read("7XYZ987")
    incidents.take(Incident.objects.get(hot_list__name="amber"), by=officer)
    return Incident.objects.get(hot_list__name="svs")


@pytest.mark.parametrize("look", SCHEMES)
@pytest.mark.parametrize("what", ["queue", "incident", "verify", "mute", "candidates", "closed"])
def test_it_fits_any_window_and_axe_finds_nothing(events, visit, axe, look, what, officer, many, request):
    if what == "closed":
        make.verification(
            many, officer, plate="no", clets="no", clets_by="", clets_at=None, clets_result="", outcome="stop"
        )
    addresses = {"queue": "", "candidates": "candidates/", "incident": f"{many.pk}/", "closed": f"{many.pk}/"}
    page = visit(officer, **look)
    page.goto("/hits/" + addresses.get(what, f"{many.pk}/{what}/"))
    if what == "queue":
        live(page)
        expect(page.locator(".hit")).to_have_count(3)
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
    small = page.evaluate(
        "Array.from(document.querySelectorAll('.hit a, .hit button, .pick-row label, .glance button, .hit-do a'))"
        ".map(e => e.getBoundingClientRect()).filter(b => b.width && b.height < 43.5).length"
    )
    assert small == 0
    folder = request.config.getoption("--basetemp")
    if folder:
        page.screenshot(path=f"{folder}/{what}-{request.node.callspec.id.split('-')[-1]}.png", full_page=True)
