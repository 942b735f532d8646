"""The people of the demo: one for each role, two units of officers, and those whose papers are not in order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db.models import Model

from alpr_portal.policy.vocabulary import Category, TrainingTopic
from training.models import Completion, Course, Designation, DesignationEnd, Member, SignIn

from .write import dated, history, id_of

PASSWORD = "merritt-lantern-seven"  # noqa: S105 - the demo's one password, printed at its start; the demo holds nothing real
SEED = "MFWHA4RNMRSW23ZNONSWKZBNMZUXQZLE"  # of everybody's code app; printed too
DOMAIN = "demo.invalid"
SWORN, PST, OTHER = Category.SWORN.value, Category.PST.value, Category.OTHER.value
NORTH, ROBBERY, OFFICE = "Patrol North", "Robbery and Burglary", "Bureau of Services"


@dataclass(frozen=True)
class Person:
    """One of the cast. ``lapses``: days from now until the training does; None where there is none."""

    username: str
    name: str
    role: str
    unit: str
    rank: str = ""
    badge: str = ""
    category: str = SWORN
    lapses: int | None = 250
    boss: str = ""
    note: str = ""


CAST = (
    Person("officer", "Marisol Quintanar", "officer", NORTH, "Officer", "9101", boss="supervisor"),
    Person("supervisor", "Desmond Achterberg", "supervisor", NORTH, "Sergeant", "9102", boss="lieutenant"),
    Person("administrator", "Ingrid Vasquez-Holm", "administrator", OFFICE, "Deputy Director", "9103", OTHER),
    Person("coordinator", "Tobias Nakagawa-Reed", "coordinator", OFFICE, "ALPR Coordinator", "9104", OTHER, boss="administrator"),
    Person("clerk", "Lupe Fennimore", "request_clerk", "Records", "Records Specialist", "9105", OTHER, boss="administrator"),
    Person("extractor", "Hollis Oyelaran", "extractor", "Records", "Police Evidence Technician", "9106", PST,
           boss="administrator"),
    Person("trainer", "Rosalind Tchividjian", "training_officer", "Training Section", "Sergeant", "9107", boss="administrator"),
    Person("chief", "Augusta Penhaligon", "chief", "Office of Chief of Police", "Chief of Police", "9108"),
    Person("auditor", "Bertrand Okonedo", "auditor", "Office of Internal Audit", "Auditor", "9109", OTHER, None),
    Person("cityauditor", "Wilhelmina Sorbello", "independent_auditor", "City Auditor", "Auditor", "", OTHER, None),
    Person("affairs", "Cornelius Batbayar", "internal_affairs", "Internal Affairs", "Sergeant", "9111", boss="chief"),
    Person("commissioner", "Philippa Nakamura-Ruiz", "commissioner", "Privacy Advisory Commission", "Commissioner", "",
           OTHER, None),
    Person("sysadmin", "Anselm Drummond-Lee", "system_administrator", "IT Unit", "Systems Engineer", "9113", OTHER, None,
           boss="administrator"),
    Person("officer2", "Kwabena Lindqvist", "officer", NORTH, "Officer", "9121", boss="supervisor"),
    Person("officer3", "Saoirse Villanueva", "officer", NORTH, "Officer", "9122", lapses=12, boss="supervisor",
           note="training lapses in 12 days"),
    Person("officer4", "Thaddeus Moreau-Diaz", "officer", NORTH, "Police Service Technician", "9123", PST, boss="supervisor"),
    Person("officer5", "Yevgenia Castellano", "officer", ROBBERY, "Officer", "9124", boss="supervisor2"),
    Person("officer6", "Barnaby Oduya", "officer", ROBBERY, "Officer", "9125", boss="supervisor2"),
    Person("officer7", "Consuelo Haverford", "officer", ROBBERY, "Officer", "9126", boss="supervisor2",
           note="account locked"),
    Person("supervisor2", "Leopold Amankwah", "supervisor", ROBBERY, "Sergeant", "9127", boss="lieutenant"),
    Person("lieutenant", "Genevieve Tuiasosopo", "supervisor", ROBBERY, "Lieutenant", "9128"),
    Person("rookie", "Jasper Wintergreen", "officer", NORTH, "Officer", "9131", lapses=None, boss="supervisor",
           note="not trained: shut out"),
    Person("analyst", "Noor Abernathy", "officer", "Crime Analysis", "Crime Analyst", "9132", OTHER, boss="lieutenant",
           note="designated by the Chief"),
    Person("formeranalyst", "Cosmo Ravenhill", "officer", "Crime Analysis", "Crime Analyst", "9133", OTHER,
           boss="lieutenant", note="designation ended: shut out"),
)  # fmt: skip
SEARCHERS = ("officer", "officer2", "officer3", "officer4", "officer5", "officer6", "officer7", "analyst")
DECIDERS = ("supervisor", "supervisor2", "lieutenant")


class People:
    """The cast as members, not yet written, with the records that let them in; by user name."""

    def __init__(self, now: datetime) -> None:
        self.now, self.begun = now, now - timedelta(days=419)
        self.members: dict[str, Member] = {}
        password = make_password(PASSWORD)  # once for all: hashing is slow on purpose
        for person in sorted(CAST, key=lambda p: (p.boss != "", p.boss != "lieutenant")):  # who leads comes first
            self.members[person.username] = Member(
                id=id_of("member", person.username), username=person.username, name=person.name, password=password,
                email=f"{person.username}@{DOMAIN}", badge=person.badge, unit=person.unit, rank=person.rank,
                category=person.category, supervisor=self.members.get(person.boss), joined_at=now - timedelta(days=420),
            )  # fmt: skip
        topics = [topic.value for topic in TrainingTopic]
        self.courses = [
            Course(
                id=id_of("course", version), title="ALPR: law, policy and use", version=version, valid_days=365,
                topics=topics, questions_per_topic=asked, made_by=self["trainer"],
            )
            for version, asked in (("2025.1", 0), ("2026.1", 2))
        ]  # fmt: skip
        self.completions = {p.username: self._completions(p) for p in CAST if p.lapses is not None}

    def __getitem__(self, username: str) -> Member:
        return self.members[username]

    def rows(self) -> Iterator[list[Model]]:
        """The members, as the first rows of all."""
        yield list(self.members.values())
        yield [history(member, self.begun, None) for member in self.members.values()]

    def trained(self) -> Iterator[list[Model]]:
        """What lets them in: completions of approved courses, and designations."""
        yield [record for records in self.completions.values() for record in records]
        designations, ends = self._designations()
        yield designations
        yield ends
        yield [self._came(member) for member in self.members.values()]

    def papers(self, username: str, at: datetime) -> list[uuid.UUID]:
        """The completions that covered a member at a moment."""
        return [c.pk for c in self.completions.get(username, ()) if c.at <= at < c.expires_at]

    def renewals(self) -> list[Completion]:
        """For a demo that has rested: what is on record, and a new completion for everybody whose training has lapsed."""
        found = []
        for person in CAST:
            records = list(Completion.objects.filter(member=self[person.username]).order_by("expires_at"))
            self.completions[person.username] = records
            if records and records[-1].expires_at <= self.now:
                begun = max(records[-1].expires_at - timedelta(days=1), self.now - timedelta(days=100))
                fresh = self._completion(person)
                fresh.id, fresh.at, fresh.completed_on = (
                    id_of("completion", person.username, begun),
                    begun,
                    begun.date(),
                )
                records.append(fresh)
                found.append(fresh)
        return found

    def _came(self, member: Member) -> SignIn:
        """Everybody came within the last days, so that no account counts as unused."""
        at = self.now - timedelta(days=2, minutes=member.pk.int % 600)
        kind = SignIn.Kind.IN.value
        return dated(SignIn, at, member, id=id_of("came", member.username), kind=kind, address="10.20.1.15")

    def _completions(self, person: Person) -> list[Completion]:
        """This year's course, and last year's before it."""
        newest = self._completion(person)
        begun = self.now - timedelta(days=418)
        expires = begun + timedelta(days=365)
        if newest.at <= begun:
            return [newest]
        return [self._entered(person, self.courses[0], begun, expires), newest]

    def _completion(self, person: Person) -> Completion:
        expires = self.now + timedelta(days=person.lapses or 0)
        return self._entered(person, self.courses[1], expires - timedelta(days=365), expires)

    def _entered(self, person: Person, course: Course, done: datetime, expires: datetime) -> Completion:
        trainer = self["administrator" if person.username == "trainer" else "trainer"]  # nobody enters their own
        return dated(
            Completion, done, trainer, id=id_of("completion", person.username, course.version), course=course,
            member=self[person.username], completed_on=done.date(), topics=course.topics, expires_at=expires,
            instructor=self["trainer"].name, entered=Completion.Entered.SINGLY.value,
        )  # fmt: skip

    def _designations(self) -> tuple[list[Model], list[Model]]:
        def named(username: str, scope: str, begun: int) -> Designation:
            at = self.now - timedelta(days=begun)
            return dated(
                Designation, at, self["chief"], id=id_of("designation", username), member=self[username], scope=scope,
                starts_at=at, ends_at=at + timedelta(days=365),
            )  # fmt: skip

        kept = named("analyst", "Searches for the Robbery and Burglary section", 120)
        ended = named("formeranalyst", "Searches for a task force on catalytic converters", 200)
        end = dated(
            DesignationEnd, self.now - timedelta(days=45), self["chief"], id=id_of("end", "formeranalyst"),
            designation=ended, reason="The task force has finished its work.",
        )  # fmt: skip
        return [kept, ended], [end]
