"""The door in a real browser with a passkey made of software: add, sign in by it alone, codes, and what was typed comes back."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests import make
from tests.browser.conftest import give_password
from tests.cast import PASSWORD
from tests.doors import WRONG, code, forget_codes, kinds, password
from training.models import AccountLock, LiveSession, Member

PHONE = {"viewport": {"width": 390, "height": 844}}
LOOKS = [
    pytest.param({"color_scheme": "light"}, id="light"),
    pytest.param({"color_scheme": "dark"}, id="dark"),
    pytest.param({**PHONE, "color_scheme": "dark"}, id="phone"),
]


@pytest.fixture
def newcomer(committed):
    return Member.objects.create_user("newton", PASSWORD, name="Nia Newton")


def with_passkeys(page, *, verified=True):
    """Give this browser a device that holds passkeys; answers what removes it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def by_name(url):
    """The live server is at an address of numbers; a passkey needs a name."""
    return url.replace("127.0.0.1", "localhost")


@pytest.fixture
def at_home(visit, server):
    """A page of the portal at the name localhost."""

    def open_as(**options):
        return visit(None, base_url=by_name(server), **options)

    return open_as


def test_from_the_first_password_to_a_passkey_alone(at_home, newcomer, axe):
    page = at_home()
    with_passkeys(page)
    page.goto("/accounts/login/")
    give_password(page, newcomer)
    page.wait_for_url("**/accounts/2fa/")
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Desk")
    assert axe(page) == []
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/recovery-codes/")
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    assert axe(page) == []
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/home/")

    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/public/")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home/")

    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Code that the app shows").fill(code(page.locator("#seed").inner_text()))
    assert page.locator("main img").evaluate("image => image.naturalWidth > 100")
    assert axe(page) == []
    page.get_by_role("button", name="Use this app").click()
    page.wait_for_url("**/accounts/2fa/")
    page.goto("/accounts/mine/")
    expect(page.locator("main")).to_contain_text("Passkey: Desk")
    expect(page.locator("main")).to_contain_text("Code app")
    expect(page.locator("main")).to_contain_text("10 recovery codes left")

    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/public/")
    page.goto("/accounts/login/")
    give_password(page, newcomer)
    page.get_by_label("Code").fill(codes[0])
    assert axe(page) == []
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home/")
    assert kinds() == ["in", "factor_added", "codes_made", "out", "in", "factor_added", "out", "in"]


def test_password_and_then_the_passkey(at_home, newcomer):
    page = at_home()
    with_passkeys(page)
    page.goto("/accounts/login/")
    give_password(page, newcomer)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/recovery-codes/")
    LiveSession.objects.all().delete()
    page.goto("/accounts/login/")
    give_password(page, newcomer)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home/")


def test_a_browser_without_passkeys_says_so(at_home, officer):
    page = at_home()
    session, identity = with_passkeys(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": identity, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey_trouble")).to_contain_text("No passkey was used")


FACTS = "A robbery at the corner shop, the plate was seen by two witnesses."


class TestWhatWasTyped:
    """The lock comes, the member signs in again, and what they had typed stands there."""

    def typed(self, page):
        page.goto("/searches/new/")
        page.get_by_label("Violent crime").check()
        page.locator("[name=facts]").press_sequentially(FACTS[:20])
        page.locator("[name=facts]").fill(FACTS)
        page.locator("[name=plate]").fill("8ABC123")

    def there(self, page):
        expect(page.get_by_text("What you typed before is back")).to_be_visible()
        expect(page.locator("[name=facts]")).to_have_value(FACTS)
        expect(page.locator("[name=plate]")).to_have_value("8ABC123")
        expect(page.get_by_label("Violent crime")).to_be_checked()

    def test_after_the_idle_lock(self, visit, officer):
        page = visit(officer)
        page.clock.install()
        self.typed(page)
        page.clock.fast_forward(14 * 60 * 1000)
        expect(page.locator("#idle-dialog")).to_be_visible()
        LiveSession.objects.all().delete()  # the server's clock runs out too
        page.clock.fast_forward(2 * 60 * 1000)
        page.wait_for_url(re.compile("/accounts/login/"))
        sign_in_here(page, officer)
        page.wait_for_url("**/searches/new/")
        self.there(page)

    def test_after_another_sign_in_when_the_form_is_sent(self, visit, officer):
        page = visit(officer)
        self.typed(page)
        LiveSession.objects.all().delete()
        page.locator("main form [type=submit]").last.click()
        page.wait_for_url(re.compile("/accounts/login/"))
        expect(page.get_by_text("signed in somewhere else")).to_be_visible()
        sign_in_here(page, officer)
        page.wait_for_url("**/searches/new/")
        self.there(page)

    def test_after_the_second_factor_was_asked_again(self, visit, officer, supervisor):
        query = make.waiting_query(officer)
        page = visit(supervisor)
        page.goto(f"/searches/{query.pk}/decide/")
        page.locator("[name=decision][value=approve]").check()
        page.locator("[name=reason]").fill("The report names an armed robbery.")
        for session in Session.objects.all():  # ten minutes later
            store = SessionStore(session.session_key)
            store["account_authentication_methods"] = []
            store.save()
        page.locator("main form [type=submit]").last.click()
        page.wait_for_url(re.compile("/accounts/2fa/reauthenticate/"))
        forget_codes(supervisor.username)
        page.get_by_label("Code").fill(code())
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"**/searches/{query.pk}/decide/")
        expect(page.locator("[name=reason]")).to_have_value("The report names an armed robbery.")
        expect(page.locator("[name=decision][value=approve]")).to_be_checked()

    def test_another_member_sees_nothing_of_it(self, visit, officer, supervisor):
        page = visit(officer)
        self.typed(page)
        LiveSession.objects.all().delete()
        page.locator("main form [type=submit]").last.click()
        page.wait_for_url(re.compile("/accounts/login/"))
        sign_in_here(page, supervisor)
        page.wait_for_url("**/searches/new/")
        expect(page.locator("[name=facts]")).to_have_value("")
        assert "alpr.kept" not in page.evaluate("Object.keys(window.sessionStorage)")

    def test_signing_out_forgets_it(self, visit, officer):
        page = visit(officer)
        self.typed(page)
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator(".user-menu summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/public/")
        assert "alpr.kept" not in page.evaluate("Object.keys(window.sessionStorage)")

    def test_what_was_sent_does_not_come_back(self, visit, officer):
        make.camera()
        page = visit(officer)
        self.typed(page)
        page.locator("[name=facts]").fill("")
        page.locator("main form [type=submit]").last.click()
        expect(page).to_have_title(re.compile("^Error:"))
        page.goto("/home/")
        page.goto("/searches/new/")
        expect(page.locator("[name=plate]")).to_have_value("")
        assert "alpr.kept" not in page.evaluate("Object.keys(window.sessionStorage)")

    def test_passwords_are_never_kept(self, visit, officer):
        page = visit(officer)
        page.goto("/accounts/password/change/")
        page.get_by_label("Current Password").fill("secret words of mine")
        page.goto("/home/")
        page.go_back()
        assert "secret words" not in str(page.evaluate("Object.values(window.sessionStorage)"))


def sign_in_here(page, member):
    """On the sign-in page that one was led to."""
    forget_codes(member.username)
    give_password(page, member)
    page.get_by_label("Code").fill(code())
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_the_end_after_twelve_hours_is_said_before(visit, officer):
    page = visit(officer)
    page.clock.install()
    page.goto("/home/")
    expect(page.locator("#limit-notice")).to_be_hidden()
    for _ in range(71):
        page.clock.fast_forward(10 * 60 * 1000 - 1000)
        page.evaluate("window.localStorage.setItem('alpr.contact', Date.now())")
        page.evaluate(
            "window.dispatchEvent(new StorageEvent('storage', {key: 'alpr.contact', newValue: String(Date.now())}))"
        )
    page.clock.fast_forward(2 * 60 * 1000)
    expect(page.locator("#limit-notice")).to_contain_text("12 hours after you signed in")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_the_door(visit, axe, look, officer, system_administrator, auditor):
    for _ in range(5):
        password("okoro", WRONG)
    lock, faults = AccountLock.objects.get(), []
    pages = {
        auditor: ["/accounts/sign-ins/", "/accounts/sign-ins/?kind=in&size=50", "/accounts/refusals/"],
        system_administrator: [
            *("/accounts/mine/", "/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/webauthn/"),
            *("/accounts/2fa/webauthn/add/", "/accounts/2fa/recovery-codes/generate/", "/accounts/password/change/"),
            *("/accounts/2fa/reauthenticate/", "/accounts/locks/", f"/accounts/locks/{lock.pk}/release/"),
            *("/accounts/locks/?state=released", "/accounts/logout/"),
        ],
        None: ["/accounts/login/"],
    }
    for who, addresses in pages.items():
        page = visit(who, **look)
        for address in addresses:
            page.goto(address)
            faults += [f"{address} {fault}" for fault in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                faults.append(f"{address} is wider than its window")
    page = visit(None, **look)
    page.goto("/accounts/login/")
    give_password(page, officer)
    faults += [f"locked {fault}" for fault in axe(page)]
    assert faults == []
