"""Figures of hits, stops and entries: counted from records, honest about small numbers, without any plate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hotlists import figure_charts, figure_rules, figures
from hotlists.models import Incident
from tests import cast, make
from tests.corpus import table
from tests.counting import statements

from .stopped import keep

pytestmark = pytest.mark.clause("C.2.A", "C.2.A.2")
URL = "/hits/figures/"


def of_today():
    today = timezone.localdate()
    return figures.Period(today - timedelta(days=1), today)


@pytest.mark.parametrize(("part", "whole", "low", "high", "why"), table("intervals.csv"))
def test_the_interval_of_a_share(part, whole, low, high, why):
    assert figure_rules.wilson(int(part), int(whole)) == ((float(low), float(high)) if low else None)


def test_a_part_is_within_its_whole():
    with pytest.raises(ValueError, match="within its whole"):
        figure_rules.wilson(2, 1)
    assert figure_rules.share(1, 0) is None
    assert [figure_rules.too_few(n) for n in (4, 5)] == [True, False]


def test_a_chart_escapes_what_it_shows():
    svg = figure_charts.intervals(
        id="c", title="<b>", says="&", rows=[figure_charts.Interval('"><script>', 10.0, 1.8, 40.4)]
    )
    assert "<script" not in svg
    assert "&lt;b&gt;" in svg


@pytest.mark.usefixtures("committed")
class TestCounted:
    def hit(self, plate, camera="cam-1", **closing):
        """A hit, closed where it is said how."""
        cam = make.camera(camera)
        make.read(plate, camera=cam)
        incident = Incident.objects.latest("at")
        if closing:
            make.verification(incident, cast.CAST["officer"](), **closing)
        return incident

    def test_hits_and_their_ends(self):
        make.listed("1AAA111", "2BBB222", "3CCC333", "4DDD444")
        self.hit("1AAA111", outcome="misread")
        self.hit("2BBB222", outcome="wrong_state")
        stopped = self.hit("3CCC333")
        keep(cast.CAST["officer"](), incident=stopped, people={"stopped": 3})
        self.hit("4DDD444")
        make.read("4DDD444", state="NV")  # a candidate
        found = figures.hit_figures(of_today(), now=timezone.now())
        row = {"label": "SVS", "alerts": 4, "candidates": 1, "stale": 0}
        assert found["hits"]["lists"] == [row]
        assert found["hits"]["areas"][0]["alerts"] == 4
        assert found["hits"]["cameras"] == [{**row, "label": "cam-1"}]
        ends = found["endings"]
        assert (ends["n"], ends["closed"], ends["open"]) == (4, 3, 1)
        assert (ends["misread"], ends["wrong_state"]) == (33.3, 33.3)
        assert dict(ends["outcomes"])["Vehicle stopped"] == 1
        assert dict(found["stops"]["people"])["People stopped"] == 3
        assert dict(found["stops"]["levels"]) == {"Full": 0, "Partial": 0, "None": 1}

    def test_a_stale_list_is_counted(self):
        make.listed("1AAA111", at=timezone.now() - timedelta(hours=30))
        self.hit("1AAA111")
        found = figures.hit_figures(of_today(), now=timezone.now())
        assert (found["hits"]["total"]["stale"], found["stale_share"]) == (1, 100.0)

    def test_a_few_say_nothing(self):
        plates = [f"{n}AAA111" for n in range(6)]
        make.listed(*plates)
        for plate in plates[:4]:
            self.hit(plate, outcome="misread")
        rows = figures.endings(of_today())["cameras"]
        assert [(row["label"], row["closed"], row["few"]) for row in rows] == [("cam-1", 4, True)]
        self.hit(plates[4], outcome="not_located")
        rows = figures.endings(of_today())["cameras"]
        assert [(row["few"], row["percent"], row["low"]) for row in rows] == [(False, 80.0, 37.6)]

    def test_what_lay_for_a_day(self):
        make.listed("1AAA111", "2BBB222")
        self.hit("1AAA111", outcome="misread")
        self.hit("2BBB222")
        now = timezone.now()
        found = figures.work(of_today(), now)
        assert (found["due"], found["late"], found["verified"]) == (0, 0, 1)
        assert 0 <= found["median"] < 60
        tomorrow = figures.work(of_today(), now + timedelta(hours=25))
        assert (tomorrow["due"], tomorrow["late"], tomorrow["late_share"]) == (2, 1, 50.0)

    @pytest.mark.clause("C.2.B.2")
    def test_entries(self):
        officer = cast.CAST["officer"]()
        soon = timezone.now() + timedelta(minutes=1)
        make.active(officer, "1AAA111", expires_at=soon)
        make.active(officer, "2BBB222", expires_at=soon)
        make.active(officer, "3CCC333")
        make.entry(officer, "4DDD444")
        self.hit("1AAA111")
        found = figures.entries(of_today(), soon + timedelta(minutes=1))
        said = {row["label"]: (row["new"], row["approved"], row["waiting"]) for row in found["purposes"]}
        assert said["Burglary"] == (4, 3, 1)
        assert said["Grand theft"] == (0, 0, 0)
        assert found["decided"] == 3
        assert found["median"] >= 0
        assert (found["expired"], found["unused"]) == (2, 1)

    def test_the_page_shows_no_plate_and_asks_no_more_for_many(self, client_of):
        plates = [f"{n}AAA111" for n in range(8)]
        make.listed(*plates)
        self.hit(plates[0], outcome="misread")
        client = client_of(cast.CAST["auditor"]())
        client.get(URL)
        few = statements(client.get, URL)
        for number, plate in enumerate(plates[1:]):
            self.hit(plate, camera=f"cam-{number % 3}", outcome="misread")
        assert statements(client.get, URL) == few
        page = client.get(URL).content.decode()
        assert "95 % score interval of Wilson (1927)" in page
        assert "too few" in page
        assert "AAA111" not in page
        assert "Okoro" not in page.split("<main", 1)[1]


@pytest.mark.django_db
class TestPeriod:
    def test_days_are_oaklands(self):
        period = of_today()
        assert timezone.localtime(period.start).hour == 0 == timezone.localtime(period.end).hour

    def test_outside_nothing_is_counted(self, client_of, officer, chief):
        keep(officer)
        client = client_of(chief)
        assert client.get(URL).context["stops"]["n"] == 1
        assert client.get(f"{URL}?since=2020-01-01&until=2020-02-01").context["stops"]["n"] == 0

    @pytest.mark.parametrize(
        "query", ["since=soon", "since=2026-02-02&until=2026-01-01", "since=2020-01-01&until=2026-01-01"]
    )
    def test_what_cannot_be_read_is_said(self, client_of, chief, query):
        answer = client_of(chief).get(f"{URL}?{query}")
        assert answer.status_code == 200
        assert "There is a problem" in answer.content.decode()

    def test_an_officer_has_no_figures(self, client_of, officer):
        assert client_of(officer).get(URL).status_code == 403
