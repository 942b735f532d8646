"""A plate stands on the page that asked for it and in its record: in no log line, session, header or error page."""

from __future__ import annotations

import pytest
import structlog
from django.contrib.sessions.models import Session
from django.test import Client

from reads.models import Query
from tests import make
from tests.logs import listening

PLATE = "4QIX907"
NEW = "/searches/new/"


def headers_of(answer):
    return "\n".join(f"{name}: {value}" for name, value in answer.items())


@pytest.mark.usefixtures("committed")
@pytest.mark.clause("F.1")
class TestSearch:
    def test_the_log_is_heard(self):
        """Or the tests below would pass on silence."""
        with listening() as log:
            structlog.get_logger().info("told", plate=PLATE)
        assert PLATE in log()

    def test_a_search_and_its_read_leave_the_plate_in_no_log_and_no_session(self, officer, client_of):
        read = make.read(PLATE)
        client = client_of(officer)
        with listening() as log:
            url = client.post(NEW, make.form(plate=PLATE))["Location"]
            pages = [client.get(url), client.get(f"{url}reads/{read}/"), client.get("/searches/")]
        assert [page.status_code for page in pages] == [200, 200, 200]
        assert PLATE in pages[0].content.decode()
        assert PLATE in pages[1].content.decode()
        assert log().count('"event": "request"') == 4
        assert PLATE not in log()
        sessions = [session.get_decoded() for session in Session.objects.all()]
        assert len(sessions) == 1
        assert PLATE not in str(sessions)

    def test_no_header_of_any_step_names_it(self, officer, client_of):
        read = make.read(PLATE)
        client = client_of(officer)
        asked = client.post(NEW, make.form(plate=PLATE))
        url = asked["Location"]
        answers = [asked, client.get(url), client.get(f"{url}reads/{read}/"), client.get(f"{url}record.pdf")]
        for left in ("export/csv/", "export/xlsx/", f"reads/{read}/sheet.pdf"):
            answers.append(client.post(f"{url}{left}"))
        assert [answer.status_code for answer in answers] == [302, *[200] * 6]
        assert [headers_of(answer) for answer in answers if PLATE in headers_of(answer)] == []
        assert {answer["Referrer-Policy"] for answer in answers} == {"same-origin"}

    def test_what_the_form_refuses_is_not_in_the_log_either(self, officer, client_of):
        with listening() as log:
            answer = client_of(officer).post(NEW, make.form(plate=f"{PLATE}%", facts=""))
        assert (answer.status_code, Query.objects.count()) == (422, 0)
        assert '"status": 422' in log()
        assert PLATE not in log()


@pytest.mark.django_db
@pytest.mark.clause("F.1")
class TestAddresses:
    """Somebody types a plate where none belongs: nothing says it again."""

    @pytest.mark.parametrize(
        ("who", "path", "status"),
        [
            ("officer", f"/searches/{PLATE}/", 404),
            ("officer", f"/{PLATE}", 404),
            ("officer", f"/searches/00000000-0000-0000-0000-000000000009/?plate={PLATE}", 404),
            ("officer", f"/searches/?sort={PLATE}", 400),
            ("auditor", f"{NEW}?plate={PLATE}", 403),
            ("officer", f"/cameras/new/?code={PLATE}", 403),
        ],
    )
    def test_an_error_page_does_not_echo_it(self, request, client_of, who, path, status):
        client = client_of(request.getfixturevalue(who))
        with listening() as log:
            answer = client.get(path, headers={"referer": f"http://testserver/?plate={PLATE}"})
        assert answer.status_code == status
        assert PLATE not in answer.content.decode() + headers_of(answer)
        assert f'"status": {status}' in log()
        assert PLATE not in log()

    def test_a_form_that_is_refused_does_not_take_it_from_the_address(self, officer, client_of):
        answer = client_of(officer).post(f"{NEW}?plate={PLATE}", make.form(plate="", facts=""))
        assert answer.status_code == 422
        assert PLATE not in answer.content.decode() + headers_of(answer)

    def test_the_way_to_sign_in_does_not_carry_it(self):
        with listening() as log:
            answer = Client().get(f"/searches/?plate={PLATE}")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/searches/")
        assert PLATE not in log()
