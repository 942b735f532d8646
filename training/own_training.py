"""What a member's own page says: each topic of J with what covers it until when, what is missing, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from alpr_portal.policy.vocabulary import PublicationKind, TrainingTopic

from . import courses
from .course_rules import TOPICS, short_of_questions
from .models import Attempt, Completion, Course, Designation, Letter, Member, Publication
from .rules import WITHOUT_DESIGNATION

SOON = timedelta(days=60)  # from here on the page says that a topic is about to run out


@dataclass(frozen=True)
class Covered:
    """One topic of J: the completion that covers it longest, or None. ``state``: covered, lapsing, lapsed, never."""

    topic: str
    says: str
    state: str
    completion: Completion | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Offer:
    """A course in force, which of the member's missing or lapsing topics it covers, and whether that is all of them."""

    course: Course
    helps: list[str]
    exam: bool
    all_of_it: bool = False


def own_completions(member: Member) -> list[Completion]:
    """Every completion of the member, newest first, the withdrawn ones too."""
    found = Completion.objects.filter(member=member).select_related("course", "withdrawn", "attempt", "corrected_by")
    return list(found.order_by("-completed_on", "-at"))


def coverage(completions: list[Completion], now: datetime) -> list[Covered]:
    """The eight topics in the order's own order, by what is on record."""
    found = []
    for topic in TOPICS:
        says = TrainingTopic.says(topic)
        of_it = [c for c in completions if topic in c.topics and not hasattr(c, "withdrawn")]
        last = max(of_it, key=lambda c: c.expires_at, default=None)
        if last is None:
            found.append(Covered(topic, says, "never"))
            continue
        over, soon = last.expires_at <= now, last.expires_at <= now + SOON
        state = "lapsed" if over else "lapsing" if soon else "covered"
        found.append(Covered(topic, says, state, last, last.expires_at))
    return found


def offers(covered: list[Covered]) -> list[Offer]:
    """The courses in force, those that help most first; an exam only where the bank has questions enough. Two queries."""
    wanted = [each.topic for each in covered if each.state != "covered"]
    in_use = courses.questions_in_use()
    found = []
    for course in courses.in_force().select_related("material").order_by("title", "version"):
        helps = [TrainingTopic.says(topic).lower() for topic in course.topics if topic in wanted]
        short = short_of_questions(course.topics, per_topic=course.questions_per_topic, in_use=in_use)
        exam = bool(course.questions_per_topic) and not short
        found.append(Offer(course, helps, exam, all_of_it=bool(helps) and len(helps) == len(wanted)))
    return sorted(found, key=lambda offer: (-len(offer.helps), not offer.exam))


def attempts(member: Member) -> QuerySet[Attempt]:
    """The member's last exams."""
    return Attempt.objects.filter(by=member).select_related("course", "answered").order_by("-at")[:20]


def designation(member: Member, now: datetime) -> dict[str, Any]:
    """Whether the member needs the Chief's designation, and the one that runs or is to come."""
    needed = member.category not in WITHOUT_DESIGNATION
    found = Designation.objects.filter(member=member, end__isnull=True, ends_at__gt=now).order_by("starts_at").first()
    return {"needed": needed, "record": found if needed else None, "runs": bool(found and found.starts_at <= now)}


def material() -> QuerySet[Publication]:
    """The training material that is published."""
    of_training = Publication.objects.filter(kind=PublicationKind.TRAINING_MATERIAL.value, end__isnull=True)
    return of_training.order_by("title", "-in_force_on")


def letters(member: Member) -> list[dict[str, Any]]:
    """The letters that went to the member, newest first: what each was about, and when it went."""
    sent = Letter.objects.filter(member=member, sent__isnull=False).select_related("sent").order_by("-at")[:20]
    return [{"says": letter_says(letter), "at": letter.sent.at} for letter in sent]


def letter_says(letter: Letter) -> str:
    """What a letter was about, in a few words."""
    on = f"{letter.about_on:%b} {letter.about_on.day}, {letter.about_on:%Y}"
    if letter.kind.startswith("lapse_"):
        return f"Your training lapses on {on}"
    if letter.kind == "lapsed":
        return f"Your training lapsed on {on}"
    return letter.kind.replace("_", " ").capitalize()
