"""The Coordinator says what a file's columns mean, in a real browser: looked at, tried, saved, and fit for every screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from reads.models import Source
from tests import make

PHONE = {"viewport": {"width": 390, "height": 844}}
SCHEMES = [
    pytest.param({"color_scheme": "light"}, id="light"),
    pytest.param({"color_scheme": "dark"}, id="dark"),
    pytest.param({**PHONE, "color_scheme": "dark"}, id="phone"),
]


def sample():
    """A file with a read that is fine, one of a camera nobody knows, a late one, and a row that is wrong."""
    now = timezone.localtime()
    rows = [
        f"8ABC123,{now - timedelta(hours=1):%m/%d/%Y %I:%M:%S %p},car-12,93,37.8044,-122.2712,silver,Honda",
        f"9XYZ999,{now - timedelta(hours=2):%m/%d/%Y %I:%M:%S %p},car-99,71,,,white,",
        f"7QAB123,{now - timedelta(days=9):%m/%d/%Y %I:%M:%S %p},car-12,88,,,,",
        "7QAB124,soon,car-12,88,,,,",
    ]
    return "\r\n".join(["Plate,Read At,Unit,Score,Lat,Lon,Color,Vehicle Make", *rows]).encode()


@pytest.mark.parametrize("look", SCHEMES)
def test_a_sample_is_looked_at_tried_and_its_columns_saved(visit, axe, look, coordinator):
    source = make.source("patrol", format="generic_csv")
    make.camera("car-12", source=source, mount="vehicle", name="Patrol car 12")
    page = visit(coordinator, **look)
    page.goto(f"/sources/{source.pk}/")
    page.get_by_role("link", name="Set the columns").click()
    file = {"name": "reads.csv", "mimeType": "text/csv", "buffer": sample()}
    page.get_by_label("Sample file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("3 of 4 rows can be read.")).to_be_visible()
    expect(page.get_by_label("Read At")).to_have_value("captured_at")
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")

    page.get_by_label("Plate", exact=True).select_option("")
    page.get_by_role("button", name="Save the columns").click()
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.locator("[role=alert]").first).to_contain_text("Plate: say which column it is.")
    assert axe(page) == []
    page.get_by_label("Plate", exact=True).select_option("plate")
    page.get_by_role("button", name="Try the sample again").click()
    expect(page.get_by_text("3 of 4 rows can be read.")).to_be_visible()
    page.get_by_role("button", name="Save the columns").click()
    page.wait_for_url(f"**/sources/{source.pk}/")
    assert Source.objects.get().columns["columns"]["Read At"] == "captured_at"
    page.get_by_role("link", name="Columns").click()
    expect(page.locator("main")).to_contain_text("Month first")
    assert axe(page) == []
