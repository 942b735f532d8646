"""The page of one read in a real browser: the sheet comes down, a new search is filled in, nothing is out of place."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reads.models import Access, Answer, Query
from tests import make
from tests.browser.test_journeys import SCHEMES


@pytest.fixture
def read_page(officer):
    """The address of a read with two images, one of which the portal holds no longer."""
    found = make.read("8ABC123", images=3)
    make.pictures(found, make.jpeg(640, 480), make.jpeg(200, 80, "gold"))
    return f"/searches/{make.query(officer).pk}/reads/{found}/"


def test_the_evidence_sheet_comes_down_as_it_is_on_record(visit, officer, read_page):
    page = visit(officer)
    page.goto(read_page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Evidence sheet, PDF").click()
    body = Path(coming.value.path()).read_bytes()
    assert body.startswith(b"%PDF")
    assert re.fullmatch(r"evidence-[0-9A-F]{8}-[0-9a-f]{8}\.pdf", coming.value.suggested_filename)
    assert Answer.objects.get(access=Access.objects.latest("at")).digest == hashlib.sha256(body).hexdigest()


def test_other_readings_begin_as_a_new_search_that_has_not_run(visit, officer, read_page):
    page = visit(officer)
    page.goto(read_page)
    page.get_by_role("button", name="Search for other readings of this vehicle").click()
    expect(page.locator("h1")).to_have_text("New search")
    expect(page).not_to_have_title(re.compile("^Error:"))
    expect(page.locator("[name=plate]")).to_have_value("8ABC123")
    expect(page.locator("[name=misread]")).to_be_checked()
    expect(page.locator("[name=colour]")).to_have_value("silver")
    assert "8ABC123" not in page.url
    assert Query.objects.count() == 1


@pytest.mark.parametrize("look", SCHEMES)
def test_images_shown_and_gone_fit_any_window_and_axe_finds_nothing(visit, axe, look, officer, read_page):
    page = visit(officer, **look)
    page.goto(read_page)
    expect(page.locator("main figure.shot img")).to_have_count(2)
    for image in page.locator("main figure.shot img").all():
        assert image.evaluate("i => i.complete && i.naturalWidth > 0")
    expect(page.locator(".shot-gone")).to_contain_text("holds this image no longer")
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
