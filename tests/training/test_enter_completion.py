"""J: every completed training stands on record: entered by somebody else, of an approved course, with its evidence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput
from alpr_portal.records import broken_constraint
from tests import make
from tests.corpus import outcome
from training import completions, courses
from training.completion_rules import expires_at, read_day, read_score
from training.models import Completion, Member, StoredFile
from training.standing import standing

pytestmark = pytest.mark.usefixtures("db")
PAGE = "/training/completions/enter/"
TODAY = date(2026, 6, 15)


def day(back: int = 0) -> date:
    return timezone.localdate() - timedelta(days=back)


def typed(**values):
    said = {"badge": "URBAN", "course": str(make.course().pk), "completed_on": f"{day(2)}", "instructor": "Ines Tutor"}
    return {**said, "score": "90", **values}


def both_steps(client, **values):
    """The form, then the page on which it is checked; answers the last response."""
    answer = client.post(PAGE, typed(**values))
    if answer.status_code != 200:
        return answer
    return client.post(PAGE, {**dict(answer.context["form"].carried), "confirmed": "yes"})


@pytest.fixture
def section(client_of, training_officer):
    return client_of(training_officer)


class TestEnterCompletion:
    @pytest.mark.clause("J", "C.3.a")
    def test_it_is_checked_then_entered_and_counts_at_once(self, section, untrained_officer, training_officer):
        assert not standing(untrained_officer, timezone.now()).may_enter
        checked = section.post(PAGE, typed())
        assert "Uli Urban (URBAN), Patrol 3" in checked.content.decode()
        assert not Completion.objects.filter(member=untrained_officer).exists()
        receipt = section.get(both_steps(section).headers["Location"])
        record = Completion.objects.get(member=untrained_officer)
        assert (record.by, record.entered, record.score, record.instructor) == (
            training_officer,
            "singly",
            90,
            "Ines Tutor",
        )
        assert record.topics == make.TOPICS
        assert record.expires_at == expires_at(day(2), 365)
        assert str(record.pk)[:8].upper() in receipt.content.decode()
        assert standing(untrained_officer, timezone.now()).completions == [record.pk]

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"badge": ""}, "Badge: enter the badge number or user name."),
            ({"badge": "Z99"}, "Badge: no member has this badge number or user name."),
            ({"badge": "thorne"}, "Nobody enters a completion for themself."),
            ({"course": ""}, "Choose one."),
            ({"completed_on": ""}, "Day completed: enter the day"),
            ({"completed_on": "3/4/2026"}, "Day completed: write the day as 2025-03-04."),
            ({"completed_on": "2026-02-30"}, "Day completed: write the day as 2025-03-04."),
            ({"completed_on": f"{timezone.localdate() + timedelta(days=2)}"}, "this day has not come yet"),
            ({"instructor": ""}, "Instructor: enter it."),
            ({"score": "101"}, "Score: give whole percent"),
            ({"score": "79"}, "Who scores under 80 percent did not complete this course."),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, section, untrained_officer, values, says):
        answer = section.post(PAGE, typed(**values))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert says in page
        assert "<title>Error: " in page
        assert values.get("instructor", "Ines Tutor") in page
        assert not Completion.objects.filter(member=untrained_officer).exists()

    def test_a_draft_is_not_offered(self, section, untrained_officer):
        draft = make.course(title="Draft", approved=False)
        assert section.post(PAGE, typed(course=str(draft.pk))).status_code == 422

    def test_an_ended_course_until_the_day_it_ended(self, section, untrained_officer, training_officer):
        courses.end_course(make.course(), by=training_officer, reason="Replaced")
        assert both_steps(section).status_code == 302

    def test_two_members_with_one_badge_are_asked_apart(self, section, untrained_officer, officer):
        Member.objects.filter(pk=officer.pk).update(badge="urban")
        assert "several members have it" in section.post(PAGE, typed()).content.decode()
        Member.objects.filter(pk=officer.pk).update(badge="7")
        assert both_steps(section, badge="Urban").status_code == 302

    def test_the_same_twice_is_said(self, section, untrained_officer, training_officer):
        assert both_steps(section).status_code == 302
        assert "on record already" in section.post(PAGE, typed()).content.decode()
        carried = {**typed(), "confirmed": "yes"}
        assert section.post(PAGE, carried).status_code == 422
        with pytest.raises(BadInput, match="on record already"):
            completions.enter_completion(
                by=training_officer,
                member=untrained_officer,
                course=completions.approved_courses().get(),
                completed_on=day(2),
                instructor="X",
                score=None,
                evidence=None,
                now=timezone.now(),
            )
        assert Completion.objects.filter(member=untrained_officer).count() == 1

    def test_change_leads_back_to_the_form_with_what_was_typed(self, section, untrained_officer):
        checked = section.post(PAGE, typed(evidence=SimpleUploadedFile("c.png", make.jpeg())))
        back = section.post(PAGE, {**dict(checked.context["form"].carried), "change": "yes"})
        page = back.content.decode()
        assert 'value="Ines Tutor"' in page
        assert "Kept from before: c.png.jpg" in page

    def test_one_comes_from_the_members_page_without_a_badge_in_the_address(self, section, untrained_officer):
        assert 'value="URBAN"' in section.get(PAGE, {"member": str(untrained_officer.pk)}).content.decode()
        assert section.get(PAGE, {"member": "x"}).status_code == 200


class TestEvidence:
    @pytest.mark.clause("J")
    def test_the_paper_is_kept_with_the_completion(self, section, client_of, untrained_officer, supervisor, officer):
        assert both_steps(section, evidence=SimpleUploadedFile("sheet.jpg", make.jpeg())).status_code == 302
        record = Completion.objects.get(member=untrained_officer)
        page = reverse("view_evidence", args=[record.pk])
        for member in (untrained_officer, supervisor):
            answer = client_of(member).get(page)
            assert answer["Content-Disposition"] == 'attachment; filename="sheet.jpg"'
        assert client_of(officer).get(page).status_code == 404
        assert StoredFile.objects.count() == 1

    def test_a_paper_that_acts_is_refused(self, section, untrained_officer):
        bad = SimpleUploadedFile("a.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(x)>>>>endobj\n%%EOF\n")
        answer = section.post(PAGE, typed(evidence=bad))
        assert answer.status_code == 422
        assert "holds a script" in answer.content.decode()
        assert not StoredFile.objects.exists()

    def test_nobody_takes_a_file_that_another_sent(self, section, untrained_officer, administrator):
        other = make.stored_file(administrator)
        answer = section.post(PAGE, {**typed(), "kept": str(other.pk), "confirmed": "yes"})
        assert answer.status_code == 302
        assert Completion.objects.get(member=untrained_officer).evidence is None

    def test_without_evidence_there_is_no_page(self, section, officer):
        assert section.get(reverse("view_evidence", args=[officer.completions.get().pk])).status_code == 404


class TestTheDatabaseGuards:
    def no(self, constraint: str, **values) -> None:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Completion.objects.write(**values)
        assert broken_constraint(refused.value) == constraint

    def test_whoever_inserts(self, untrained_officer, training_officer):
        course = make.course(title="Half", topics=make.TOPICS[:4], valid_days=100)
        said = {
            "by": training_officer,
            "member": untrained_officer,
            "course": course,
            "completed_on": day(),
            "topics": make.TOPICS[:4],
            "expires_at": expires_at(day(), 100),
        }
        self.no("completion_as_course_says", **{**said, "topics": make.TOPICS})
        self.no("completion_as_course_says", **{**said, "expires_at": said["expires_at"] + timedelta(seconds=1)})
        self.no("completion_as_course_says", **{**said, "completed_on": day(-2)})
        self.no("completion_of_approved_course", **{**said, "course": make.course(title="Draft", approved=False)})
        self.no("completion_entered_by_someone_else", **{**said, "by": untrained_officer})
        self.no("completion_by_a_member", **{**said, "by": None})
        self.no("completion_score_percent", **{**said, "score": 101})
        assert Completion.objects.write(**said).pk


class TestWhoSeesWhat:
    def test_a_supervisor_sees_their_own_people(self, client_of, supervisor, officer, other_supervisor):
        mine = {each.member.username for each in self.listed(client_of(supervisor))}
        assert mine == {"okoro", "silva"}
        assert {each.member.username for each in self.listed(client_of(other_supervisor))} == {"tanaka"}
        record = officer.completions.get()
        page = reverse("view_completion", args=[record.pk])
        assert client_of(supervisor).get(page).status_code == 200
        assert client_of(other_supervisor).get(page).status_code == 404
        make.under(officer, other_supervisor)
        assert client_of(other_supervisor).get(page).status_code == 200

    def test_whoever_is_shut_out_sees_only_their_own(self, client_of, supervisor, officer):
        page = reverse("view_completion", args=[officer.completions.get().pk])
        client = client_of(supervisor)
        assert client.get(page).status_code == 200
        make.withdrawn(supervisor.completions.get())
        assert client.get(page).status_code == 404
        assert client.get(reverse("view_completion", args=[supervisor.completions.get().pk])).status_code == 200

    def test_one_sees_ones_own(self, client_of, officer, other_officer):
        page = reverse("view_completion", args=[officer.completions.get().pk])
        assert client_of(officer).get(page).status_code == 200
        assert client_of(other_officer).get(page).status_code == 404

    def test_filters_and_empty_texts(self, section, officer, other_supervisor):
        make.completion(officer, days=-40, completed_on=day(400))
        assert len(self.listed(section, unit="Robbery")) == 1
        assert len(self.listed(section, state="ran_out")) == 1
        assert len(self.listed(section, state="withdrawn")) == 0
        assert len(self.listed(section, entered="exam")) == 0
        assert len(self.listed(section, until=f"{day(300)}")) == 1
        assert "none fits these filters" in section.get("/training/completions/?entered=exam").content.decode()
        assert "A filter cannot be read" in section.get("/training/completions/?since=x").content.decode()
        assert section.get("/training/completions/?sort=password").status_code == 400

    def listed(self, client, **filters):
        return list(client.get(reverse("list_completions"), filters).context["table"].data)

    def test_as_many_queries_for_many_as_for_few(self, section, officer):
        section.get(reverse("list_completions"))
        counted = []
        for number in (1, 20):
            for back in range(number):
                make.completion(officer, completed_on=day(back))
            with CaptureQueriesContext(connection) as found:
                section.get(reverse("list_completions"))
            counted.append(len(found))
        assert counted[1] < counted[0] + 5  # what the frame asks for comes from a cache or not


class TestReaders:
    @pytest.mark.parametrize(
        ("value", "told"),
        [
            ("2026-03-04", ("take", date(2026, 3, 4))),
            (" 2026-06-15 ", ("take", TODAY)),
            ("", ("reject", "day.missing")),
            (None, ("reject", "day.missing")),
            ("2026-06-16", ("reject", "time.future")),
            ("1969-12-31", ("reject", "time.too_old")),
            ("2026-2-3", ("reject", "time.format")),
            ("20260203", ("reject", "time.format")),
            ("2026-W10-1", ("reject", "time.format")),
            ("٢٠٢٦-٠٣-٠٤", ("reject", "time.format")),
        ],
    )
    def test_days(self, value, told):
        assert outcome(read_day, value, field="completed_on", today=TODAY) == told

    @pytest.mark.parametrize(
        ("value", "told"),
        [("", None), (None, None), ("0", 0), (" 88 % ", 88), (100, 100), ("088", 88)],
    )
    def test_scores(self, value, told):
        assert read_score(value) == told

    @pytest.mark.parametrize("value", ["101", "-1", "8.5", "8,5", "good", "1e1", "٨", "9999"])
    def test_no_scores(self, value):
        assert outcome(read_score, value) == ("reject", "score.format")
