"""The training report counts members from the records: by state, by unit, and over the year."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import cast, make
from tests.counting import statements
from training import charts, jobs, reports
from training.models import CompletionWithdrawn, RoleEnd, RoleGrant

OAKLAND = ZoneInfo("America/Los_Angeles")
pytestmark = pytest.mark.django_db


def trainee(name, days=None, **values):
    """An officer whose training counts for ``days`` more days (None: never trained)."""
    member = cast.member(name, name.title(), "officer", trained=False, **{"unit": "Patrol 3", **values})
    if days is not None:
        make.completion(member, days=days, completed_on=timezone.localdate() - timedelta(days=60))
    return member


@pytest.fixture
def everybody(training_officer):
    """One of each state in Patrol 3, one current in Robbery, one closed, one whose role opens no data."""
    trainee("current", 300), trainee("lapsing", 20), trainee("lapsed", -3), trainee("never")
    trainee("robber", 300, unit="Robbery")
    make.closed(trainee("gone", 300))
    return training_officer


@pytest.mark.clause("J", "C.3.a", "L.4")
class TestStates:
    def test_each_member_with_access_is_counted_once(self, everybody):
        found = reports.figures(everybody, timezone.now())
        assert found == {"all": 5, "current": 2, "lapsing": 1, "lapsed": 1, "never": 1, "undesignated": 0}

    def test_by_unit(self, everybody):
        patrol, robbery = reports.by_unit(everybody, timezone.now())
        assert (patrol["label"], patrol["all"], patrol["never"]) == ("Patrol 3", 4, 1)
        assert (robbery["label"], robbery["all"], robbery["current"]) == ("Robbery", 1, 1)

    def test_never_trained_but_active_is_red_on_the_page(self, everybody, client_of):
        shown = client_of(everybody).get(reverse("view_training_report")).content.decode()
        assert "1 active member with access was never trained" in shown

    def test_a_supervisor_sees_their_people_and_their_unit_only(self, everybody, supervisor, client_of):
        trainee("reporter", 300, unit="Robbery", supervisor=supervisor)
        assert reports.figures(supervisor, timezone.now())["all"] == 6  # Patrol 3, the reporter, and themself
        shown = client_of(supervisor).get(reverse("list_training")).content.decode()
        assert "Reporter" in shown
        assert "Robber (" not in shown

    @pytest.mark.parametrize(
        ("state", "name"), [("lapsing", "Lapsing ("), ("lapsed", "Lapsed ("), ("never", "Never (")]
    )
    def test_the_list_by_state(self, everybody, client_of, state, name):
        shown = client_of(everybody).get(reverse("list_training") + f"?state={state}").content.decode()
        assert name in shown
        assert shown.count("data-label") == 6

    def test_three_empty_texts(self, training_officer, client_of):
        client, url = client_of(training_officer), reverse("list_training")
        assert "Nobody with access" in client.get(url).content.decode()
        assert "none fits" in client.get(f"{url}?state=never").content.decode()
        assert client_of(cast.CAST["officer"]()).get(url).status_code == 403


class TestTheYear:
    """Shares on a first of a month, from records of that time."""

    NOW = datetime(2026, 6, 15, 12, tzinfo=OAKLAND)

    def granted(self, member, on):
        return make.backdated(
            RoleGrant, at=datetime.combine(on, datetime.min.time(), OAKLAND), member=member, role="officer"
        )

    def person(self, name, unit="Patrol 3"):
        return cast.member(name, name.title(), trained=False, unit=unit)

    def shares(self, by):
        found = reports.compliance(by, self.NOW)
        return {day: (share.trained, share.members) for day, share in zip(found.days, found.whole, strict=True)}

    def test_thirteen_days_the_last_one_today(self, training_officer):
        days = reports.compliance(training_officer, self.NOW).days
        assert (days[0], days[-2], days[-1], len(days)) == (date(2025, 7, 1), date(2026, 6, 1), date(2026, 6, 15), 13)
        assert len(reports.firsts(datetime(2026, 6, 1, 9, tzinfo=OAKLAND))) == 12

    @pytest.mark.clause("J")
    def test_a_member_counts_from_the_grant_and_as_trained_from_the_course_to_its_lapse(self, training_officer):
        member = self.person("year")
        self.granted(member, date(2025, 9, 20))
        make.completion(member, completed_on=date(2025, 11, 1), expires_at=datetime(2026, 4, 1, tzinfo=OAKLAND))
        found = self.shares(training_officer)
        assert [found[date(2025, 9, 1)], found[date(2025, 10, 1)]] == [(0, 0), (0, 1)]
        assert found[date(2025, 11, 1)] == (0, 1)  # completed in the course of that day
        assert [found[date(2025, 12, 1)], found[date(2026, 3, 1)]] == [(1, 1), (1, 1)]
        assert [found[date(2026, 4, 1)], found[date(2026, 6, 15)]] == [(0, 1), (0, 1)]

    def test_topics_of_several_courses_add_up(self, training_officer):
        member = self.person("parts")
        self.granted(member, date(2026, 1, 2))
        half = {"completed_on": date(2026, 1, 3), "expires_at": datetime(2026, 12, 1, tzinfo=OAKLAND)}
        make.completion(member, topics=make.TOPICS[:5], **half)
        assert self.shares(training_officer)[date(2026, 2, 1)] == (0, 1)
        make.completion(member, topics=make.TOPICS[4:], **half)
        assert self.shares(training_officer)[date(2026, 2, 1)] == (1, 1)

    def test_a_withdrawn_completion_counts_on_no_day(self, training_officer, chief):
        member = self.person("wrong")
        self.granted(member, date(2026, 1, 2))
        completion = make.completion(
            member, completed_on=date(2026, 1, 3), expires_at=datetime(2026, 12, 1, tzinfo=OAKLAND)
        )
        CompletionWithdrawn.objects.write(by=chief, completion=completion, entered_by=None, reason="Another member")
        assert self.shares(training_officer)[date(2026, 2, 1)] == (0, 1)

    def test_an_ended_role_counts_until_its_end(self, training_officer):
        member = self.person("ended")
        grant = self.granted(member, date(2026, 1, 2))
        make.backdated(RoleEnd, at=datetime(2026, 3, 5, tzinfo=OAKLAND), grant=grant, reason="Moved")
        found = self.shares(training_officer)
        assert [found[date(2026, month, 1)] for month in (1, 2, 3, 4)] == [(0, 0), (0, 1), (0, 1), (0, 0)]

    def test_a_closed_account_counts_until_it_closed(self, training_officer):
        from training.models import AccountClosed

        member = self.person("left")
        self.granted(member, date(2026, 1, 2))
        make.backdated(AccountClosed, at=datetime(2026, 3, 5, tzinfo=OAKLAND), member=member, because="left")
        found = self.shares(training_officer)
        assert [found[date(2026, month, 1)] for month in (2, 3, 4)] == [(0, 1), (0, 1), (0, 0)]

    def test_a_role_granted_twice_counts_once(self, training_officer):
        member = self.person("twice")
        self.granted(member, date(2026, 1, 2))
        self.granted(member, date(2026, 1, 5))
        assert self.shares(training_officer)[date(2026, 2, 1)] == (0, 1)

    def test_percent_is_all_only_for_all(self):
        assert [reports.Share(200, n).percent for n in (0, 199, 200)] == [0, 99, 100]
        assert reports.Share().percent is None


class TestCost:
    def queries(self, client, url):
        return statements(client.get, url)

    @pytest.mark.parametrize("page", ["view_training_report", "list_training"])
    def test_many_members_cost_as_many_queries_as_few(self, everybody, client_of, page):
        client = client_of(everybody)
        self.queries(client, reverse(page))
        few = self.queries(client, reverse(page))
        for number in range(8):
            trainee(f"more{number}", number, unit=f"Unit {number}")
        assert self.queries(client, reverse(page)) == few


class TestFiles:
    @pytest.fixture
    def ask(self, everybody, client_of, monkeypatch):
        monkeypatch.setattr(jobs, "hurry", lambda pk: None)

        def ask(format, **values):
            answer = client_of(everybody).post(reverse("export_training", args=[format]), values)
            assert answer["Location"] == reverse("list_jobs")
            job = jobs.mine(everybody).first()
            return jobs.run(job.pk, timezone.now())

        return ask

    @pytest.mark.clause("F.1")
    def test_csv_is_what_the_filters_let_through(self, ask):
        done = ask("csv", state="never", unit="Patrol 3")
        head, row = bytes(done.content).decode("utf-8-sig").splitlines()
        assert head.startswith('"name","badge","unit"')
        assert row.startswith('"Never","NEVER","Patrol 3"')
        assert done.rows == 1

    def test_a_filter_that_is_none_is_left_out(self, ask):
        assert ask("csv", state="' OR 1=1").rows == 5

    def test_a_workbook_holds_members_compliance_and_how_it_was_counted(self, ask):
        with zipfile.ZipFile(io.BytesIO(bytes(ask("xlsx").content))) as book:
            text = book.read("xl/workbook.xml").decode()
        assert all(name in text for name in ("Members with access", "Compliance by unit", "About"))

    def test_another_format_is_404(self, everybody, client_of):
        assert client_of(everybody).post(reverse("export_training", args=["exe"])).status_code == 404


class TestCharts:
    def drawn(self, **values):
        said = {"id": "c", "title": "T", "says": "S", "labels": ["a", "b", "c"], **values}
        return charts.lines(**said)

    def test_text_is_escaped_and_nothing_is_styled_inline(self):
        svg = self.drawn(title="<script>", drawn=[charts.Line("x", [1, None, 100])])
        assert "<script>" not in svg
        assert "style=" not in svg
        assert 'role="img"' in svg

    def test_a_missing_value_is_a_gap(self):
        svg = self.drawn(drawn=[charts.Line("x", [0, None, 100])])
        assert svg.count("<circle") == 2
        assert "L" not in svg.split("<path")[1].split("/>")[0]

    def test_a_line_has_a_value_for_each_label(self):
        with pytest.raises(ValueError):
            self.drawn(drawn=[charts.Line("x", [1])])
