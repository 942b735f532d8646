"""The record of every completed training: entered by somebody else, corrected by a second person, never changed (J)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput, Refusal, require
from alpr_portal.records import broken_constraint

from . import completion_rules as rules
from .course_rules import named
from .members import people_of
from .models import Completion, CompletionWithdrawn, Course, Member, StoredFile

VIEW = "view_training"


# --- who sees what ----------------------------------------------------------------------------------------------------


def sees_all_training(by: Member) -> bool:
    """Whether a role other than the supervisor's lets ``by`` see who is trained; a supervisor sees their own people."""
    seeing = by.groups.filter(permissions__codename=VIEW, permissions__content_type__app_label="training")
    return seeing.exclude(name="supervisor").exists()


def visible_to(by: Member) -> QuerySet[Completion]:
    """The completions that ``by`` may see: their own, a supervisor's people's, or all."""
    own = Completion.objects.filter(member=by)
    if not by.has_perm(f"training.{VIEW}"):
        return own
    if sees_all_training(by):
        return Completion.objects.all()
    people = Member.objects.filter(people_of(by)).values("pk")
    return Completion.objects.filter(member__in=people) | own


# --- who and which course, as people write them -----------------------------------------------------------------------


def find_members(keys: set[str]) -> dict[str, list[Member]]:
    """Members by what was written of them, badge number or user name, whatever its case; two queries at most."""
    found: dict[str, list[Member]] = {key.strip().lower(): [] for key in keys if key.strip()}
    for name in ("badge", "username"):
        for member in Member.objects.annotate(key=Lower(name)).filter(key__in=found).order_by("pk"):
            if member not in found[member.key]:
                found[member.key].append(member)
    return found


def one_member(key: str, found: dict[str, list[Member]], *, field: str = "badge") -> Member:
    """The one member that ``key`` means among those found. Raises BadInput member.missing, .unknown, .several."""
    if not key.strip():
        raise BadInput("member.missing", "Badge: enter the badge number or user name.", field)
    named_so = found.get(key.strip().lower(), [])
    if not named_so:
        raise BadInput("member.unknown", "Badge: no member has this badge number or user name. Check it.", field)
    if len(named_so) > 1:
        raise BadInput("member.several", "Badge: several members have it. Give the user name instead.", field)
    return named_so[0]


def approved_courses() -> QuerySet[Course]:
    """Every course that was ever approved, those that ended too: what may have been completed."""
    return Course.objects.filter(approval__isnull=False).select_related("approval", "end").order_by("title", "version")


def ended_on(course: Course) -> date | None:
    """The day, on Oakland's clock, on which the course ended; None while it is given."""
    end = getattr(course, "end", None)
    return timezone.localdate(end.at, OAKLAND) if end else None


# --- what is done -----------------------------------------------------------------------------------------------------


def blocks_entry(
    *, by: Member, member: Member, course: Course, completed_on: date, score: int | None, now: datetime
) -> Refusal | None:
    """What stands against entering this completion."""
    return rules.may_enter(
        by=by.pk,
        member=member.pk,
        approved=hasattr(course, "approval"),
        ended_on=ended_on(course),
        completed_on=completed_on,
        today=timezone.localdate(now, OAKLAND),
        score=score,
        pass_mark=course.pass_mark,
    )


def covering(course: Course, completed_on: date) -> dict[str, Any]:
    """What a completion of this course on that day covers, and until when: taken from the course, never typed."""
    return {"topics": course.topics, "expires_at": rules.expires_at(completed_on, course.valid_days)}


def same_on_record(member: Member, course: Course, completed_on: date) -> Completion | None:
    """The completion of the same member, course and day that stands already."""
    return Completion.objects.filter(
        member=member, course=course, completed_on=completed_on, withdrawn__isnull=True
    ).first()


@clause("J")
def enter_completion(
    *,
    by: Member,
    member: Member,
    course: Course,
    completed_on: date,
    instructor: str,
    score: int | None,
    evidence: StoredFile | None,
    now: datetime,
    corrects: Completion | None = None,
) -> Completion:
    """Record that a member completed a course. Raises Refused, and BadInput completion.twice where it stands already."""
    require(blocks_entry(by=by, member=member, course=course, completed_on=completed_on, score=score, now=now))
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # one at a time about one member
        if same_on_record(member, course, completed_on):
            says = "Day completed: this completion is on record already. Correct that one if something is wrong."
            raise BadInput("completion.twice", says, "completed_on")
        return Completion.objects.write(
            by=by,
            member=member,
            course=course,
            completed_on=completed_on,
            instructor=instructor,
            score=score,
            evidence=evidence,
            corrects=corrects,
            **covering(course, completed_on),
        )


def blocks_correction(completion: Completion, by: Member) -> Refusal | None:
    """What stands against ``by`` correcting this completion."""
    return rules.may_correct(
        by=by.pk,
        entered_by=completion.by_id,
        member=completion.member_id,
        withdrawn=hasattr(completion, "withdrawn"),
    )


@clause("J")
def correct_completion(
    completion: Completion, *, by: Member, reason: str, right: dict[str, Any] | None, now: datetime
) -> CompletionWithdrawn:
    """Withdraw a wrong completion and, where ``right`` is given, enter the right one in its place: both or neither.

    ``right``: member, course, completed_on, instructor, score, evidence. From the very next request the withdrawn one
    covers nothing. Raises Refused and BadInput.
    """
    require(blocks_correction(completion, by))
    try:
        with transaction.atomic():
            withdrawn = CompletionWithdrawn.objects.write(
                by=by, completion=completion, entered_by=completion.by, reason=reason
            )
            if right is not None:
                enter_completion(by=by, corrects=completion, now=now, **right)
            return withdrawn
    except IntegrityError as error:
        if broken_constraint(error) == "training_completionwithdrawn_completion_id_key":
            completion.refresh_from_db()
            require(blocks_correction(completion, by))
        raise


# --- what happened ----------------------------------------------------------------------------------------------------


def state_of(completion: Completion, now: datetime) -> tuple[str, str]:
    """A completion's state in a word: (badge kind, text)."""
    if hasattr(completion, "withdrawn"):
        return "refuse", "Withdrawn"
    return ("run", "Counts") if completion.expires_at > now else ("wait", "Ran out")


def steps(completion: Completion) -> list[dict[str, Any]]:
    """How a completion came in and what became of it, for its timeline."""
    entered = {
        Completion.Entered.SINGLY: "Entered",
        Completion.Entered.ROSTER: "Entered from a roster",
        Completion.Entered.EXAM: "Exam passed in the portal",
    }[Completion.Entered(completion.entered)]
    if completion.corrects_id:
        entered += " in place of a withdrawn one"
    found = [
        {"at": completion.at, "who": completion.by_name, "what": entered, "tone": "run", "clause": "J"}
        | {"detail": f"Covers {named(completion.topics)}."}
    ]
    withdrawn = getattr(completion, "withdrawn", None)
    if withdrawn:
        found.append(
            {"at": withdrawn.at, "who": withdrawn.by_name, "what": "Withdrawn", "detail": withdrawn.reason}
            | {"tone": "refuse", "clause": "J"}
        )
    replaced = getattr(completion, "corrected_by", None)
    if replaced:
        found.append(
            {"at": replaced.at, "who": replaced.by_name, "what": "The right one was entered in its place"}
            | {"tone": "run"}
        )
    return sorted(found, key=lambda step: step["at"])
