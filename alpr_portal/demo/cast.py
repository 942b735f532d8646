"""The people of the demo: one for each role, two units of officers, and those whose papers are not in order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import Model

from alpr_portal.policy.vocabulary import Category, TrainingTopic
from training.models import Completion, Course, Designation, DesignationEnd, Member

from .write import dated, history, id_of

PASSWORD = "merritt-lantern-seven"  # noqa: S105 - the demo's one password, printed at its start; the demo holds nothing real
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
    Person("coordinator", "Tobias Nakagawa-Reed", "coordinator", OFFICE, "ALPR Coordinator", "9104", OTHER),
    Person("clerk", "Lupe Fennimore", "request_clerk", "Records", "Records Specialist", "9105", OTHER),
    Person("extractor", "Hollis Oyelaran", "extractor", "Records", "Police Evidence Technician", "9106", PST),
    Person("trainer", "Rosalind Tchividjian", "training_officer", "Training Section", "Sergeant", "9107"),
    Person("chief", "Augusta Penhaligon", "chief", "Office of Chief of Police", "Chief of Police", "9108"),
    Person("auditor", "Bertrand Okonedo", "auditor", "Office of Internal Audit", "Auditor", "9109", OTHER, None),
    Person("cityauditor", "Wilhelmina Sorbello", "independent_auditor", "City Auditor", "Auditor", "", OTHER, None),
    Person("affairs", "Cornelius Batbayar", "internal_affairs", "Internal Affairs", "Sergeant", "9111"),
    Person("commissioner", "Philippa Nakamura-Ruiz", "commissioner", "Privacy Advisory Commission", "Commissioner", "",
           OTHER, None),
    Person("sysadmin", "Anselm Drummond-Lee", "system_administrator", "IT Unit", "Systems Engineer", "9113", OTHER, None),
    Person("officer2", "Kwabena Lindqvist", "officer", NORTH, "Officer", "9121", boss="supervisor"),
    Person("officer3", "Saoirse Villanueva", "officer", NORTH, "Officer", "9122", lapses=12, boss="supervisor",
           note="training lapses in 12 days"),
    Person("officer4", "Thaddeus Moreau-Diaz", "officer", NORTH, "Police Service Technician", "9123", PST, boss="supervisor"),
    Person("officer5", "Yevgenia Castellano", "officer", ROBBERY, "Officer", "9124", boss="supervisor2"),
    Person("officer6", "Barnaby Oduya", "officer", ROBBERY, "Officer", "9125", boss="supervisor2"),
    Person("officer7", "Consuelo Haverford", "officer", ROBBERY, "Officer", "9126", boss="supervisor2"),
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
        self.now = now
        self.members: dict[str, Member] = {}
        password = make_password(PASSWORD)  # once for all: hashing is slow on purpose
        for person in sorted(CAST, key=lambda p: (p.boss != "", p.boss != "lieutenant")):  # who leads comes first
            self.members[person.username] = Member(
                id=id_of("member", person.username), username=person.username, name=person.name, password=password,
                email=f"{person.username}@{DOMAIN}", badge=person.badge, unit=person.unit, rank=person.rank,
                category=person.category, supervisor=self.members.get(person.boss), joined_at=now - timedelta(days=420),
            )  # fmt: skip
        self.course = Course(
            id=id_of("course"), title="ALPR: law, policy and use", version="2026.1", valid_days=365,
            topics=[topic.value for topic in TrainingTopic], approved_on=(now - timedelta(days=400)).date(),
        )  # fmt: skip
        self.completions = {p.username: [self._completion(p)] for p in CAST if p.lapses is not None}

    def __getitem__(self, username: str) -> Member:
        return self.members[username]

    def rows(self) -> Iterator[list[Model]]:
        """All rows, a model at a time, in the order in which they can be written."""
        trainer, begun = self["trainer"], self.now - timedelta(days=410)
        yield list(self.members.values())
        yield [history(member, begun, None) for member in self.members.values()]
        groups = {group.name: group for group in Group.objects.using("owner").all()}
        through = Member.groups.through
        yield [through(member_id=self[p.username].pk, group_id=groups[p.role].pk) for p in CAST]
        yield [self.course]
        yield [history(self.course, begun, trainer)]
        yield [record for records in self.completions.values() for record in records]
        designations, ends = self._designations()
        yield designations
        yield ends

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
                begun = records[-1].expires_at - timedelta(days=1)
                fresh = self._completion(person)
                fresh.id, fresh.at, fresh.completed_on = (
                    id_of("completion", person.username, begun),
                    begun,
                    begun.date(),
                )
                records.append(fresh)
                found.append(fresh)
        return found

    def _completion(self, person: Person) -> Completion:
        expires = self.now + timedelta(days=person.lapses or 0)
        done = expires - timedelta(days=365)
        return dated(
            Completion, done, self["trainer"], id=id_of("completion", person.username), member=self[person.username],
            course=self.course, completed_on=done.date(), topics=self.course.topics, expires_at=expires,
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
