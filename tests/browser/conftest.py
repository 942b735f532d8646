"""A real browser against the portal on the worker's own database."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cast import PASSWORD
from tests.doors import code, forget_codes

# Playwright runs its own event loop in this thread; the tests' use of the database beside it is meant.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def server(committed: None) -> Iterator[str]:
    """The portal's address, on this worker's database."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


def sign_in(page: Page, member: Any) -> None:
    """By the form: the password, then a code of the code app."""
    forget_codes(member.username)
    page.goto("/accounts/login/")
    give_password(page, member)
    page.get_by_label("Code").fill(code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(home|training/mine)/$"))  # the second for who may not enter today


def give_password(page: Page, member: Any) -> None:
    """The first page of the door."""
    page.get_by_label("Username").fill(member.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """A page of the portal, signed in as a member by the form; what the console or the policy complains of is a failure."""
    contexts, complaints = [], []

    def open_as(member: Any = None, **options: Any) -> Page:
        context = browser.new_context(**{"base_url": server, "viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if member is not None:
            sign_in(page, member)
        return page

    yield open_as
    for context in contexts:
        context.close()
    # a status of 4xx is the page's own answer to bad input, not a fault
    assert [text for text in complaints if "status of 4" not in text] == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page: one line per violation."""

    def look(page: Page) -> list[str]:
        page.evaluate(AXE.read_text())
        found = page.evaluate("rules => axe.run(document, rules)", RULES)
        return [f"{v['id']}: {n['html'][:120]}" for v in found["violations"] for n in v["nodes"]]

    return look
