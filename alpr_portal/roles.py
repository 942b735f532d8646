"""The whole authorisation on one screen: every verb with its clause, and who may. The database is made equal to it."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """What a permission lets one do, the clause it rests on, and whether it opens ALPR data (then training is the key)."""

    clause: str
    says: str
    opens_data: bool = False


VERBS = {
    "reads.run_query": Verb("C.2.B", "search plate reads", opens_data=True),
    "reads.view_reads": Verb("C.3.b", "see reads and images under a search", opens_data=True),
    "reads.export_reads": Verb("C.3.b", "export the results of a search", opens_data=True),
    "reads.decide_query": Verb("C.2.B", "decide searches that wait", opens_data=True),
    "reads.view_queries": Verb("F.1", "read the query log of the department"),
    "reads.view_unit_queries": Verb("F.1", "read the query log of one's own unit"),
    "reads.view_query_plates": Verb("F.1", "see which plate a query asked for"),
    "reads.view_cameras": Verb("A.1", "see the camera inventory"),
    "reads.manage_cameras": Verb("A.1", "keep the camera inventory"),
    "reads.attest_siting": Verb("C.3.1", "attest where a camera looks"),
    "reads.manage_sources": Verb("F.2", "keep the sources and their keys"),
    "training.view_health": Verb("L.4", "see the health page"),
}

OFFICER = {"reads.run_query", "reads.view_reads", "reads.export_reads"}
READS_THE_LOG = {"reads.view_queries"}

ROLES: dict[str, set[str]] = {
    "officer": OFFICER,
    "supervisor": OFFICER | {"reads.decide_query", "reads.view_unit_queries", "reads.view_query_plates"},
    "administrator": {"reads.view_cameras", "training.view_health"},
    "coordinator": READS_THE_LOG
    | {
        "reads.view_query_plates",
        "reads.view_cameras",
        "reads.manage_cameras",
        "reads.attest_siting",
        "reads.manage_sources",
        "training.view_health",
    },
    "request_clerk": set(),
    "extractor": set(),
    "training_officer": set(),
    "chief": {"training.view_health"},
    "auditor": READS_THE_LOG | {"reads.view_cameras", "training.view_health"},
    "independent_auditor": READS_THE_LOG | {"reads.view_cameras", "training.view_health"},
    "internal_affairs": set(),
    "commissioner": set(),
    "system_administrator": {"training.view_health"},
}


def sync(using: str = "owner") -> None:
    """Make the groups and permissions of the database equal to this page; idempotent, run after every migrate."""
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    kept = {}
    for name, verb in VERBS.items():
        app, codename = name.split(".")
        kind, _ = ContentType.objects.using(using).get_or_create(app_label=app, model=codename)
        kept[name], _ = Permission.objects.using(using).update_or_create(
            content_type=kind, codename=codename, defaults={"name": verb.says}
        )
    for role, verbs in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set([kept[name] for name in verbs])
    Group.objects.using(using).exclude(name__in=ROLES).delete()
