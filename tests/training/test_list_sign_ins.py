"""K.login: the log of every door, and of what the portal refused."""

from __future__ import annotations

import pytest

from tests.doors import WRONG, Passkey, add_passkey, kinds, password, sign_in
from training.models import RefusalRecord, SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login")]
LOG, REFUSALS = "/accounts/sign-ins/", "/accounts/refusals/"


@pytest.fixture
def log(auditor, client_of):
    client = client_of(auditor)

    def read(query="", address=LOG):
        return client.get(f"{address}?{query}")

    return read


def rows(answer):
    return [record.record for record in answer.context["table"].rows]


class TestListSignIns:
    def test_every_kind_of_event_stands_in_it(self, officer, log):
        password("okoro", WRONG)
        client, _ = sign_in("okoro")
        add_passkey(client, Passkey())
        client.post("/accounts/logout/")
        said = log("size=100").content.decode()
        for words in ("Password failed", "Signed in", "Second factor added", "Signed out"):
            assert words in said

    def test_it_is_filtered_by_kind_member_and_day(self, officer, supervisor, log):
        password("okoro", WRONG)
        password("silva", WRONG)
        assert {record.kind for record in rows(log("kind=failed"))} == {"failed"}
        assert {record.by for record in rows(log(f"member={officer.pk}"))} == {officer}
        assert rows(log("until=2020-01-01")) == []
        assert "none fits these filters" in log("until=2020-01-01").content.decode()

    @pytest.mark.parametrize(
        "query", ["kind=nothing", "member=x", "since=yesterday", "member=%00", "until=99999-01-01"]
    )
    def test_a_filter_that_cannot_be_read_shows_nothing(self, log, query):
        answer = log(query)
        assert answer.status_code == 200
        assert "A filter cannot be read" in answer.content.decode()

    def test_newest_first_or_sorted_by_a_named_column(self, officer, log):
        password("okoro", WRONG, REMOTE_ADDR="192.0.2.9")
        password("okoro", WRONG, REMOTE_ADDR="192.0.2.1")
        ats = [record.at for record in rows(log())]
        assert ats == sorted(ats, reverse=True)
        assert rows(log("sort=address&kind=failed"))[0].address == "192.0.2.1"
        assert log("sort=password").status_code == 400

    def test_pages_of_twenty_five_fifty_or_a_hundred(self, officer, log):
        for _ in range(60):
            SignIn.objects.write(by=officer, kind="out")
        assert "1–25 of 61" in log().content.decode()
        assert "1–50 of 61" in log("size=50").content.decode()
        assert "1–61 of 61" in log("size=100").content.decode()
        assert "1–25 of 61" in log("size=100000").content.decode()
        assert "51–61 of 61" in log("size=50&page=99").content.decode()
        assert 'href="?size=100"' in log("size=50&page=2").content.decode()

    def test_a_constant_number_of_queries(self, officer, log, django_assert_max_num_queries):
        for _ in range(5):
            SignIn.objects.write(by=officer, kind="out")
        log("size=100")
        with django_assert_max_num_queries(30) as few:
            log("size=100")
        for _ in range(60):
            SignIn.objects.write(by=officer, kind="out")
        with django_assert_max_num_queries(len(few.captured_queries)):
            log("size=100")

    def test_the_name_is_the_one_of_then(self, officer, log):
        password("okoro", WRONG)
        officer.name = "Ola Newname"
        officer.save()
        assert "Ola Okoro" in log("kind=failed").content.decode().split("<tbody")[1]

    def test_no_record_of_it_can_be_changed(self, officer):
        password("okoro", WRONG)
        with pytest.raises(Exception, match="permission denied"):
            SignIn.objects.update(kind="in")


class TestListRefusals:
    def test_who_was_refused_what_and_by_which_clause(self, officer, client_of, log):
        client_of(officer).get("/health/")
        record = RefusalRecord.objects.get()
        assert record.by == officer
        said = log(address=REFUSALS).content.decode()
        assert "training.view_health" in said
        assert record.clause in said
        assert rows(log(f"member={officer.pk}", REFUSALS)) == [record]

    def test_reading_them_is_refused_to_others_and_that_is_one_more(self, officer, client_of):
        assert client_of(officer).get(REFUSALS).status_code == 403
        assert RefusalRecord.objects.get().act == "training.view_sign_ins"
        assert kinds() == ["in"]
