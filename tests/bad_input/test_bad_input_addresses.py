"""The corpus of bad inputs in addresses, lists and headers."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import make
from tests.cast import PASSWORD
from tests.corpus import bad_inputs
from tests.doors import CODE, LOGIN, code
from tests.logs import listening
from training.models import SignIn

from .messages import of_http


@pytest.mark.django_db
class TestAddresses:
    @pytest.mark.parametrize("case", bad_inputs("object_id"))
    def test_bad_input_object_id(self, officer, client_of, case):
        client = client_of(officer)
        missing = client.get("/searches/00000000-0000-0000-0000-000000000009/")
        answer = client.get(f"/searches/{case.value[:2000]}/")
        assert answer.status_code == missing.status_code == 404

    @pytest.mark.parametrize("case", bad_inputs("search_form"))
    def test_bad_input_search_form(self, officer, client_of, case):
        make.query(officer)
        client = client_of(officer)
        if "next" in case.value:
            client = Client()
            client.post(LOGIN, {"login": officer.username, "password": PASSWORD, **case.value})
            answer = client.post(CODE, {"code": code(), **case.value})
            assert (answer.status_code, answer["Location"]) == (302, "/home/")
            return
        answer = client.get("/searches/", case.value)
        assert answer.status_code in ({400} if case.code == "sort.unknown" else {200})
        assert "password" not in answer.get("Location", "")


def foreign_host(said, member, **_):
    """ALLOWED_HOSTS."""
    return Client().get("/public/", headers={"host": said["value"]})


def without_effect(said, member, **_):
    """The header changes nothing of the answer, and nothing of what is recorded of a sign-in."""
    headers, given = {said["name"]: said["value"]}, {"login": member.username, "password": PASSWORD}
    plain, answer = Client().get("/public/"), Client().get("/public/", headers=headers)
    assert answer.content == plain.content
    client = Client()
    client.post(LOGIN, given, headers=headers)
    signed_in = client.post(CODE, {"code": code()}, headers=headers)
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/home/")
    assert SignIn.objects.latest("at").address == "127.0.0.1"
    assert said["value"] not in f"{signed_in.headers}{answer.headers}"
    return answer


def forged(said, member, client_of):
    """A post from elsewhere, or with no token; the same post with both goes through."""
    client = client_of(member, enforce_csrf_checks=True)
    token = client.get("/searches/new/").context["csrf_token"]
    good = {**make.form(), "csrfmiddlewaretoken": str(token)}
    headers = {"origin": said["value"]} if said.get("name") == "Origin" else {}
    answer = client.post("/searches/new/", good if headers else make.form(), headers=headers)
    assert client.post("/searches/new/", good, headers={"origin": "http://testserver"}).status_code == 302
    return answer


def other_method(said, member, client_of):
    return client_of(member).generic(said["method"], said["path"])


def many_files(said, member, client_of):
    files = {f"file{n}": SimpleUploadedFile("a.txt", b"a") for n in range(int(said["n"]))}
    return client_of(member).post("/searches/new/", {**make.form(), **files})


def languages(said, member, **_):
    return Client().get("/public/", headers={"accept-language": said["value"]})


def unclean_name(said, member, **_):
    """A browser's name with a line break and an escape code: the log has one clean line for the request."""
    with listening() as log:
        answer = Client().get("/public/", headers={"user-agent": "browser\n\x1b[31mforged line"})
    lines = log().splitlines()
    assert len(lines) == 1
    assert lines[0].isprintable()
    return answer


HTTP = [
    (r"(?P<name>Host): (?P<value>.+)", foreign_host),
    (r"(?P<name>X-[\w-]+): (?P<value>.+)", without_effect),
    (r"(?P<name>Origin): (?P<value>\S+).*", forged),
    (r"POST without token", forged),
    (r"(?P<method>[A-Z]+) (?P<path>/\S*)", other_method),
    (r"(?P<n>\d+) files", many_files),
    (r"(?P<name>Accept-Language): (?P<value>.+)", languages),
    (r"User-Agent with .*", unclean_name),
]
SERVERS = {
    r"Transfer-Encoding: .*": "two lengths of one body are settled by the server, before the portal",
    r"Cookie: .*kB": "the length of header lines is limited by the server, before the portal",
    r"slow body.*": "how long a body may take is limited by the server, before the portal",
}


@pytest.mark.parametrize("case", of_http(length=False))
@pytest.mark.django_db(databases="__all__")
def test_bad_input_http(officer, client_of, case):
    """Keyed on what the case says; the code is the status, where it is refused."""
    for pattern, reason in SERVERS.items():
        if re.fullmatch(pattern, case.value):
            pytest.skip(reason)
    send, said = next(
        ((send, found.groupdict()) for pattern, send in HTTP if (found := re.fullmatch(pattern, case.value))),
        (None, {}),
    )
    if send is None:
        pytest.skip("a test's client cannot express this")
    answer = send(said, officer, client_of=client_of)
    assert str(answer.status_code) == (case.code if case.expect == "reject" else "200")
