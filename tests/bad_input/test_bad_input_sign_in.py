"""The corpus of bad inputs, and what else a hostile client sends, at the door itself: sign-in, second factor, account."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import PASSWORD
from tests.corpus import bad_inputs
from tests.doors import CODE, LOGIN, password
from tests.logs import listening
from training.models import SignIn

from .messages import of_http

BY_KEY = "/accounts/2fa/webauthn/login/"
AGAIN, MINE, CHANGE = "/accounts/2fa/reauthenticate/", "/accounts/mine/", "/accounts/password/change/"
INSIDE = [MINE, AGAIN, CHANGE, "/accounts/2fa/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/deactivate/"]
BOUNDARY = "multipart/form-data; boundary=x"
# content type, body: none of it is a form
BODIES = [
    ("application/json", b'{"login": "okoro", "password": "x"}'),
    ("application/json", b"[" * 5000),
    ("application/xml", b"<a/>"),
    ("text/plain", b"login=okoro"),
    ("application/x-www-form-urlencoded", b"login=%00okoro&password=x&code=%00&credential=%00&oldpassword=%00"),
    ("application/x-www-form-urlencoded", b"login=%ff%fe&password=%c3%28&code=%ff&credential=%ff"),
    ("application/x-www-form-urlencoded; charset=utf-16", "login=okoro&password=x".encode("utf-16")),
    ("application/x-www-form-urlencoded; charset=no-such", b"login=okoro&password=x&code=1"),
    ("application/x-www-form-urlencoded", b"&".join(b"field%d=x" % n for n in range(2000))),
    ("application/x-www-form-urlencoded", b"login=" + b"a" * 3_000_000),
    ("application/x-www-form-urlencoded", b"login=a&password=" + b"a" * 2_000_000 + b"&code=" + b"1" * 500_000),
    ("application/x-www-form-urlencoded", b"=&&&=&;login[]=1&login=a&login=b&password[x]=1"),
    (BOUNDARY, b"--x\r\nContent-Disposition: form-data; name=login\r\n\r\nokoro"),
    (BOUNDARY, b"no boundary at all"),
    ("multipart/form-data", b"x"),
    (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="login"; filename="a"\r\n\r\nokoro\r\n--x--\r\n'),
    ("", b"login=okoro"),
    ("\x00", b"x"),
]


def callers(client_of, officer):
    """Who stands where: before the door, between its two pages, inside."""
    return {"outside": Client(), "between": password("okoro")[0], "inside": client_of(officer)}


def doors(client_of, officer):
    """Each page of the door with a client that reaches it."""
    found = callers(client_of, officer)
    pages = [(found["outside"], LOGIN), (found["outside"], BY_KEY), (found["between"], CODE)]
    return pages + [(found["inside"], address) for address in INSIDE]


@pytest.mark.django_db
class TestDoor:
    @pytest.mark.parametrize(("kind", "body"), BODIES, ids=range(len(BODIES)))
    def test_no_body_breaks_it(self, client_of, officer, kind, body):
        for client, address in doors(client_of, officer):
            with listening() as log:
                answer = client.generic("POST", address, body, content_type=kind)
            assert answer.status_code < 500, (address, answer.status_code)
            assert "okoro" not in log()
        assert not SignIn.objects.filter(kind="in", device="").exclude(by=officer).exists()

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "NONSENSE"])
    def test_no_method_breaks_it(self, client_of, officer, method):
        for client, address in doors(client_of, officer):
            answer = client.generic(method, address)
            assert answer.status_code < 500, (address, answer.status_code)

    @pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example", "\x00", "[::1", "a" * 5000])
    def test_a_strange_host_is_refused(self, client_of, officer, host):
        for client, address in doors(client_of, officer):
            assert client.get(address, headers={"host": host}).status_code == 400

    @pytest.mark.parametrize(
        "after",
        [
            "https://evil.example/",
            "//evil.example",
            "javascript:alert(1)",
            "\\\\evil.example",
            "/\t/evil.example",
            "%00",
            "a" * 9000,
        ],
    )
    def test_nothing_leads_out(self, client_of, officer, after):
        client = client_of(officer)
        for address in (LOGIN, AGAIN, CHANGE):
            answer = client.get(address, {"next": after})
            assert "evil.example" not in answer.get("Location", "")
            assert answer.status_code < 500

    @pytest.mark.parametrize("case", bad_inputs("person_name"))
    def test_bad_input_person_name_as_a_user_name(self, officer, case):
        """Nobody is called so: refused like any other name, kept nowhere, told to no log."""
        typed = case.value if isinstance(case.value, str) else ""
        with listening() as log:
            client, answer = password(typed, PASSWORD)
        assert answer.status_code == 200
        assert client.get("/home/").status_code == 302
        assert len(typed) < 5 or typed not in log()
        assert all(len(typed) < 5 or typed not in record.canonical() for record in SignIn.objects.all())

    @pytest.mark.parametrize("case", bad_inputs("email"))
    def test_bad_input_email_as_a_user_name(self, officer, case):
        client, answer = password(case.value, PASSWORD)
        assert answer.status_code == 200
        assert client.get("/home/").status_code == 302


@pytest.mark.parametrize("case", of_http(length=False))
@pytest.mark.django_db
def test_bad_input_http_at_the_door(client_of, officer, case):
    """Headers and methods of the corpus on each page of the door: never a fault of ours, and refused where it says so."""
    header = re.fullmatch(r"([A-Z][\w-]+): (\S+).*", case.value)
    method = re.fullmatch(r"([A-Z]+) /", case.value)
    files = re.fullmatch(r"(\d+) files", case.value)
    for client, address in doors(client_of, officer):
        if header and header[1] not in {"Transfer-Encoding", "Cookie", "Origin"}:
            answer = client.get(address, headers={header[1]: header[2]})
        elif case.value.startswith(("Origin", "POST without")):
            strict = Client(enforce_csrf_checks=True)
            strict.cookies = client.cookies.copy()
            headers = {"origin": header[2]} if header else {}
            answer = strict.post(address, {"login": "okoro", "password": PASSWORD}, headers=headers)
            assert answer.status_code == (405 if address == MINE else 403) or answer.status_code == 403
        elif method:
            answer = client.generic(method[1], address)
        elif files:
            sent = {f"file{n}": SimpleUploadedFile("a.txt", b"a") for n in range(int(files[1]))}
            answer = client.post(address, {"login": "okoro", **sent})
        elif case.value.startswith("User-Agent"):
            answer = client.get(address, headers={"user-agent": "browser\n\x1b[31mforged line"})
        else:
            pytest.skip("the server settles this before the portal")
        assert answer.status_code < 500, (address, answer.status_code)
        if header and header[1] == "Host":
            assert str(answer.status_code) == case.code
