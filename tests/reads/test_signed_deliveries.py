"""F.2: where a source signs, what was changed, is late or came before is refused and counted, and its key never travels."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import IntegrityError, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads import inventory, signatures
from reads.models import Batch, DeliveryRefused, NonceSeen, Source
from reads.openapi import DOCUMENT
from reads.signatures import HEADERS, NONCE, SIGNATURE, SOURCE, TIME, Signed
from tests import database, make
from tests.corpus import table

pytestmark = pytest.mark.clause("F.2")
URL = "/api/v1/reads"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
KEY = "alpr_known-key"
BODY = b'[{"plate":"8ABC123"}]'
MOMENT, ONCE = "2026-06-15T12:00:00Z", "AbCdEf-_0123456789"
# What another program says: printf '%s\n%s\n%s' TIME NONCE "$(sha256 of BODY)" | openssl dgst -sha256 -hmac KEY
KNOWN = "9776ea9ff9f344ce167a7c80358eb8ee12bbae228de0a89c40d9d7786e32664b"
SECRETS = st.binary(min_size=32, max_size=32).map(lambda secret: base64.b64encode(secret).decode())
NEARLY = st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{14,66}", fullmatch=True) | st.just(MOMENT)


def check(said, key=KEY, body=BODY, now=NOW):
    """What became of it: "taken", or the code of its refusal."""
    try:
        signatures.check(said, key, body, now=now, window=WINDOW)
    except BadInput as error:
        return error.code
    return "taken"


class TestSignature:
    @pytest.mark.parametrize(("header", "value", "ago", "expected", "why"), table("signed_deliveries.csv"))
    def test_the_table(self, header, value, ago, expected, why):
        name, _, after = header.partition(" ")
        headers = {SOURCE: "street", TIME: MOMENT, NONCE: ONCE, **({name: value} if name and not after else {})}
        headers.setdefault(SIGNATURE, signatures.sign(KEY, headers[TIME], headers[NONCE], BODY))
        headers.update({name: value} if after else {})
        said = Signed.of(headers)
        assert check(said, now=NOW + timedelta(seconds=int(ago))) == expected

    def test_it_is_what_another_program_makes(self):
        assert signatures.sign(KEY, MOMENT, ONCE, BODY) == KNOWN
        assert (
            check(Signed("street", MOMENT, ONCE, KNOWN)) == check(Signed("s", MOMENT, ONCE, KNOWN.upper())) == "taken"
        )

    def test_without_any_of_its_headers_a_delivery_is_not_signed(self):
        assert Signed.of({"Authorization": "Bearer x"}) is None
        assert all(Signed.of({name: "x"}) for name in HEADERS)

    def test_without_a_key_to_check_with_nothing_fits(self):
        assert check(Signed("street", MOMENT, ONCE, KNOWN), key=None) == "signature.wrong"

    @settings(deadline=None)
    @given(st.text(), st.binary(), st.from_regex(signatures.NONCE_FORM, fullmatch=True))
    def test_another_key_body_or_nonce_does_not_fit(self, key, body, nonce):
        assume(key.encode("utf-8", "ignore").decode() == key)
        for changed in ((key, BODY, ONCE), (KEY, body, ONCE), (KEY, BODY, nonce)):
            expected = "taken" if changed == (KEY, BODY, ONCE) else "signature.wrong"
            assert check(Signed("street", MOMENT, changed[2], KNOWN), *changed[:2]) == expected

    @settings(deadline=None)
    @given(NEARLY, NEARLY, NEARLY, st.text(max_size=70) | st.just(KNOWN))
    def test_whatever_the_headers_say_the_answer_is_one_of_ours(self, source, time, nonce, signature):
        answer = check(Signed(source, time, nonce, signature))
        fits = (time, nonce, signature) == (MOMENT, ONCE, KNOWN) and source
        assert answer == "taken" if fits else answer in {"signature.missing", "signature.wrong"}

    def test_a_refusal_repeats_nothing_of_what_was_sent(self):
        for said in (
            Signed("s", MOMENT, "8ABC123", KNOWN),
            Signed("s", "8ABC123", ONCE, KNOWN),
            Signed("s", "", "", ""),
        ):
            with pytest.raises(BadInput) as refused:
                signatures.check(said, KEY, BODY, now=NOW, window=WINDOW)
            assert "8ABC123" not in refused.value.message


class TestSealedKey:
    @settings(deadline=None)
    @given(st.text(st.characters(codec="utf-8")), st.uuids(), SECRETS, st.uuids(), SECRETS)
    def test_it_opens_for_its_own_source_under_the_portals_secret_only(self, key, source, secret, other, others):
        sealed = signatures.seal(key, source, secret)
        assert signatures.unseal(sealed, source, secret) == key
        assert other == source or signatures.unseal(sealed, other, secret) is None
        assert others == secret or signatures.unseal(sealed, source, others) is None

    @settings(deadline=None)
    @given(st.binary(max_size=80))
    def test_noise_opens_to_nothing(self, noise):
        assert signatures.unseal(noise, UUID(int=1), base64.b64encode(b"k" * 32).decode()) is None


@pytest.fixture
def source(committed):
    make.camera("cam-1", source=make.source(signed_only=True))
    return make.source()


@pytest.fixture
def key(source, coordinator):
    return inventory.issue_key(source, by=coordinator, now=timezone.now())


def batch(*plates, **values):
    captured = datetime.now(UTC).isoformat()
    return json.dumps([{"plate": plate, "camera": "cam-1", "captured_at": captured, **values} for plate in plates])


def signed(body, key, nonce="nonce-number-0001", *, source="street", at=None):
    """The headers of a signed delivery."""
    time = f"{at or timezone.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    signature = signatures.sign(key, time, nonce, body.encode())
    return dict(zip(HEADERS, (source, time, nonce, signature), strict=True))


def post(body, headers):
    return Client(headers=headers).post(URL, body, content_type="application/json")


def said(answer):
    return answer.status_code, answer.json()["code"]


def refusals():
    return list(DeliveryRefused.objects.order_by("at").values_list("source__name", "code"))


def stored(name):
    with database.connect(name) as admin:
        return admin.execute("SELECT plate FROM reads_read ORDER BY plate").fetchall()


class TestSignedDelivery:
    def test_it_is_stored_and_its_nonce_recorded(self, key, django_db_setup):
        body = batch("8ABC123", "8ABC124")
        answer = post(body, signed(body, key))
        assert (answer.status_code, answer.json()["stored"]) == (200, 2)
        assert stored(django_db_setup) == [("8ABC123",), ("8ABC124",)]
        seen = NonceSeen.objects.get()
        assert (seen.source.name, seen.nonce, seen.by_name) == ("street", "nonce-number-0001", "source street")
        assert abs(seen.signed_at - seen.at) < WINDOW

    def test_the_very_same_request_again_is_refused_and_counted(self, key, django_db_setup):
        body = batch("8ABC123")
        headers = signed(body, key)
        post(body, headers)
        assert said(post(body, headers)) == (409, "signature.replayed")
        assert refusals() == [("street", "signature.replayed")]
        assert len(stored(django_db_setup)) == 1

    def test_the_same_batch_signed_anew_answers_as_the_first_did(self, key, django_db_setup):
        body = batch("8ABC123", "8AB_123")
        first, second = (post(body, signed(body, key, f"nonce-number-000{n}")) for n in (1, 2))
        assert first.json() == second.json()
        assert Batch.objects.count() == len(stored(django_db_setup)) == 1
        assert refusals() == []

    def test_a_used_nonce_signs_no_other_body(self, key, django_db_setup):
        for body, expected in ((batch("8ABC123"), 200), (batch("8ABC124"), 409)):
            assert post(body, signed(body, key)).status_code == expected
        assert stored(django_db_setup) == [("8ABC123",)]

    def test_two_sources_may_use_one_nonce(self, key, coordinator):
        other = make.source("harbor")
        theirs = inventory.issue_key(other, by=coordinator, now=timezone.now())
        body = batch("8ABC123")
        assert post(body, signed(body, key)).status_code == 200
        assert post(body, signed(body, theirs, source="harbor")).status_code == 200

    def test_of_five_alike_at_once_one_is_taken(self, key, django_db_setup):
        body = batch("8ABC123")
        headers = signed(body, key)

        def deliver(_):
            try:
                return post(body, headers).status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(5) as pool:
            assert sorted(pool.map(deliver, range(5))) == [200, 409, 409, 409, 409]
        assert len(stored(django_db_setup)) == 1

    def test_a_source_that_need_not_sign_may(self, key, source):
        Source.objects.update(signed_only=False)
        body = batch("8ABC123")
        assert post(body, signed(body, key)).status_code == 200
        assert post(batch("8ABC124"), {"Authorization": f"Bearer {key}"}).status_code == 200


class TestRefused:
    def test_a_changed_body(self, key, django_db_setup):
        body = batch("8ABC123")
        answer = post(body.replace("8ABC123", "8ABC124"), signed(body, key))
        assert said(answer) == (401, "signature.wrong")
        assert "Alpr-Signature" in answer["WWW-Authenticate"]
        assert (refusals(), stored(django_db_setup)) == ([("street", "signature.wrong")], [])

    def test_a_refused_signature_uses_no_nonce(self, key):
        body = batch("8ABC123")
        post(body, signed(body, "alpr_guessed"))
        assert post(body, signed(body, key)).status_code == 200

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_one_signed_long_ago_or_ahead(self, key, minutes, django_db_setup):
        body = batch("8ABC123")
        answer = post(body, signed(body, key, at=datetime.now(UTC) + timedelta(minutes=minutes)))
        assert said(answer) == (401, "signature.stale")
        assert (refusals(), stored(django_db_setup)) == ([("street", "signature.stale")], [])

    @pytest.mark.parametrize("scheme", ["Bearer", "X-Api-Key", "Basic"])
    def test_the_key_alone_where_a_source_must_sign(self, key, scheme, django_db_setup):
        password = base64.b64encode(f"street:{key}".encode()).decode()
        headers = {
            "Bearer": {"Authorization": f"Bearer {key}"},
            "X-Api-Key": {"X-Api-Key": key},
            "Basic": {"Authorization": f"Basic {password}"},
        }
        assert said(post(batch("8ABC123"), headers[scheme])) == (401, "signature.missing")
        assert (refusals(), stored(django_db_setup)) == ([("street", "signature.missing")], [])

    @pytest.mark.parametrize("name", HEADERS)
    def test_a_header_that_is_not_there(self, key, name):
        body = batch("8ABC123")
        headers = {n: value for n, value in signed(body, key).items() if n != name}
        assert said(post(body, {**headers, "Authorization": f"Bearer {key}"})) == (401, "signature.missing")
        assert refusals() == [(None if name == SOURCE else "street", "signature.missing")]

    @pytest.mark.parametrize("name", ["nobody", "street\x00", "s" * 61, "stra\u00dfe"])
    def test_a_source_that_is_not_there_is_told_what_a_wrong_signature_is(self, key, name):
        body = batch("8ABC123")
        assert said(post(body, signed(body, key, source=name))) == (401, "signature.wrong")
        assert refusals() == [(None, "signature.wrong")]

    def test_a_source_that_was_stopped(self, key, source):
        Source.objects.update(is_active=False)
        body = batch("8ABC123")
        assert said(post(body, signed(body, key))) == (401, "signature.wrong")

    def test_the_old_key_after_a_new_one_was_issued(self, key, source, coordinator):
        inventory.issue_key(source, by=coordinator, now=timezone.now())
        body = batch("8ABC123")
        assert said(post(body, signed(body, key))) == (401, "signature.wrong")

    def test_another_sources_key(self, key, coordinator):
        theirs = inventory.issue_key(make.source("harbor"), by=coordinator, now=timezone.now())
        body = batch("8ABC123")
        assert said(post(body, signed(body, theirs))) == (401, "signature.wrong")

    def test_a_vendors_format_cannot_sign(self, key, coordinator):
        vendor = make.source("vendor", format="openalpr")
        theirs = inventory.issue_key(vendor, by=coordinator, now=timezone.now())
        assert vendor.sealed_key is None
        assert said(post("{}", signed("{}", theirs, source="vendor"))) == (401, "signature.wrong")

    def test_a_malformed_body_that_was_signed_is_refused_as_ever(self, key):
        assert said(post("[", signed("[", key))) == (400, "json.syntax")


class TestWhatIsKept:
    def test_a_copy_of_the_database_does_not_hold_the_key(self, key, source, settings, django_db_setup):
        with database.connect(django_db_setup) as admin:
            tables = [row for name in ("source", "historicalsource") for row in admin.execute(f"TABLE reads_{name}")]
        values = [value for row in tables for value in row]
        assert not any(key.encode() in (v if isinstance(v, bytes) else str(v).encode()) for v in values)
        source.refresh_from_db()
        elsewhere = base64.b64encode(b"a guess of thirty-two bytes long").decode()
        assert signatures.unseal(bytes(source.sealed_key), source.pk, elsewhere) is None
        assert signatures.unseal(bytes(source.sealed_key), source.pk, settings.IMAGE_KEY) == key

    def test_under_another_secret_no_signature_is_taken(self, key, settings):
        settings.IMAGE_KEY = base64.b64encode(b"a guess of thirty-two bytes long").decode()
        body = batch("8ABC123")
        assert said(post(body, signed(body, key))) == (401, "signature.wrong")

    def test_the_change_log_has_the_switch_and_not_the_key(self, key, source, coordinator):
        inventory.save_source(source, by=coordinator, signed_only=False)
        assert [h.signed_only for h in source.history.all()][:2] == [False, True]
        assert not {"sealed_key", "key_digest"} & {f.name for f in Source.history.model._meta.fields}

    def test_a_source_that_leaves_our_format_keeps_no_key_to_sign_with(self, key, source, coordinator):
        inventory.save_source(source, by=coordinator, format="openalpr", signed_only=False)
        source.refresh_from_db()
        assert source.sealed_key is None

    def test_the_database_lets_no_vendor_be_signed_only(self, committed):
        with pytest.raises(IntegrityError, match="source_signs_own_format"):
            make.source("vendor", format="openalpr", signed_only=True)


class TestPages:
    @pytest.fixture
    def client(self, committed, coordinator, client_of):
        return client_of(coordinator)

    def add(self, client, **values):
        client.post(reverse("add_source"), {"name": "pier", "format": "portal", "is_active": "on", **values})
        return Source.objects.get(name="pier")

    def test_a_new_source_signs_unless_said_otherwise(self, client):
        page = client.get(reverse("add_source"))
        assert page.context["form"]["signed_only"].value() is True
        assert self.add(client, signed_only="on").signed_only

    def test_it_can_be_switched_off_and_the_page_says_so(self, client):
        source = self.add(client, signed_only="on")
        assert "Signed deliveries only" in client.get(reverse("view_source", args=[source.pk])).content.decode()
        edit = reverse("edit_source", args=[source.pk])
        assert client.get(edit).context["form"]["signed_only"].value() is True
        client.post(edit, {"name": "pier", "format": "portal", "is_active": "on"})
        assert not Source.objects.get(name="pier").signed_only
        page = client.get(reverse("view_source", args=[source.pk])).content.decode()
        assert "Signed deliveries only" not in page
        assert "need not be" in page

    def test_for_a_vendors_format_it_is_left_off(self, client):
        assert not self.add(client, format="openalpr", signed_only="on").signed_only

    def test_a_key_from_before_is_pointed_out_until_a_new_one_is_issued(self, client):
        source = self.add(client, signed_only="on")
        Source.objects.update(key_digest=inventory.digest("alpr_from_before"), key_made_at=timezone.now())
        url = reverse("view_source", args=[source.pk])
        assert "cannot check signatures" in client.get(url).content.decode()
        page = client.post(reverse("issue_key", args=[source.pk])).content.decode()
        assert "The key itself is never sent" in page
        assert "Bearer" not in page
        assert "cannot check signatures" not in client.get(url).content.decode()

    def test_the_description_names_the_four_headers(self):
        door = DOCUMENT["paths"][URL]["post"]
        assert tuple(header["name"] for header in door["parameters"]) == HEADERS
        assert {"signature": []} in door["security"]
        assert DOCUMENT["components"]["securitySchemes"]["signature"]["name"] == SIGNATURE


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Says nothing."""


@pytest.fixture
def portal():
    """The portal at an address of this machine, for one request."""
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as server:
        server.timeout = 30

        def serve():
            server.handle_request()
            connections.close_all()

        thread = Thread(target=serve)
        thread.start()
        yield server.server_port
        thread.join()


def test_the_example_of_the_page_delivers(source, key, coordinator, client_of, portal, django_db_setup):
    make.camera("F-01", source=source)
    page = client_of(coordinator, headers={"Host": f"127.0.0.1:{portal}"}).get(reverse("api_docs"))
    example = re.search(r'<code id="signed-example">(.*?)</code>', page.content.decode(), re.S)[1]
    ran = subprocess.run(
        [sys.executable, "-c", html.unescape(example)], env={"KEY": key}, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert (json.loads(ran.stdout)["stored"], stored(django_db_setup)) == (1, [("8ABC123",)])
