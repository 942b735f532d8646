"""The people of the tests, by name: one for each role, and those whose papers are not in order. All fictional."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from alpr_portal.policy.vocabulary import Category
from training.models import Designation, Member
from training.second_factor import code_app

from . import make

PASSWORD = "correct horse battery 9"


def member(username: str, name: str, *roles: str, trained: bool = True, **values: Any) -> Member:
    """A member with roles and a second factor; trained on all topics unless said otherwise."""
    found = Member.objects.filter(username=username).first()
    if found:
        return found
    person = Member.objects.create_user(username, PASSWORD, name=name, **{"badge": username[:6].upper(), **values})
    make.role(person, *roles)
    code_app(person, make.SECRET)
    if trained:
        make.completion(person)
    return person


def designated(**dates: Any) -> Member:
    analyst = member("aalto", "Aino Aalto", "officer", category=Category.OTHER.value, unit="Analysis")
    now = timezone.now()
    Designation.objects.write(
        by=CAST["chief"](),
        member=analyst,
        scope="Crime analysis",
        **{"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=90), **dates},
    )
    return analyst


CAST: dict[str, Callable[[], Member]] = {
    "officer": lambda: member("okoro", "Ola Okoro", "officer", unit="Patrol 3"),
    "other_officer": lambda: member("petrova", "Pia Petrova", "officer", unit="Patrol 3"),
    "supervisor": lambda: member("silva", "Sam Silva", "supervisor", unit="Patrol 3"),
    "other_supervisor": lambda: member("tanaka", "Toru Tanaka", "supervisor", unit="Robbery"),
    "administrator": lambda: member("abara", "Ada Abara", "administrator"),
    "coordinator": lambda: member("castel", "Cleo Castel", "coordinator"),
    "request_clerk": lambda: member("rahm", "Rosa Rahm", "request_clerk"),
    "extractor": lambda: member("ekberg", "Elin Ekberg", "extractor"),
    "training_officer": lambda: member("thorne", "Tess Thorne", "training_officer"),
    "chief": lambda: member("chau", "Cam Chau", "chief"),
    "auditor": lambda: member("archer", "Ana Archer", "auditor", trained=False),
    "independent_auditor": lambda: member("ivers", "Ian Ivers", "independent_auditor", trained=False),
    "internal_affairs": lambda: member("ingram", "Ines Ingram", "internal_affairs"),
    "commissioner": lambda: member("cordero", "Caro Cordero", "commissioner", trained=False),
    "system_administrator": lambda: member("sato", "Sui Sato", "system_administrator", trained=False),
    "untrained_officer": lambda: member("urban", "Uli Urban", "officer", trained=False, unit="Patrol 3"),
    "undesignated": lambda: member("unwin", "Una Unwin", "officer", category=Category.OTHER.value, unit="Analysis"),
    "designated": designated,
    "leaver": lambda: member("lund", "Lea Lund", "officer", is_active=False),
}
