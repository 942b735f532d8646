"""J: an exam is drawn by chance, answered once by who began it, marked twice, and completes the course when passed."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import Refused
from alpr_portal.records import broken_constraint
from tests import cast, make
from training import courses, exam_rules, exams
from training.completion_rules import expires_at
from training.models import Attempt, AttemptAnswered, Completion, Course, Question, RefusalRecord
from training.standing import standing

# --- drawing and marking, as plain values -------------------------------------------------------------------------

question = st.builds(
    lambda text, choices, right: exam_rules.BankQuestion("law", text, tuple(choices), right % len(choices)),
    st.text(min_size=1, max_size=20),
    st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=6, unique=True),
    st.integers(0, 5),
)


class TestDraw:
    @given(st.lists(question, min_size=3, max_size=8), st.integers(1, 3), st.integers())
    def test_every_topic_gets_its_number_and_the_right_choice_stays_right(self, bank, per_topic, seed):
        asked, right = exam_rules.draw(
            {"law": bank, "policy": bank}, topics=["law", "policy"], per_topic=per_topic, chance=random.Random(seed)
        )
        assert [one["topic"] for one in asked] == ["law"] * per_topic + ["policy"] * per_topic
        for one, index in zip(asked, right, strict=True):
            source = [
                known for known in bank if known.text == one["text"] and sorted(known.choices) == sorted(one["choices"])
            ]
            assert one["choices"][index] in {known.choices[known.right] for known in source}

    def test_none_twice_and_not_always_the_same(self):
        bank = {"law": [exam_rules.BankQuestion("law", str(n), ("a", "b"), 0) for n in range(20)]}
        drawn = set()
        for seed in range(10):
            asked, _ = exam_rules.draw(bank, topics=["law"], per_topic=5, chance=random.Random(seed))
            texts = [one["text"] for one in asked]
            assert len(set(texts)) == 5
            drawn.add(tuple(texts))
        assert len(drawn) == 10

    def test_too_few_are_no_exam(self):
        with pytest.raises(ValueError):
            exam_rules.draw({}, topics=["law"], per_topic=1, chance=random.Random(1))


class TestMark:
    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(-1, 5)), max_size=40),
        st.integers(1, 100),
    )
    def test_percent_rounded_down_and_wrong_topics_counted(self, rows, pass_mark):
        topics, right, answers = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
        mark = exam_rules.mark(topics=topics, right=right, answers=answers, pass_mark=pass_mark)
        hits = sum(row[1] == row[2] for row in rows)
        assert sum(mark.wrong.values()) == len(rows) - hits
        assert mark.score * max(len(rows), 1) <= 100 * hits < (mark.score + 1) * max(len(rows), 1)
        assert mark.passed == (bool(rows) and mark.score >= pass_mark)

    def test_each_answer_belongs_to_a_question(self):
        with pytest.raises(ValueError):
            exam_rules.mark(topics=["a"], right=[1], answers=[1, 1], pass_mark=50)


def test_a_completion_counts_to_the_end_of_its_last_day_on_oaklands_clock():
    assert expires_at(datetime(2026, 1, 5).date(), 1) == datetime(2026, 1, 7, 8, tzinfo=UTC)
    assert expires_at(datetime(2026, 3, 7).date(), 1) == datetime(2026, 3, 9, 7, tzinfo=UTC)  # clocks jumped that day


# --- the exam in the portal ------------------------------------------------------------------------------------------


@pytest.fixture
def course(db) -> Course:
    return make.exam_course()


@pytest.fixture
def client(client_of, untrained_officer):
    return client_of(untrained_officer)


def begin(client, course: Course) -> Attempt:
    answer = client.post(reverse("start_exam", args=[course.pk]))
    attempt = Attempt.objects.order_by("-at").first()
    assert attempt is not None
    assert answer.headers["Location"] == reverse("take_exam", args=[attempt.pk])
    return attempt


def answers(attempt: Attempt, wrong: int = 0) -> dict[str, str]:
    chosen = [(right + 1) % 4 if number < wrong else right for number, right in enumerate(attempt.right)]
    return {f"q{number}": str(index) for number, index in enumerate(chosen, 1)}


def send(client, attempt: Attempt, wrong: int = 0):
    return client.post(reverse("take_exam", args=[attempt.pk]), answers(attempt, wrong))


def the_form(answer) -> str:
    """What stands between the form's tags."""
    return answer.content.decode().split('<form class="guide exam"')[1].split("</form>")[0]


class TestTakeExam:
    @pytest.mark.clause("C.3.a", "J")
    def test_a_member_shut_out_takes_it_and_is_let_in(self, client, course, untrained_officer):
        search = reverse("run_query")
        assert client.get(search).status_code == 403
        assert client.get(reverse("start_exam", args=[course.pk])).status_code == 200
        attempt = begin(client, course)
        assert client.get(reverse("take_exam", args=[attempt.pk])).status_code == 200
        assert client.get(search).status_code == 403
        result = client.get(send(client, attempt).headers["Location"])
        assert "Passed with 100 percent" in result.content.decode()
        completion = Completion.objects.get(member=untrained_officer)
        today = timezone.localdate()
        assert (completion.by, completion.attempt, completion.entered) == (untrained_officer, attempt, "exam")
        assert (completion.completed_on, completion.score) == (today, 100)
        assert completion.topics == course.topics
        assert completion.expires_at == expires_at(today, course.valid_days)
        assert client.get(search).status_code == 200

    def test_the_page_shows_questions_and_never_what_is_right(self, client, course):
        attempt = begin(client, course)
        page = the_form(client.get(reverse("take_exam", args=[attempt.pk])))
        assert (page.count("<legend"), page.count('type="radio"')) == (8, 32)
        assert "right" not in page
        assert "checked" not in page

    def test_too_many_wrong_completes_nothing(self, client, course, untrained_officer):
        attempt = begin(client, course)
        result = client.get(send(client, attempt, wrong=2).headers["Location"])
        page = result.content.decode()
        assert "Not passed: 75 percent" in page
        assert "You have 2 more tries today" in page
        assert "Applicable federal and state law: 1 answer wrong" in page
        assert not Completion.objects.filter(member=untrained_officer).exists()
        assert client.get(reverse("run_query")).status_code == 403

    def test_one_wrong_of_eight_passes_at_eighty(self, client, course):
        attempt = begin(client, course)
        send(client, attempt, wrong=1)
        record = AttemptAnswered.objects.get()
        assert (record.score, record.passed) == (87, True)

    def test_unanswered_questions_are_named_and_the_others_kept(self, client, course):
        attempt = begin(client, course)
        given = answers(attempt)
        del given["q3"]
        answer = client.post(reverse("take_exam", args=[attempt.pk]), given)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'href="#id_q3_0"' in page
        assert "Question 3: choose an answer." in page
        assert the_form(answer).count("checked") == 7
        assert not AttemptAnswered.objects.exists()

    @pytest.mark.parametrize("value", ["4", "-1", "one", "9" * 30])
    def test_an_answer_that_was_not_offered_is_none(self, client, course, value):
        attempt = begin(client, course)
        assert (
            client.post(reverse("take_exam", args=[attempt.pk]), {**answers(attempt), "q1": value}).status_code == 422
        )

    def test_sent_twice_it_counts_once(self, client, course, untrained_officer):
        attempt = begin(client, course)
        first, second = send(client, attempt, wrong=8), send(client, attempt)
        assert first.headers["Location"] == second.headers["Location"] == reverse("view_attempt", args=[attempt.pk])
        assert AttemptAnswered.objects.get().score == 0
        with pytest.raises(Refused):
            exams.answer_exam(attempt, attempt.right, by=untrained_officer, now=timezone.now())
        assert not Completion.objects.filter(member=untrained_officer).exists()

    def test_an_open_exam_is_taken_up_again(self, client, course):
        first = begin(client, course)
        assert begin(client, course) == first
        assert "Go on with the exam" in client.get(reverse("start_exam", args=[course.pk])).content.decode()
        assert Attempt.objects.count() == 1

    def test_it_stays_as_it_was_asked(self, client, course):
        attempt = begin(client, course)
        Question.objects.update(right=2, text="Other?", in_use=False)
        assert "Other?" not in client.get(reverse("take_exam", args=[attempt.pk])).content.decode()
        send(client, attempt)
        assert AttemptAnswered.objects.get().passed

    def test_three_tries_within_a_day(self, client, course, untrained_officer):
        for _ in range(3):
            send(client, begin(client, course), wrong=8)
        page = reverse("start_exam", args=[course.pk])
        assert "tried 3 times within 24 hours" in client.get(page).content.decode()
        assert client.post(page).status_code == 403
        assert RefusalRecord.objects.filter(clause="J", by=untrained_officer).count() == 1
        later = timezone.now() + timedelta(days=1, minutes=1)
        assert exams.start_exam(course, by=untrained_officer, now=later).pk

    def test_an_exam_left_open_for_a_day_is_over(self, client, course, untrained_officer):
        old = make.backdated(
            Attempt,
            at=timezone.now() - timedelta(hours=25),
            by=untrained_officer,
            course=course,
            questions=begin(client, course).questions,
            right=[0] * 8,
        )
        page = reverse("take_exam", args=[old.pk])
        assert client.get(page).headers["Location"] == reverse("start_exam", args=[course.pk])
        assert client.post(page, answers(old)).headers["Location"] == reverse("start_exam", args=[course.pk])
        with pytest.raises(Refused, match="24 hours"):
            exams.answer_exam(old, old.right, by=untrained_officer, now=timezone.now())

    def test_nobody_reaches_anothers_exam(self, client, client_of, course, officer):
        attempt = begin(client, course)
        other = client_of(officer)
        for name in ("take_exam", "view_attempt"):
            assert other.get(reverse(name, args=[attempt.pk])).status_code == 404
        assert other.post(reverse("take_exam", args=[attempt.pk]), answers(attempt)).status_code == 404
        with pytest.raises(Refused):
            exams.answer_exam(attempt, attempt.right, by=officer, now=timezone.now())

    def test_who_keeps_the_bank_takes_no_exam_of_it(self, course, client_of):
        keeper = cast.member("keeper", "Kit Keeper", "training_officer", "officer", trained=False)
        client = client_of(keeper)
        assert "knows the answers" in client.post(reverse("start_exam", args=[course.pk])).content.decode()
        assert not Attempt.objects.exists()

    @pytest.mark.parametrize("why", ["draft", "ended", "no exam", "too few questions"])
    def test_only_a_course_that_is_given_and_has_an_exam(self, client, course, why, training_officer):
        if why == "draft":
            course = make.course(title="Draft", approved=False, questions_per_topic=1)
        elif why == "ended":
            courses.end_course(course, by=training_officer, reason="Replaced")
        elif why == "no exam":
            course = make.course(title="Class")
        else:
            Question.objects.filter(topic="law").update(in_use=False)
        page = reverse("start_exam", args=[course.pk])
        assert client.get(page).status_code == (404 if why == "draft" else 200)
        assert client.post(page).status_code == (404 if why == "draft" else 403)
        assert not Attempt.objects.exists()

    def test_the_result_is_told_only_once_it_is_there(self, client, course):
        attempt = begin(client, course)
        assert client.get(reverse("view_attempt", args=[attempt.pk])).headers["Location"] == reverse(
            "take_exam", args=[attempt.pk]
        )


class TestTheDatabaseMarksItToo:
    @pytest.fixture
    def attempt(self, client, course) -> Attempt:
        return begin(client, course)

    def no(self, constraint: str, model, **values) -> None:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            model.objects.write(**values)
        assert broken_constraint(refused.value) == constraint

    def test_another_score_is_refused(self, attempt, untrained_officer, officer):
        said = {"by": untrained_officer, "attempt": attempt, "answers": attempt.right, "score": 100, "passed": True}
        wrong = [3 - index for index in attempt.right]
        for values in (
            {"answers": wrong},
            {"answers": wrong, "score": 0},
            {"score": 99},
            {"passed": False},
            {"answers": attempt.right[:-1]},
            {"by": officer},
            {"by": None},
        ):
            self.no("answer_marked_right", AttemptAnswered, **{**said, **values})
        assert AttemptAnswered.objects.write(**said).passed

    def test_a_completion_rests_on_a_passed_exam(self, attempt, course, untrained_officer, officer):
        today = timezone.localdate()
        said = {
            "by": untrained_officer,
            "member": untrained_officer,
            "course": course,
            "completed_on": today,
            "topics": course.topics,
            "expires_at": expires_at(today, course.valid_days),
            "attempt": attempt,
        }
        self.no("completion_by_passed_exam", Completion, **said)
        exams.answer_exam(attempt, [9] * 8, by=untrained_officer, now=timezone.now())
        self.no("completion_by_passed_exam", Completion, **said)
        self.no("completion_entered_by_someone_else", Completion, **{**said, "attempt": None})
        passed = exams.start_exam(course, by=officer, now=timezone.now())
        exams.answer_exam(passed, passed.right, by=officer, now=timezone.now())
        self.no("completion_by_passed_exam", Completion, **{**said, "attempt": passed})


def test_of_two_answers_at_once_one_counts(committed, untrained_officer):
    course = make.exam_course()
    attempt = exams.start_exam(course, by=untrained_officer, now=timezone.now())
    came: list[str] = []

    def run(act):
        try:
            act()
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        finally:
            connections.close_all()

    def together(act):
        threads = [threading.Thread(target=run, args=[act]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def answer():
        mine = Attempt.objects.select_related("course").get(pk=attempt.pk)
        exams.answer_exam(mine, mine.right, by=untrained_officer, now=timezone.now())

    together(answer)
    assert sorted(came) == ["done", "exam.answered", "exam.answered", "exam.answered"]
    assert Completion.objects.filter(member=untrained_officer).count() == 1
    assert standing(untrained_officer, timezone.now()).may_enter
    together(lambda: exams.start_exam(course, by=untrained_officer, now=timezone.now()))
    assert Attempt.objects.filter(answered__isnull=True).count() == 1
