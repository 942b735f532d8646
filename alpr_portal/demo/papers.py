"""The papers behind the demo's people: two persons for every role, courses and exams, documents, gaps, what waits."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db.models import Model

from alpr_portal.policy.clauses import REGISTER
from alpr_portal.policy.parameters import ORDER
from alpr_portal.policy.vocabulary import AccountStep, ClosedBecause, PublicationKind, TrainingTopic
from training.models import (
    AccessReview,
    AccountClosed,
    AccountDecision,
    AccountLock,
    AccountProposal,
    Course,
    CourseApproval,
    CourseEnd,
    Gap,
    GapStep,
    Letter,
    LetterSent,
    Loan,
    Member,
    Publication,
    Question,
    ReviewedMember,
    RoleGrant,
    SignIn,
    StoredFile,
)
from training.second_factor import SecondFactorAdapter

from .cast import CAST, SEED, SWORN, People, Person
from .write import dated, history, id_of

QUESTIONS = Path(__file__).with_name("questions.csv")
GUIDELINES = """# Guidelines for using automated license plate readers

1. Search for a case, never for a person. State the case, the facts, the right and the need to know.
2. A hit is a lead. See the plate, the state and the list entry with your own eyes before you stop anybody.
3. Say no to anybody outside the Department who asks you to search. Requests go to the request desk, in writing.
4. Report a suspected breach at once, to your supervisor and the ALPR Coordinator.
"""
PROTOCOL = """# Protocol for the transfer of ALPR data

Data leaves the Department only on a written request that was decided in writing, to the one who asked, for the case
that was named, sealed and with a manifest. Nothing is shared for immigration enforcement or against reproductive care.
"""
GAPS = (
    ("K.audit", "Audits are planned by hand", "Samples are drawn from the query log by the auditor.",
     "The sampling workbench of the portal."),
    ("B.1", "Hot lists are kept in the vendor's system", "Entries and their approval are not records here yet.",
     "Hot lists of our own, with every entry approved before it is used."),
)  # fmt: skip


def proposer_of(person: Person) -> str:
    """Who proposed: the boss, where a boss may."""
    if person.boss and person.boss != "chief":
        return person.boss
    return "supervisor2" if person.username == "lieutenant" else "lieutenant"


def join(people: People, person: Person, at: datetime) -> Iterator[Model]:
    """How a member came: proposed by one person, created and given the role by another. The first two came by bootstrap."""
    member = people[person.username]
    if person.username in {"administrator", "sysadmin"}:
        yield dated(RoleGrant, at, id=id_of("grant", person.username), member=member, role=person.role)
        return
    proposer = people[proposer_of(person)]
    decider = people["sysadmin"]
    proposal = dated(
        AccountProposal, at - timedelta(hours=5), proposer, id=id_of("join", person.username), step=AccountStep.JOIN.value,
        details={
            "username": person.username, "name": person.name, "email": member.email, "badge": person.badge,
            "unit": person.unit, "rank": person.rank, "supervisor": str(proposer.pk),
        },
        category=person.category, roles=[person.role], reason="Assigned to duties that need it.",
    )  # fmt: skip
    decision = dated(
        AccountDecision, at, decider, id=id_of("joined", person.username), proposal=proposal, proposed_by=proposer,
        member=member, approved=True,
    )  # fmt: skip
    grant = dated(
        RoleGrant, at, decider, id=id_of("grant", person.username), member=member, role=person.role, decision=decision,
        proposed_by=proposer,
    )  # fmt: skip
    yield from (proposal, decision, grant)


def factors(people: People) -> list[Model]:
    """A code app for everybody, all with the one seed that the demo prints."""
    return [
        Authenticator(
            user=member, type=Authenticator.Type.TOTP, data={"secret": SecondFactorAdapter().encrypt(SEED)},
            created_at=people.now - timedelta(days=400),
        )
        for member in people.members.values()
    ]  # fmt: skip


def questions(people: People) -> list[Question]:
    """The question bank, four for each topic."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Question(
            id=id_of("question", row["text"]), topic=row["topic"], text=row["text"], right=int(row["right"]) - 1,
            choices=[row[f"choice{n}"] for n in range(1, 5) if row[f"choice{n}"]],
        )
        for row in rows
    ]  # fmt: skip


def document(
    people: People, kind: PublicationKind, title: str, version: str, text: str, days: int, begins: date | None = None
) -> list[Model]:
    """One published version and its file."""
    at, administrator = people.now - timedelta(days=days), people["administrator"]
    data = text.encode()
    file = dated(
        StoredFile, at, administrator, id=id_of("file", title, version), name=f"{kind.value}.md", size=len(data),
        media_type="text/markdown", sha256=hashlib.sha256(data).hexdigest(), content=data,
    )  # fmt: skip
    published = dated(
        Publication, at, administrator, id=id_of("document", title, version), kind=kind.value, title=title,
        version=version, in_force_on=begins or at.date(), file=file, note="",
    )  # fmt: skip
    return [file, published]


def ground(people: People) -> Iterator[list[Model]]:
    """What stands before training: second factors, roles by two people, courses with their bank; a model at a time."""
    trainer, begun = people["trainer"], people.begun
    yield factors(people)
    joined = [record for person in CAST for record in join(people, person, begun)]
    for model in (AccountProposal, AccountDecision, RoleGrant):
        yield [record for record in joined if isinstance(record, model)]
    yield list(people.courses)
    yield [history(course, begun, trainer) for course in people.courses]
    yield approvals(people, people.courses, begun)
    bank = questions(people)
    yield list(bank)
    yield [history(question, begun, trainer) for question in bank]


def rows(people: People) -> Iterator[list[Model]]:
    """Everything else, a model at a time, in the order in which it can be written."""
    for one in leaver(people):
        yield [one]
    yield [
        dated(
            CourseEnd, people.now - timedelta(days=60), people["trainer"], id=id_of("course end"), course=people.courses[0],
            reason="Replaced by 2026.1.",
        )
    ]  # fmt: skip
    several: list[Model] = [
        *_documents(people),
        *_gaps(people),
        *_waiting(people),
        *_reviews(people),
        *_letters(people),
    ]
    for _, group in groupby(several, key=type):
        yield list(group)


def _documents(people: People) -> list[Model]:
    kinds = PublicationKind
    return [
        *document(people, kinds.ORDER, "DGO I-12, its duties in the portal's words", "18 October 2022",
                  REGISTER.read_text(encoding="utf-8"), 410, ORDER),
        *document(people, kinds.GUIDELINES, "Guidelines for the use of ALPR", "2026.1", GUIDELINES, 200),
        *document(people, kinds.TRANSFER_PROTOCOL, "Protocol for the transfer of ALPR data", "1", PROTOCOL, 390),
        *document(people, kinds.TRAINING_MATERIAL, "Handbook of the ALPR course", "2026.1", GUIDELINES + PROTOCOL, 190),
    ]  # fmt: skip


def _gaps(people: People) -> list[Model]:
    found: list[Model] = []
    for number, (clause, title, gap, plan) in enumerate(GAPS):
        at = people.now - timedelta(days=150 - 40 * number)
        found.append(
            dated(
                Gap, at, people["coordinator"], id=id_of("gap", title), clause=clause, title=title, gap=gap, plan=plan,
                due_on=(people.now + timedelta(days=60 + 90 * number)).date(),
            )
        )  # fmt: skip
    step = dated(
        GapStep, people.now - timedelta(days=30), people["coordinator"], id=id_of("step"), gap=found[0],
        note="The Commission was told; the upgrade is in next year's plan.",
    )  # fmt: skip
    return [*found, step]


def _waiting(people: People) -> list[Model]:
    """Something on every worklist: a new member and a role to decide, a locked account, a course to approve."""
    now, boss = people.now, people["supervisor"]
    new = {
        "username": "newcomer", "name": "Ottilie Brandenburg", "email": "newcomer@demo.invalid", "badge": "9141",
        "unit": boss.unit, "rank": "Officer", "supervisor": str(boss.pk),
    }  # fmt: skip
    lost, locked = people["officer4"], people["officer7"]
    proposals: list[Model] = [
        dated(
            AccountProposal, now - timedelta(hours=20), boss, id=id_of("proposal", "newcomer"), details=new, roles=["officer"],
            step=AccountStep.JOIN.value, category=SWORN, reason="Joins the watch on Monday and needs to search.",
        ),
        dated(
            AccountProposal, now - timedelta(hours=3), people["sysadmin"], id=id_of("proposal", "lost"), member=lost,
            step=AccountStep.FACTOR.value, reason="Lost the phone; called back at the station's number.",
        ),
    ]  # fmt: skip
    lock = dated(
        AccountLock, now - timedelta(hours=2), id=id_of("lock"), member=locked, failures=5, address="10.20.7.31"
    )
    doors: list[Model] = [
        dated(
            SignIn, now - timedelta(hours=2, seconds=60 - 10 * n), locked, id=id_of("wrong", n), address="10.20.7.31",
            kind=(SignIn.Kind.FAILED if n < 5 else SignIn.Kind.LOCKED).value,
        )
        for n in range(6)
    ]  # fmt: skip
    loan = dated(
        Loan, now - timedelta(days=9), people["chief"], id=id_of("loan"), designee=people["lieutenant"],
        verb="training.designate", starts_at=now - timedelta(days=9), ends_at=now + timedelta(days=20),
        reason="While the Chief is at the state conference.",
    )  # fmt: skip
    course = Course(
        id=id_of("course", "2027.1"), title="ALPR: law, policy and use", version="2027.1", valid_days=365,
        topics=[topic.value for topic in TrainingTopic], questions_per_topic=3, made_by=people["trainer"],
    )  # fmt: skip
    return [*proposals, lock, *doors, loan, course, history(course, now - timedelta(days=1), people["trainer"])]


def _reviews(people: People) -> list[Model]:
    """One supervisor has signed this year, one has not."""
    at, reviewer = people.now - timedelta(days=70), people["supervisor2"]
    review = dated(AccessReview, at, reviewer, id=id_of("review"), year=at.year, note="Seen one by one.")
    lines: list[Model] = [
        dated(
            ReviewedMember, at, reviewer, id=id_of("reviewed", person.username), review=review,
            member=people[person.username], roles=[person.role], kept=True,
        )
        for person in CAST
        if person.boss == "supervisor2"
    ]  # fmt: skip
    return [review, *lines]


def _letters(people: People) -> list[Model]:
    """The officer whose training lapses soon has been told."""
    found: list[Model] = []
    sent: list[Model] = []
    for person in CAST:
        if person.lapses is not None and 0 < person.lapses <= 30:
            at = people.now - timedelta(days=30 - person.lapses)
            letter = dated(
                Letter, at, id=id_of("letter", person.username), member=people[person.username], kind="lapse_30",
                about_on=(people.now + timedelta(days=person.lapses)).date(),
            )  # fmt: skip
            found.append(letter)
            sent.append(dated(LetterSent, at, id=id_of("sent", person.username), letter=letter))
    return [*found, *sent]


def leaver(people: People) -> list[Model]:
    """One who left: the account is closed, and stays on record."""
    at = people.now - timedelta(days=33)
    member = Member(
        id=id_of("member", "leaver"), username="leaver", name="Percival Ashgrove", password=make_password(None), badge="9139",
        unit="Patrol North", rank="Officer", category=SWORN, email="leaver@demo.invalid", supervisor=people["supervisor"],
        joined_at=people.now - timedelta(days=420),
    )  # fmt: skip
    closed = dated(
        AccountClosed, at, people["sysadmin"], id=id_of("closed", "leaver"), member=member,
        because=ClosedBecause.LEFT.value, note="Personnel's file.",
    )  # fmt: skip
    return [member, history(member, people.now - timedelta(days=410), None), closed]


def approvals(people: People, courses: list[Course], at: datetime) -> list[Any]:
    return [
        dated(CourseApproval, at, people["administrator"], id=id_of("approval", course.version), course=course,
              made_by=course.made_by)
        for course in courses
    ]  # fmt: skip
