"""The main job in a real browser: an officer, a supervisor, an auditor, a coordinator, and anybody."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from reads.models import Access
from tests import make

PHONE = {"viewport": {"width": 390, "height": 844}}
SCHEMES = [
    pytest.param({"color_scheme": "light"}, id="light"),
    pytest.param({"color_scheme": "dark"}, id="dark"),
    pytest.param({**PHONE, "color_scheme": "dark"}, id="phone"),
]


def fill_search(page, **values):
    typed = {**make.form(), **values}
    page.goto("/searches/new/")
    page.get_by_label("Violent crime").check()
    page.locator("[name=offence]").fill(typed["offence"])
    page.locator("[name=case_number]").fill(typed["case_number"])
    page.locator("[name=facts]").fill(typed["facts"])
    page.locator("[name=need_to_know]").fill(typed["need_to_know"])
    page.locator("[name=outside][value=no]").check()
    page.locator("[name=plate]").fill(typed["plate"])
    page.locator("[name=attested]").check()


def submit(page):
    page.locator("main form [type=submit]").last.click()


class TestOfficer:
    def test_from_sign_in_to_the_read(self, visit, officer):
        found = make.read("8ABC123", images=1)
        make.pictures(found, make.jpeg(64, 32))
        page = visit(officer)
        fill_search(page)
        submit(page)
        page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/$"))
        expect(page.locator("main")).to_contain_text("8ABC123")
        page.locator(f"a[href*='{found}']").first.click()
        expect(page.locator("main")).to_contain_text("8ABC123")
        image = page.locator("main img").first
        image.scroll_into_view_if_needed()
        page.wait_for_function("i => i.complete && i.naturalWidth === 64", arg=image.element_handle())
        assert list(Access.objects.order_by("at").values_list("kind", flat=True)) == ["results", "read"]
        page.get_by_role("link", name="Enlarge image 1").click()
        page.wait_for_url("**/images/0/")
        assert Access.objects.latest("at").kind == "image"

    def test_what_is_wrong_is_summed_up_and_takes_the_focus(self, visit, officer):
        page = visit(officer)
        fill_search(page, facts="investigation", case_number="pending")
        submit(page)
        expect(page).to_have_title(re.compile("^Error:"))
        summary = page.locator("[role=alert]").first
        expect(summary).to_be_focused()
        expect(summary).to_contain_text("Case number")
        expect(page.locator("[name=plate]")).to_have_value("8ABC123")

    def test_it_works_without_javascript(self, visit, officer, browser, server, client_of):
        make.read("8ABC123")
        client = client_of(officer)
        context = browser.new_context(base_url=server, java_script_enabled=False)
        context.add_cookies([{"name": "alpr", "value": client.cookies["alpr"].value, "url": server}])
        page = context.new_page()
        fill_search(page)
        submit(page)
        expect(page.locator("main")).to_contain_text("8ABC123")
        context.close()


class TestSupervisor:
    def test_a_waiting_search_is_decided_and_then_runs_once(self, visit, officer, supervisor):
        make.read("8ABC123")
        query = make.waiting_query(officer)
        boss = visit(supervisor)
        boss.get_by_role("link", name=re.compile("await your decision")).click()
        boss.get_by_role("link", name=re.compile(query.number)).first.click()
        if not boss.url.endswith("/decide/"):
            boss.get_by_role("link", name=re.compile("ecide")).first.click()
        boss.locator("[name=decision][value=approve]").check()
        boss.locator("[name=reason]").fill("The report names an armed robbery.")
        submit(boss)
        expect(boss.locator("body")).to_contain_text("may run once")
        page = visit(officer)
        page.goto(f"/searches/{query.pk}/")
        page.get_by_role("button", name=re.compile("Run")).click()
        expect(page.locator("main")).to_contain_text("8ABC123")


class TestAuditor:
    def test_the_log_shows_searches_without_plates(self, visit, officer, auditor):
        query = make.query(officer)
        page = visit(auditor)
        page.goto("/searches/")
        expect(page.locator("main table")).to_contain_text(query.number)
        assert "8ABC123" not in page.content()
        page.get_by_role("link", name=query.number).click()
        assert "8ABC123" not in page.content()


def every_page(officer, supervisor):
    """Each page with something on it: (who, address)."""
    found = make.read("8ABC123")
    ran, waits = make.query(officer), make.waiting_query(officer)
    cam = make.camera()
    missing = uuid.UUID(int=9)
    return [
        (None, "/public/"),
        (None, "/order/"),
        (None, "/accounts/login/"),
        (None, "/nowhere/"),
        ("officer", "/home/"),
        ("officer", "/searches/new/"),
        ("officer", f"/searches/{ran.pk}/"),
        ("officer", f"/searches/{ran.pk}/?view=timeline"),
        ("officer", f"/searches/{ran.pk}/reads/{found}/"),
        ("officer", "/searches/"),
        ("officer", "/cameras/"),
        ("officer", f"/searches/{missing}/"),
        ("supervisor", "/searches/waiting/"),
        ("supervisor", f"/searches/{waits.pk}/decide/"),
        ("supervisor", f"/searches/{waits.pk}/"),
        ("auditor", "/searches/"),
        ("auditor", f"/searches/{ran.pk}/"),
        ("coordinator", "/cameras/"),
        ("coordinator", f"/cameras/{cam.pk}/"),
        ("coordinator", "/cameras/new/"),
        ("coordinator", f"/cameras/{cam.pk}/siting/"),
        ("coordinator", "/sources/"),
        ("coordinator", f"/sources/{cam.source_id}/"),
        ("coordinator", "/health/"),
        ("coordinator", "/api/docs/"),
    ]


@pytest.mark.parametrize("look", SCHEMES)
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    visit, axe, look, officer, supervisor, auditor, coordinator
):
    people = {"officer": officer, "supervisor": supervisor, "auditor": auditor, "coordinator": coordinator}
    pages, faults = {}, []
    for who, address in every_page(officer, supervisor):
        page = pages.get(who) or pages.setdefault(who, visit(people.get(who), **look))
        page.goto(address)
        faults += [f"{who} {address} {fault}" for fault in axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            faults.append(f"{who} {address} is wider than its window")
    assert faults == []
    assert len(pages) == 5
