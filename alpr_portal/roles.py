"""The whole authorisation on one screen: every verb with its clause, and who may. The database is made equal to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Verb(NamedTuple):
    """What a permission lets one do, and the clause it rests on.

    ``opens_data``: it opens ALPR data, so training is the key. ``confirms``: an act that is asked "is it still you?"
    first (a second factor within ten minutes). ``lendable``: the order says "or designee".
    """

    clause: str
    says: str
    opens_data: bool = False
    confirms: bool = False
    lendable: bool = False


VERBS = {
    "reads.run_query": Verb("C.2.B", "search plate reads", opens_data=True),
    "reads.view_reads": Verb("C.3.b", "see reads and images under a search", opens_data=True),
    "reads.export_reads": Verb("C.3.b", "export the results of a search", opens_data=True, confirms=True),
    "reads.decide_query": Verb("C.2.B", "decide searches that wait", opens_data=True, confirms=True),
    "reads.view_queries": Verb("F.1", "read the query log of the department"),
    "reads.view_unit_queries": Verb("F.1", "read the query log of one's own unit"),
    "reads.view_query_plates": Verb("F.1", "see which plate a query asked for"),
    "reads.view_cameras": Verb("A.1", "see the camera inventory"),
    "reads.manage_cameras": Verb("A.1", "keep the camera inventory"),
    "reads.attest_siting": Verb("C.3.1", "attest where a camera looks"),
    "reads.manage_sources": Verb("F.2", "keep the sources and their keys"),
    "reads.ask_hold": Verb("G", "ask for reads to be kept for a case", opens_data=True),
    "reads.view_holds": Verb("G", "see holds, who asked, who decided, until when"),
    "reads.decide_hold": Verb("G", "decide, review and release holds", confirms=True, lendable=True),
    "reads.open_held": Verb("G", "open held reads of a case of one's own", opens_data=True),
    "reads.export_held": Verb("G", "take out the evidence package of held reads", opens_data=True, confirms=True),
    "reads.view_purges": Verb("G", "see the certificates of the disposal"),
    "reads.report_read": Verb("G", "report a read that is wrong", opens_data=True),
    "reads.correct_read": Verb("G", "decide on reads reported wrong", opens_data=True),
    "reads.view_corrections": Verb("G", "see which reads were reported wrong, and what came of it"),
    "audits.view_records": Verb("K.report", "see how long records are kept, and what was disposed of"),
    "audits.hold_records": Verb("K.report", "keep records for a legal matter", confirms=True),
    "audits.propose_disposal": Verb("K.report", "propose that records over their term are disposed of"),
    "audits.decide_disposal": Verb("K.report", "decide that records over their term are disposed of", confirms=True),
    "hotlists.view_lists": Verb("C.2.A.1", "see the hot lists, how old they are and what came in"),
    "hotlists.manage_lists": Verb("C.2.B.1", "keep hot lists, their file templates and their files"),
    "hotlists.decide_refresh": Verb("C.2.B.1", "decide on files of hot lists that are held"),
    "hotlists.approve_template": Verb(
        "C.2.A.1", "approve how the files of a hot list are read", confirms=True, lendable=True
    ),
    "hotlists.propose_entry": Verb("C.2.B.2", "propose hot-list entries"),
    "hotlists.view_entries": Verb("C.2.B.2", "see hot-list entries"),
    "hotlists.view_entry_plates": Verb("C.2.B.2", "see which plate an entry watches for"),
    "hotlists.decide_entry": Verb("C.2.B.2", "decide on hot-list entries", confirms=True, lendable=True),
    "hotlists.work_hits": Verb("C.2.A", "work hits and record their verification", opens_data=True),
    "hotlists.assign_incident": Verb("C.2.A", "assign hits to members", opens_data=True),
    "hotlists.record_stop": Verb("C.2.A.2", "record stops from hits", opens_data=True),
    "hotlists.view_stops": Verb("C.2.A.2", "see the stops of the department"),
    "hotlists.export_stops": Verb("C.2.A.2", "export the spreadsheet of stops", confirms=True),
    "hotlists.view_figures": Verb("C.2.A", "see the figures of hits, stops and entries"),
    "hotlists.take_pack": Verb("A.1", "take a list file along in a vehicle", opens_data=True, confirms=True),
    "hotlists.view_packs": Verb("A.1", "see who took which list file along"),
    "training.view_health": Verb("L.4", "see the health page"),
    "training.view_members": Verb("C.3.b", "see members, their roles and papers"),
    "training.propose_account": Verb("C.3.b", "propose members, roles and the opening of accounts"),
    "training.decide_account": Verb("C.3.b", "create accounts and grant roles that another proposed", confirms=True),
    "training.reset_factor": Verb("F.1", "ask that a lost second factor be removed"),
    "training.decide_factor": Verb("F.1", "decide that a lost second factor is removed", confirms=True),
    "training.edit_member": Verb("K.login", "correct the facts of an account"),
    "training.end_access": Verb("C.3.b", "take roles away and close accounts"),
    "training.load_personnel": Verb("C.3.b", "load personnel's leavers and transfers", confirms=True),
    "training.release_lock": Verb("K.login", "release a locked account", confirms=True),
    "training.view_sign_ins": Verb("K.login", "read the log of sign-ins and refusals"),
    "training.designate": Verb("C.1", "designate members who are neither sworn nor PST", confirms=True, lendable=True),
    "training.lend_verb": Verb("L.2", "lend a permission to a designee", confirms=True),
    "training.sign_review": Verb("C.3.b", "sign the yearly review of who has access", confirms=True),
    "training.view_reviews": Verb("C.3.b", "see the yearly reviews of access"),
    "training.manage_courses": Verb("J", "keep courses and their question bank"),
    "training.approve_course": Verb("C.3.a", "approve a course for the Department", confirms=True, lendable=True),
    "training.enter_completion": Verb("J", "enter completed training"),
    "training.correct_completion": Verb("J", "correct a completion that another entered", confirms=True),
    "training.view_training": Verb("J", "see who is trained, lapsing or lapsed"),
    "training.export_training": Verb("J", "export training reports", confirms=True),
    "training.publish_document": Verb("L.1", "publish documents of the Department", confirms=True, lendable=True),
    "training.manage_gaps": Verb("K.login", "keep the register of known gaps"),
    "training.view_gaps": Verb("K.login", "see the register of known gaps"),
}

SEES_LISTS = {"hotlists.view_lists", "hotlists.view_entries", "hotlists.view_figures", "hotlists.view_packs"}
OFFICER = {
    *("reads.ask_hold", "reads.view_holds", "reads.open_held", "reads.export_held", "reads.report_read"),
    *("reads.run_query", "reads.view_reads", "reads.export_reads"),
    *("hotlists.view_lists", "hotlists.view_entries", "hotlists.view_entry_plates", "hotlists.propose_entry"),
    *("hotlists.work_hits", "hotlists.record_stop", "hotlists.take_pack", "hotlists.view_packs"),
}
READS_THE_LOG = {"reads.view_queries"}
SEES_PEOPLE = {"training.view_members", "training.view_training", "training.view_reviews", "training.view_gaps"}
SEES_RETENTION = {"reads.view_holds", "reads.view_purges", "reads.view_corrections", "audits.view_records"}
AUDITS = (
    READS_THE_LOG
    | SEES_RETENTION
    | SEES_PEOPLE
    | SEES_LISTS
    | {"reads.view_cameras", "training.view_health", "training.view_sign_ins", "training.export_training"}
    | {"hotlists.view_stops", "hotlists.export_stops"}
)

ROLES: dict[str, set[str]] = {
    "officer": OFFICER,
    "supervisor": OFFICER
    | {
        *("hotlists.assign_incident", "hotlists.view_stops", "hotlists.export_stops", "hotlists.view_figures"),
        *("reads.correct_read", "reads.view_corrections"),
        "reads.decide_query",
        "reads.view_unit_queries",
        "reads.view_query_plates",
        "training.view_members",
        "training.view_training",
        "training.propose_account",
        "training.decide_factor",
        "training.end_access",
        "training.sign_review",
    },
    "administrator": SEES_PEOPLE
    | SEES_LISTS
    | SEES_RETENTION
    | {
        *("reads.decide_hold", "audits.hold_records", "audits.decide_disposal"),
        *("hotlists.view_entry_plates", "hotlists.propose_entry", "hotlists.decide_entry", "hotlists.approve_template"),
        *("hotlists.view_stops", "hotlists.export_stops", "hotlists.decide_refresh"),
        "reads.view_cameras",
        "training.view_health",
        "training.propose_account",
        "training.decide_factor",
        "training.end_access",
        "training.approve_course",
        "training.correct_completion",
        "training.export_training",
        "training.publish_document",
        "training.lend_verb",
    },
    "coordinator": READS_THE_LOG
    | SEES_PEOPLE
    | SEES_LISTS
    | SEES_RETENTION
    | {
        *("audits.hold_records", "audits.propose_disposal"),
        *(
            "hotlists.manage_lists",
            "hotlists.decide_refresh",
            "hotlists.view_entry_plates",
            "hotlists.view_stops",
            "hotlists.export_stops",
        ),
        "reads.view_query_plates",
        "reads.view_cameras",
        "reads.manage_cameras",
        "reads.attest_siting",
        "reads.manage_sources",
        "training.view_health",
        "training.view_sign_ins",
        "training.export_training",
        "training.manage_gaps",
    },
    "request_clerk": set(),
    "extractor": set(),
    "training_officer": {
        "training.view_members",
        "training.view_training",
        "training.manage_courses",
        "training.enter_completion",
        "training.correct_completion",
        "training.export_training",
    },
    "chief": SEES_PEOPLE
    | SEES_RETENTION
    | {
        *("hotlists.view_lists", "hotlists.view_figures"),
        "training.view_health",
        "training.designate",
        "training.lend_verb",
        "training.approve_course",
        "training.sign_review",
        "training.end_access",
        "training.export_training",
    },
    "auditor": AUDITS,
    "independent_auditor": AUDITS,
    "internal_affairs": {"training.view_members", "training.view_sign_ins"},
    "commissioner": {"training.view_gaps", "reads.view_purges", "audits.view_records"},
    "system_administrator": {
        "reads.view_purges",
        "training.view_health",
        "training.view_members",
        "training.decide_account",
        "training.reset_factor",
        "training.edit_member",
        "training.end_access",
        "training.load_personnel",
        "training.release_lock",
        "training.view_sign_ins",
        "training.view_reviews",
        "training.view_gaps",
    },
}


def data_roles(roles: Iterable[str]) -> set[str]:
    """Those of the roles whose verbs open ALPR data, so that training and designation are their key."""
    return {role for role in roles if any(VERBS[verb].opens_data for verb in ROLES.get(role, ()))}


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
