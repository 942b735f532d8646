"""J: a roster is loaded whole or not at all; each row in error says what is wrong, the same at the page and the command."""

from __future__ import annotations

import random
import re
import threading
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from tests import make
from training import courses, rosters
from training.completion_rules import expires_at
from training.models import Completion, Intake, IntakeApplied, Member

pytestmark = pytest.mark.clause("J")
PAGE = "/training/rosters/"
DAY = "2026-02-02"


def people(number: int) -> list[Member]:
    return Member.objects.bulk_create(
        Member(username=f"m{index}", name=f"Member {index}", badge=f"B{index}", unit="Patrol 1", password="!")
        for index in range(number)
    )


def row(badge: object = "B0", **values) -> str:
    said = {"course": "ALPR operator", "version": "1", "completed_on": DAY, "instructor": "Ines Tutor", "score": "90"}
    return ",".join(str(value) for value in [badge, *{**said, **values}.values()])


WRONG = {
    row(""): "Badge: enter the badge number or user name.",
    row("Z9"): "Badge: no member has this badge number or user name. Check it.",
    row("THORNE"): "Nobody enters a completion for themself. Ask a colleague of the Section.",
    row(course=""): "Course: enter its title.",
    row(course="ALPR"): "Course: no approved course has this title. Check the spelling.",
    row(course="Draft"): "Course: no approved course has this title. Check the spelling.",
    row(version=""): "Version: enter the version of the course.",
    row(version="9"): "Version: this course has no such approved version.",
    row(completed_on=""): "Completed on: enter the day, such as 2025-03-04.",
    row(completed_on="2/2/2026"): "Completed on: write the day as 2025-03-04.",
    row(completed_on="2026-02-30"): "Completed on: write the day as 2025-03-04.",
    row(completed_on="2199-01-01"): "Completed on: this day has not come yet. Enter the day it was completed.",
    row(completed_on="1926-02-02"): "Completed on: it lies before 1970. Check the year.",
    row(instructor=""): "Instructor: enter it.",
    row(instructor="12"): "Instructor: it needs at least one letter.",
    row(score="ninety"): "Score: give whole percent, 0 to 100, or leave it empty.",
    row(score="79"): (
        "Who scores under 80 percent did not complete this course. Correct the score, or have the course taken again."
    ),
}


@pytest.fixture
def stage(training_officer) -> list[Member]:
    """A course that is given, one that ended yesterday, a draft, and a few people."""
    make.course(title="Draft", approved=False)
    ended = make.course(title="Ended")
    courses.end_course(ended, by=training_officer, reason="Replaced")
    return people(5)


def judged(by: Member, *rows: str) -> rosters.Judged:
    text = make.roster(*rows).decode()
    return rosters.judge(rosters.intakes.numbered(text, columns=rosters.COLUMNS), by=by, now=timezone.now())


def send(client, *rows: str):
    return client.post(PAGE, {"file": SimpleUploadedFile("march.csv", make.roster(*rows))})


@pytest.fixture
def section(client_of, training_officer):
    return client_of(training_officer)


class TestOnThePage:
    def test_nothing_is_entered_before_every_row_was_seen(self, section, stage, training_officer):
        answer = send(section, row("B0"), row("m1", score=""), row("b2", course="alpr OPERATOR"))
        preview = section.get(answer.headers["Location"])
        assert preview.context["counts"] == {"rows": 3, "new": 3, "known": 0, "error": 0}
        assert "Member 1 (B1)" in preview.content.decode()
        assert not Completion.objects.filter(member__in=stage).exists()
        intake = Intake.objects.get()
        receipt = section.get(section.post(reverse("apply_roster", args=[intake.pk])).headers["Location"])
        applied = IntakeApplied.objects.get()
        assert applied.counts == {"rows": 3, "new": 3, "known": 0, "error": 0}
        assert str(applied.pk)[:8].upper() in receipt.content.decode()
        entered = Completion.objects.filter(intake=intake).order_by("member__badge")
        assert [one.member.badge for one in entered] == ["B0", "B1", "B2"]
        assert {(one.by, one.by_name, one.entered) for one in entered} == {(training_officer, "Tess Thorne", "roster")}
        assert [one.score for one in entered] == [90, None, 90]
        assert {one.expires_at for one in entered} == {expires_at(entered[0].completed_on, 365)}
        assert all(one.topics == make.TOPICS and one.at for one in entered)

    def test_one_row_in_error_and_nothing_is_loaded(self, section, stage):
        preview = section.get(send(section, row("B0"), row("Z9")).headers["Location"])
        page = preview.content.decode()
        assert "Nothing of this file is loaded" in page
        assert "Badge: no member has this badge number or user name." in page
        intake = Intake.objects.get()
        assert reverse("apply_roster", args=[intake.pk]) not in page
        assert section.post(reverse("apply_roster", args=[intake.pk])).status_code == 403
        assert not Completion.objects.filter(member__in=stage).exists()
        assert not IntakeApplied.objects.exists()

    def test_a_file_that_cannot_be_read_is_said(self, section, stage):
        for data, says in (
            (b"badge,course\n1,2\n", "The head line lacks version, completed_on, instructor, score."),
            (b"\xff", "The file is not UTF-8 text"),
            (b"", "The submitted file is empty."),
        ):
            answer = section.post(PAGE, {"file": SimpleUploadedFile("r.csv", data)})
            assert answer.status_code == 422
            assert says in answer.content.decode()
        assert section.post(PAGE).status_code == 422
        assert not Intake.objects.exists()

    def test_sent_or_loaded_twice_it_counts_once(self, section, stage):
        first, second = send(section, row("B0")), send(section, row("B0"))
        assert first.headers["Location"] == second.headers["Location"]
        load = reverse("apply_roster", args=[Intake.objects.get().pk])
        assert section.post(load).status_code == section.post(load).status_code == 302
        assert Completion.objects.filter(member__in=stage).count() == 1
        assert IntakeApplied.objects.count() == 1

    def test_what_is_on_record_already_is_counted_not_entered_again(self, section, stage, training_officer):
        make.completion(stage[0], completed_on=date(2026, 2, 2), days=1)
        make.withdrawn(make.completion(stage[1], completed_on=date(2026, 2, 2), days=1))
        preview = section.get(send(section, row("B0"), row("B1"), row("B2")).headers["Location"])
        assert preview.context["counts"] == {"rows": 3, "new": 2, "known": 1, "error": 0}
        assert "On record already" in preview.content.decode()
        section.post(reverse("apply_roster", args=[Intake.objects.get().pk]))
        assert Completion.objects.filter(member=stage[0]).count() == 1
        assert Completion.objects.filter(member=stage[1]).count() == 2

    def test_a_row_twice_is_an_error(self, training_officer, stage):
        lines = judged(training_officer, row("B0"), row("m0", score="95")).lines
        assert [line.messages for line in lines] == [[], ["This row says the same as line 2. Take one of them away."]]

    @pytest.mark.parametrize("wrong", WRONG)
    def test_each_error_in_words_at_its_row(self, wrong, training_officer, stage):
        lines = judged(training_officer, row("B1"), wrong).lines
        assert [(line.number, line.messages) for line in lines] == [(2, []), (3, [WRONG[wrong]])]

    def test_several_errors_of_one_row_are_all_said(self, training_officer, stage):
        line = judged(training_officer, row("", version="", completed_on="x", score="x")).lines[0]
        assert [error.field for error in line.errors] == ["badge", "course", "completed_on", "score"]

    def test_it_is_for_who_enters_completions(self, client_of, administrator, stage):
        assert send(client_of(administrator), row("B0")).status_code == 403


class TestFiveHundredRows:
    """A wrong roster of 500 rows loads nothing and says each error at its row."""

    @pytest.fixture
    def wrong(self, stage) -> list[str]:
        people_ = [row(f"C{index}") for index in range(400)]
        Member.objects.bulk_create(
            Member(username=f"c{index}", name=f"Cadet {index}", badge=f"C{index}", password="!") for index in range(400)
        )
        kinds = list(WRONG)
        rows = people_ + [kinds[index % len(kinds)] for index in range(100)]
        random.Random(7).shuffle(rows)
        return rows

    def test_nothing_is_loaded_and_every_error_is_said_at_its_row(self, section, wrong, training_officer):
        before = Completion.objects.count()
        page = send(section, *wrong).headers["Location"]
        preview = section.get(page)
        assert preview.context["counts"] == {"rows": 500, "new": 400, "known": 0, "error": 100}
        for number, (line, text) in enumerate(zip(preview.context["judged"].lines, wrong, strict=True), 2):
            assert (line.number, line.messages) == (number, [WRONG[text]] if text in WRONG else [])
        errors = section.get(page, {"show": "errors"})
        assert len(errors.context["page"].object_list) == 100
        assert {message for line in errors.context["page"] for message in line.messages} == set(WRONG.values())
        assert section.post(reverse("apply_roster", args=[Intake.objects.get().pk])).status_code == 403
        assert Completion.objects.count() == before

    def test_as_many_queries_as_for_five(self, training_officer, wrong):
        counted = []
        for rows in (wrong[:5], wrong):
            with CaptureQueriesContext(connection) as found:
                judged(training_officer, *rows)
            counted.append(len(found))
        assert counted[1] <= 5
        assert counted[0] <= counted[1]

    def test_a_right_one_is_loaded_with_few_queries(self, training_officer, wrong):
        right = [text for text in wrong if text not in WRONG]
        intake = rosters.receive("r.csv", make.roster(*right), by=training_officer)
        with CaptureQueriesContext(connection) as found:
            applied = rosters.load_roster(intake, by=training_officer, now=timezone.now())
        assert applied.counts["new"] == 400
        assert len(found) < 20


class TestTheCommand:
    def run(self, tmp_path, *rows: str, by: str = "thorne", capsys=None, **options) -> str:
        file = tmp_path / "march.csv"
        file.write_bytes(make.roster(*rows))
        call_command("import_roster", str(file), by=by, **options)
        return capsys.readouterr().out if capsys else ""

    def test_it_enters_and_says_so(self, tmp_path, capsys, stage):
        out = self.run(tmp_path, row("B0"), row("B1"), capsys=capsys)
        assert "2 rows: 2 new, 0 on record already." in out
        assert re.search(r"Entered 2, on record already 0\. Receipt [0-9A-F]{8}\.", out)
        again = self.run(tmp_path, row("B0"), row("B1"), capsys=capsys)
        assert re.search(r"Entered 2, on record already 0\. Receipt [0-9A-F]{8}\.", again)
        assert Completion.objects.filter(member__in=stage).count() == 2

    def test_a_dry_run_stores_nothing(self, tmp_path, capsys, stage):
        assert "1 rows: 1 new" in self.run(tmp_path, row("B0"), capsys=capsys, dry_run=True)
        assert not Intake.objects.exists()
        assert not Completion.objects.filter(member__in=stage).exists()

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_errors_are_said_in_the_words_of_the_page(self, tmp_path, capsys, section, stage, dry_run):
        rows = [row("B0"), row("Z9", score="x")]
        with pytest.raises(CommandError, match=r"1 of 2 rows are wrong\. Nothing was loaded\."):
            self.run(tmp_path, *rows, dry_run=dry_run)
        said = capsys.readouterr().err
        assert not Intake.objects.exists()
        page = section.get(send(section, *rows).headers["Location"])
        for message in page.context["judged"].lines[1].messages:
            assert f"line 3: {message}" in said
        assert not Completion.objects.filter(member__in=stage).exists()

    def test_a_file_that_cannot_be_read(self, tmp_path, stage):
        file = tmp_path / "march.csv"
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_roster", str(file), by="thorne")
        file.write_bytes(b"badge\n1\n")
        with pytest.raises(CommandError, match=r"file\.missing_column"):
            call_command("import_roster", str(file), by="thorne")

    def test_only_by_a_member_who_may(self, tmp_path, stage, officer, training_officer):
        with pytest.raises(CommandError, match="Your role does not include to enter completed training"):
            self.run(tmp_path, row("B0"), by="okoro")
        make.closed(training_officer)
        with pytest.raises(CommandError, match="No active member"):
            self.run(tmp_path, row("B0"))
        assert not Intake.objects.exists()

    def test_killed_at_the_last_line_it_leaves_nothing(self, tmp_path, stage, monkeypatch):
        def dies(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(rosters.intakes, "apply_once", dies)
        with pytest.raises(KeyboardInterrupt):
            self.run(tmp_path, row("B0"))
        assert not Intake.objects.exists()
        assert not Completion.objects.filter(member__in=stage).exists()


@pytest.mark.parametrize("files", [1, 4])
def test_of_four_at_once_each_row_is_entered_once(committed, training_officer, files):
    people(3)
    make.course()
    rows = [row("B0"), row("B1"), row("B2")]
    kept = [
        rosters.receive("r.csv", make.roster(*rows, *[""] * number), by=training_officer) for number in range(files)
    ]
    came: list[str] = []

    def load(intake):
        try:
            rosters.load_roster(Intake.objects.get(pk=intake.pk), by=training_officer, now=timezone.now())
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=load, args=[kept[number % files]]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["done"] * files + ["intake.applied"] * (4 - files)
    assert sorted(applied.counts["new"] for applied in IntakeApplied.objects.all()) == [0] * (files - 1) + [3]
    assert Completion.objects.filter(intake__in=kept).count() == 3


def test_a_row_of_a_day_after_the_course_ended(training_officer, stage):
    later = timezone.now() + timedelta(days=3)
    text = make.roster(row("B0", course="Ended", completed_on=f"{timezone.localdate(later)}")).decode()
    lines = rosters.judge(rosters.intakes.numbered(text, columns=rosters.COLUMNS), by=training_officer, now=later).lines
    assert lines[0].messages[0].startswith("The course was given until")


def test_the_reader_names_the_instructor():
    with pytest.raises(BadInput, match="Instructor: shorten it"):
        rosters.read_instructor("x" * 201)
