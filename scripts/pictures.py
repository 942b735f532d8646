"""The README's pictures, taken from a running demo: `make demo`, then `.venv/bin/python scripts/pictures.py`."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PASSWORD = "merritt-lantern-seven"  # noqa: S105 - printed by the demo itself
USED: dict[str, int] = {}
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def sign_in(browser: Browser, base: str, member: str, **options: Any) -> Page:
    page = browser.new_context(base_url=base, **options).new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(member)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/")
    page.locator("[name=code]").fill(unused_code(member))
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(re.compile(r"/(home|training/mine)/$"))
    return page


def unused_code(member: str) -> str:
    """The code of this half minute; a code opens an account once, so a second sign-in waits for the next."""
    while (counter := int(time.time()) // 30) <= USED.get(member, 0):
        time.sleep(0.5)
    USED[member] = counter
    said = subprocess.run([sys.executable, "manage.py", "demo", "--code"], capture_output=True, text=True, check=True)
    return said.stdout.split()[0]


def search(page: Page, plate: str) -> None:
    page.goto("/searches/new/")
    page.get_by_label("Violent crime").check()
    page.locator("[name=offence]").fill("211 PC")
    page.locator("[name=case_number]").fill("26-042777")
    page.locator("[name=facts]").fill("Armed robbery of a shop on Foothill; the clerk gave this plate")
    page.locator("[name=need_to_know]").fill("I am assigned to this robbery")
    page.locator("[name=outside][value=no]").check()
    page.locator("[name=plate]").fill(plate)
    page.locator("[name=attested]").check()


def keep(page: Page, name: str) -> None:
    """One picture in 256 colours: small, and sharp enough for text."""
    path = FOLDER / f"{name}.png"
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} kB")


def people(browser: Browser, base: str) -> None:
    """Who may come in: what a member who is not trained sees, and what a supervisor has to do."""
    rookie = sign_in(browser, base, "rookie", viewport=DESK, color_scheme="light")
    keep(rookie, "my-training")
    administrator = sign_in(browser, base, "sysadmin", viewport=DESK, color_scheme="light")
    administrator.goto("/members/")
    keep(administrator, "members")
    trainer = sign_in(browser, base, "trainer", viewport=DESK, color_scheme="dark")
    trainer.goto("/documents/training-report/")
    keep(trainer, "training-report-dark")


def first_page(sheet: Path) -> None:
    """The first page of an evidence sheet, as it prints."""
    path = FOLDER / "sheet.png"
    with pypdfium2.PdfDocument(sheet) as document:
        document[0].render(scale=1.2).to_pil().convert("P", palette=Image.Palette.ADAPTIVE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://localhost:8000", help="Where the demo runs.")
    parser.add_argument("--plate", default="7IKB204", help="A plate that the demo prints as worth a search.")
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = sign_in(browser, asked.base, "officer", viewport=DESK, color_scheme="light")
        search(page, asked.plate)
        page.evaluate("window.scrollTo(0, 0)")
        keep(page, "search")
        page.locator("main form [type=submit]").last.click()
        page.wait_for_url("**/searches/*-*/")
        keep(page, "results")
        page.get_by_role("link", name="Timeline").click()
        page.locator(".sightings").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('.sightings').scrollIntoView()")
        keep(page, "timeline")
        night = sign_in(browser, asked.base, "officer", viewport=DESK, color_scheme="dark")
        night.goto(page.url.split("?")[0])
        night.locator("main tr:has(img) a[href*='/reads/']").first.click()
        keep(night, "read-dark")
        with night.expect_download() as sheet:
            night.get_by_role("button", name="Evidence sheet").click()
        first_page(sheet.value.path())
        phone = sign_in(browser, asked.base, "supervisor", viewport=PHONE, color_scheme="light")
        keep(phone, "worklist-phone")
        visitor = browser.new_context(base_url=asked.base, viewport=DESK, color_scheme="light").new_page()
        visitor.goto("/public/")
        keep(visitor, "public")
        people(browser, asked.base)
        browser.close()


if __name__ == "__main__":
    main()
