"""F.1: a passkey alone is two factors; its answer is good once, for one host, and never trusted further."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors import (
    CODE,
    Passkey,
    add_passkey,
    challenge,
    kinds,
    options_of,
    password,
    sign_in_by_passkey,
)
from training.models import SignIn

pytestmark = [pytest.mark.clause("F.1", "K.login")]
PASSKEYS = "/accounts/2fa/webauthn/"


def of(member, kind):
    return Authenticator.objects.get(user=member, type=kind)


@pytest.mark.django_db
class TestPasskeys:
    @pytest.fixture
    def passkey(self, officer, client_of):
        made = Passkey()
        assert add_passkey(client_of(officer), made, "Blue key").status_code == 302
        return made

    def test_one_alone_signs_in(self, officer, passkey):
        client, answer = sign_in_by_passkey(passkey)
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert client.get("/home/").status_code == 200

    def test_and_leads_on_to_where_one_was(self, officer, passkey):
        client = Client()
        credential = passkey.answer(challenge(client))
        answer = client.post(f"{PASSKEYS}login/", {"credential": credential, "next": "/searches/"})
        assert answer["Location"] == "/searches/"
        client = Client()
        credential = passkey.answer(challenge(client))
        answer = client.post(f"{PASSKEYS}login/", {"credential": credential, "next": "https://evil.example/"})
        assert answer["Location"] == "/home/"

    def test_and_counts_as_having_shown_the_second_factor(self, officer, passkey):
        client, _ = sign_in_by_passkey(passkey)
        assert client.get("/accounts/password/change/").status_code == 200

    def test_after_the_password_it_does_too(self, officer, passkey):
        client, _ = password("okoro")
        credential = passkey.answer(options_of(client.get(CODE)))
        assert client.post(CODE, {"credential": credential})["Location"] == "/home/"

    def test_an_answer_works_once(self, officer, passkey):
        client = Client()
        credential = passkey.answer(challenge(client))
        before = client.cookies["alpr"].value
        assert client.post(f"{PASSKEYS}login/", {"credential": credential}).status_code == 302
        client.post("/accounts/logout/")
        for thief in (client, Client()):
            challenge(thief)
            thief.post(f"{PASSKEYS}login/", {"credential": credential})
            assert thief.get("/home/").status_code == 302
        thief = Client()
        thief.cookies["alpr"] = before
        thief.post(f"{PASSKEYS}login/", {"credential": credential})
        assert thief.get("/home/").status_code == 302

    def test_a_challenge_is_answered_once_also_wrongly(self, officer, passkey):
        client = Client()
        options = challenge(client)
        stranger = Passkey()
        stranger.handle = passkey.handle
        client.post(f"{PASSKEYS}login/", {"credential": stranger.answer(options)})
        client.post(f"{PASSKEYS}login/", {"credential": passkey.answer(options)})
        assert client.get("/home/").status_code == 302

    def test_the_answer_to_another_sessions_challenge_opens_nothing(self, officer, passkey):
        mine, theirs = Client(), Client()
        challenge(mine)
        mine.post(f"{PASSKEYS}login/", {"credential": passkey.answer(challenge(theirs))})
        assert mine.get("/home/").status_code == 302

    def test_a_challenge_belongs_to_its_host(self, officer, passkey):
        client = Client()
        options = challenge(client)
        assert options["publicKey"]["rpId"] == "testserver"
        passkey.host = "evil.example"
        client.post(f"{PASSKEYS}login/", {"credential": passkey.answer(options)})
        assert client.get("/home/").status_code == 302

    def test_without_finger_or_pin_it_opens_nothing(self, officer, passkey):
        passkey.verified = False
        client, _ = sign_in_by_passkey(passkey)
        assert client.get("/home/").status_code == 302

    def test_without_finger_or_pin_it_is_not_added(self, officer, client_of):
        answer = add_passkey(client_of(officer), Passkey(verified=False))
        assert answer.status_code == 200
        assert not Authenticator.objects.filter(type="webauthn").exists()

    def test_a_strangers_signature_opens_nothing(self, officer, passkey):
        stranger = Passkey()
        stranger.id, stranger.handle = passkey.id, passkey.handle
        client, _ = sign_in_by_passkey(stranger)
        assert client.get("/home/").status_code == 302

    def test_a_wrong_one_alone_counts_for_the_address_and_for_no_account(self, officer, passkey):
        stranger = Passkey()
        stranger.id, stranger.handle = passkey.id, passkey.handle
        for _ in range(6):
            sign_in_by_passkey(stranger)
        assert SignIn.objects.filter(kind="factor_failed", by=None).count() == 6
        assert sign_in_by_passkey(passkey)[1]["Location"] == "/home/"

    def test_a_wrong_one_after_the_password_counts_for_the_account(self, officer, passkey):
        client, _ = password("okoro")
        answers = [client.post(CODE, {"credential": '{"id":"x"}'}).status_code for _ in range(5)]
        assert answers == [200] * 4 + [403]
        assert "locked" in kinds(by=officer)

    def test_it_is_asked_for_that_is_there(self, officer, passkey):
        page = password("okoro")[0].get(CODE).content.decode()
        assert "Use a passkey" in page
        Authenticator.objects.filter(type="webauthn").delete()
        assert "passkey_use" not in password("okoro")[0].get(CODE).content.decode()

    @pytest.mark.parametrize("name", ["a\nb", "x" * 61, "a\u202eb", "\0"])
    def test_a_name_that_hides_something_is_refused(self, officer, client_of, name):
        answer = add_passkey(client_of(officer), Passkey(), name)
        assert answer.status_code == 200
        assert not Authenticator.objects.filter(type="webauthn").exists()

    def test_it_can_be_renamed(self, officer, passkey, client_of):
        pk = of(officer, "webauthn").pk
        assert client_of(officer).post(f"{PASSKEYS}keys/{pk}/edit/", {"name": "Desk"}).status_code == 302
        assert of(officer, "webauthn").data["name"] == "Desk"

    def test_others_do_not_reach_it(self, officer, passkey, supervisor, client_of):
        pk, client = of(officer, "webauthn").pk, client_of(supervisor)
        assert client.get(f"{PASSKEYS}keys/{pk}/edit/").status_code == 404
        assert client.post(f"{PASSKEYS}keys/{pk}/remove/").status_code == 404

    def test_what_is_kept_of_it_is_what_checks_it(self, officer, passkey):
        kept = of(officer, "webauthn").data
        assert set(kept) == {"name", "credential"}
        assert set(kept["credential"]) == {"type", "id", "rawId", "response", "clientExtensionResults"}


ASSERTION = (
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"YQ",'
    '"signature":"YQ","userHandle":"zzz"}}'
)
BAD = [
    "", "{", "[]", "1", "null", "true", '"x"', "{}", "[" * 3000, '{"a":' * 3000, "\0", '{"id":"\\u0000"}', "NaN",
    '{"id":1,"rawId":2,"response":3,"type":4}', '{"id":"a","rawId":"a","response":[],"type":"public-key"}',
    ASSERTION,
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"_w"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"_____","attestationObject":"v_8"}}',
    '{"response":{"userHandle":{"a":1}}}', "x" * 100_000,
]  # fmt: skip


@pytest.mark.django_db
class TestWhatABrowserIsNotTrustedWith:
    @pytest.mark.parametrize("bad", BAD)
    def test_a_malformed_credential_is_a_wrong_one(self, officer, client_of, bad):
        inside, half = client_of(officer), password("okoro")[0]
        alone = Client()
        challenge(alone)
        assert alone.post(f"{PASSKEYS}login/", {"credential": bad}).status_code == 302
        assert half.post(CODE, {"credential": bad}).status_code == 200
        inside.get(f"{PASSKEYS}add/")
        assert inside.post(f"{PASSKEYS}add/", {"credential": bad}).status_code == 200
        assert alone.get("/home/").status_code == half.get("/home/").status_code == 302
        assert not Authenticator.objects.filter(type="webauthn").exists()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.recursive(
            st.none() | st.text(max_size=5) | st.integers(),
            lambda inner: st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "rawId",
                        "response",
                        "type",
                        "clientDataJSON",
                        "authenticatorData",
                        "signature",
                        "userHandle",
                        "attestationObject",
                        "clientExtensionResults",
                    ]
                ),
                inner,
                max_size=6,
            ),
            max_leaves=12,
        )
    )
    def test_no_json_breaks_it(self, officer, told):
        client, half = Client(), password("okoro")[0]
        challenge(client)
        said = json.dumps(told)
        assert client.post(f"{PASSKEYS}login/", {"credential": said}).status_code in {302, 429}
        assert half.post(CODE, {"credential": said}).status_code in {200, 302, 403, 429}
