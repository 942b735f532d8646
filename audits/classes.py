"""Which records belong to which class, and what belongs together: a new record has to be put somewhere here.

Rows go as a whole *story*: a root row with all that hangs on it. A story's term counts from its end: the latest ``until``
of its rows, which is "infinity" while something of it still runs. The database is made equal to this page after every
migrate (``catalogue.py``). In every expression ``{t}`` is the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alpr_portal.policy.vocabulary import RecordClass


@dataclass(frozen=True)
class Rows:
    """The rows of one table in a story: ``on`` is their column that names the row above, "" for the root.

    ``at``, ``until``: when a row was written, and until when it is part of a story that goes on ("" for a table without
    times). ``case``: its case number. ``only``: which rows. Of roots, those come first whose rows refer to others'.
    """

    table: str
    on: str = ""
    parts: tuple[Rows, ...] = ()
    at: str = "{t}.at"
    until: str = "{t}.at"
    case: str = ""
    only: str = ""
    key: str = "id"
    key_type: str = "uuid"


def plain(table: str, on: str = "", *parts: Rows, **said: str) -> Rows:
    return Rows(table, on, parts, **said)


def ended_by(table: str, column: str, more: str = "") -> str:
    """A story that goes on until a later row says that it is over."""
    return f"CASE WHEN EXISTS (SELECT 1 FROM {table} e WHERE e.{column} = {{t}}.id{more}) THEN {{t}}.at ELSE 'infinity' END"


def newest_of(table: str, column: str) -> str:
    """What still says how things stand: the newest row of its kind."""
    newer = f"SELECT min(n.at) FROM {table} n WHERE n.{column} = {{t}}.{column} AND n.at > {{t}}.at"
    return f"coalesce(({newer}), 'infinity')"


def history(model: str) -> Rows:
    """The change log of a register: a line goes when a newer one has long replaced it."""
    table = f"{model.split('_')[0]}_historical{model.split('_')[1]}"
    newer = f"SELECT min(n.history_date) FROM {table} n WHERE n.id = {{t}}.id AND n.history_id > {{t}}.history_id"
    until = f"coalesce(({newer}), 'infinity')"
    return plain(table, at="{t}.history_date", until=until, key="history_id", key_type="integer")


LONGER = "greatest({{t}}.at, {{t}}.{})".format
TIMELESS = {"at": "", "until": ""}
ANSWER = plain("reads_answer", "access_id")
HELD = (
    plain("reads_holditem", "hold_id", key_type="bigint", **TIMELESS),
    plain("reads_holddecision", "hold_id"),
    plain(
        "reads_holdreview",
        "hold_id",
        until="greatest({t}.at, ({t}.keep_until + 1)::timestamp AT TIME ZONE 'America/Los_Angeles')",
    ),
    plain("reads_holdmember", "hold_id"),
    plain("reads_releaseasked", "hold_id", plain("reads_releasedecision", "release_id")),
    plain("reads_helddisposed", "hold_id"),
    plain("reads_access", "hold_id", ANSWER),
)
# an approved hold runs until its copies have left the disk
HOLD_UNTIL = (
    "CASE WHEN EXISTS (SELECT 1 FROM reads_holddecision d WHERE d.hold_id = {t}.id AND d.approved) AND NOT EXISTS "
    "(SELECT 1 FROM reads_helddisposed g WHERE g.hold_id = {t}.id) THEN 'infinity' ELSE greatest({t}.at, {t}.expires_at) END"
)
CASE = "{t}.case_number"
STOP = (
    plain(
        "hotlists_nextstep",
        "stop_id",
        plain("hotlists_stepdone", "step_id"),
        until=ended_by("hotlists_stepdone", "step_id"),
    ),
    plain("hotlists_stopnote", "stop_id"),
)
WITHDRAWN = plain("training_completionwithdrawn", "completion_id")
GRANT_UNTIL = ended_by("training_roleend", "grant_id")
# a template runs until a later one of its list is approved
TEMPLATE_UNTIL = (
    "coalesce((SELECT min(d.at) FROM hotlists_listtemplate n JOIN hotlists_templatedecision d ON d.template_id = n.id "
    "AND d.approved WHERE n.hot_list_id = {t}.hot_list_id AND n.number > {t}.number), 'infinity')"
)

CLASSES: dict[RecordClass, tuple[Rows, ...]] = {
    RecordClass.QUERY: (
        plain("reads_readreport", "", plain("reads_correction", "report_id")),
        plain(
            "reads_query",
            "",
            plain("reads_queryuserobjectpermission", "content_object_id", key_type="integer", **TIMELESS),
            plain("reads_querydecision", "query_id"),
            plain("reads_queryrun", "query_id"),
            plain("reads_casenumbersupplied", "query_id", case=CASE),
            plain("reads_access", "query_id", ANSWER, only="{t}.hold_id IS NULL"),
            plain("reads_hold", "query_id", *HELD, until=HOLD_UNTIL, case=CASE),
            case=CASE,
        ),
        plain("reads_hold", "", *HELD, until=HOLD_UNTIL, case=CASE, only="{t}.query_id IS NULL"),
        plain("reads_access", "", ANSWER, only="{t}.query_id IS NULL AND {t}.hold_id IS NULL"),
    ),
    RecordClass.SHARING: (),
    RecordClass.HOT_LIST: (
        plain(
            "hotlists_incident",
            "",
            plain("hotlists_hit", "incident_id"),
            plain("hotlists_incidentassigned", "incident_id"),
            plain("hotlists_mute", "incident_id", until=LONGER("ends_at")),
            plain("hotlists_verification", "incident_id"),
            plain("hotlists_stop", "incident_id", *STOP, case=CASE),
        ),
        plain("hotlists_hit", only="{t}.incident_id IS NULL"),
        plain("hotlists_stop", "", *STOP, case=CASE, only="{t}.incident_id IS NULL"),
        plain("hotlists_vehiclepack"),
        plain(
            "hotlists_entry",
            "",
            plain(
                "hotlists_entryversion",
                "entry_id",
                plain("hotlists_entrydecision", "version_id", plain("hotlists_entryconfirmation", "decision_id")),
                until=LONGER("expires_at"),
                case=CASE,
            ),
            plain("hotlists_entryend", "entry_id"),
            plain("hotlists_entryuse", "entry_id", key="entry_id", **TIMELESS),
            plain("hotlists_watchrow", "entry_id", key_type="bigint", **TIMELESS),
        ),
        plain(
            "hotlists_delivery",
            "",
            plain("hotlists_deliveryprogress", "delivery_id", key="delivery_id", **TIMELESS),
            plain("hotlists_refresh", "delivery_id", plain("hotlists_refreshdecision", "refresh_id")),
        ),
        plain("hotlists_listtemplate", "", plain("hotlists_templatedecision", "template_id"), until=TEMPLATE_UNTIL),
        history("hotlists_hotlist"),
    ),
    RecordClass.TRAINING: (
        plain(
            "training_attempt",
            "",
            plain("training_attemptanswered", "attempt_id"),
            plain("training_completion", "attempt_id", WITHDRAWN, until=LONGER("expires_at")),
        ),
        plain("training_completion", "", WITHDRAWN, until=LONGER("expires_at"), only="{t}.attempt_id IS NULL"),
        plain("training_intake", "", plain("training_intakeapplied", "intake_id")),
        plain("training_storedfile"),
        history("training_course"),
        history("training_question"),
    ),
    RecordClass.AUDIT: (
        plain(
            "training_accountproposal",
            "",
            plain(
                "training_accountdecision",
                "proposal_id",
                plain("training_rolegrant", "decision_id", plain("training_roleend", "grant_id"), until=GRANT_UNTIL),
                plain("training_accountreopened", "decision_id"),
                plain(
                    "training_categorychanged", "decision_id", until=newest_of("training_categorychanged", "member_id")
                ),
                plain("training_factorreset", "decision_id"),
            ),
        ),
        plain(
            "training_rolegrant",
            "",
            plain("training_roleend", "grant_id"),
            until=GRANT_UNTIL,
            only="{t}.decision_id IS NULL",
        ),
        plain("training_accountclosed"),
        plain("training_invitation", "", plain("training_invitationused", "invitation_id"), until=LONGER("expires_at")),
        plain("training_designation", "", plain("training_designationend", "designation_id"), until=LONGER("ends_at")),
        plain("training_loan", "", plain("training_loanend", "loan_id"), until=LONGER("ends_at")),
        plain("training_accessreview", "", plain("training_reviewedmember", "review_id")),
        plain("training_signin"),
        plain("training_refusalrecord"),
        plain(
            "training_accountlock",
            "",
            plain("training_lockrelease", "lock_id"),
            until=ended_by("training_lockrelease", "lock_id"),
        ),
        plain(
            "training_gap",
            "",
            plain("training_gapstep", "gap_id"),
            until=ended_by("training_gapstep", "gap_id", " AND e.closed"),
        ),
        plain("training_letter", "", plain("training_lettersent", "letter_id")),
        plain("training_job", "", plain("training_jobtry", "job_id"), plain("training_jobdone", "job_id")),
        plain("reads_sitingattestation", until=newest_of("reads_sitingattestation", "camera_id")),
        plain(
            "reads_batch",
            "",
            plain("hotlists_matchreceipt", "batch_id", key="batch_id"),
            # a held read names the delivery that it came with
            until="CASE WHEN {t}.id IN (SELECT h.batch_id FROM reads_heldread h) THEN 'infinity' ELSE {t}.at END",
        ),
        plain("reads_deliveryrefused"),
        plain("reads_nonceseen"),
        plain("reads_retentionbreach"),
        plain("reads_backupmade"),
        plain(
            "reads_quarantine",
            "",
            plain("reads_quarantineend", "quarantine_id"),
            until=ended_by("reads_quarantineend", "quarantine_id"),
        ),
        plain("reads_listexport"),
        plain(
            "audits_recordshold",
            "",
            plain(
                "audits_recordsholdendasked",
                "hold_id",
                plain("audits_recordsholdenddecision", "asked_id"),
                until="coalesce((SELECT d.at FROM audits_recordsholdenddecision d WHERE d.asked_id = {t}.id), 'infinity')",
            ),
            until=(
                "coalesce((SELECT min(d.at) FROM audits_recordsholdenddecision d "
                "WHERE d.hold_id = {t}.id AND d.approved), 'infinity')"
            ),
        ),
        history("training_member"),
        history("reads_source"),
        history("reads_camera"),
    ),
}

CHAINED = "Each certificate holds the digest of the one before: none can be taken out, and none tells of a person."
# Records that never go, each with the reason.
FOR_EVER: dict[str, str] = {
    "training_courseapproval": "A course stays, and with it the word that let it count.",
    "training_courseend": "Without it a course that is given no more would be given again.",
    "training_publication": "What the Department published stays readable as what it was.",
    "training_publicationend": "Without it a document that was taken back would hold again.",
    "reads_disposedday": CHAINED,
    "reads_purgerun": CHAINED,
    "reads_certifiedday": CHAINED,
    "reads_brakeraised": CHAINED,
    "reads_brakereleased": CHAINED,
    "audits_reportissued": "It says which years are reported, and so what may go.",
    "audits_disposalproposed": "Who proposed that records go is all that is left to ask about them.",
    "audits_disposaldecision": "Who decided that records go is all that is left to ask about them.",
    "audits_disposedrecords": "The receipt of what went is all that is left of it.",
    "audits_disposalfinished": "The receipt of what went is all that is left of it.",
}

# Tables that are no records: registers, how things stand now, and the bookkeeping of libraries.
NOT_RECORDS: dict[str, str] = {
    "training_member": "Members are never deleted: every record names who acted.",
    "training_member_groups": "Who has which role now; its records are the grants.",
    "training_member_user_permissions": "Always empty: permissions come by role.",
    "training_course": "A register: completions name it.",
    "training_question": "A register: the bank of today.",
    "training_livesession": "The one session of a member that is live.",
    "reads_source": "A register: deliveries name it.",
    "reads_camera": "A register: reads and hits name it.",
    "reads_holdstate": "How a hold stands now; it goes with its copies.",
    "hotlists_hotlist": "A register: entries, files and hits name it.",
    "hotlists_liststate": "Which version of a list is in force now.",
    "hotlists_queueitem": "Incidents that wait now; emptied as they are worked.",
    "hotlists_hitevent": "News of a day.",
    "audits_disposalrow": "What a batch that is not finished disposes of; emptied when it is.",
    "auth_permission": "Made equal to roles.py.",
    "auth_group": "Made equal to roles.py.",
    "auth_group_permissions": "Made equal to roles.py.",
    "django_content_type": "Bookkeeping of Django.",
    "django_session": "Sessions of now.",
    "guardian_userobjectpermission": "Always empty: a colleague's permission stands with its query.",
    "guardian_groupobjectpermission": "Always empty: no group is given an object.",
    "account_emailaddress": "A member's address of now.",
    "account_emailconfirmation": "Bookkeeping of allauth.",
    "mfa_authenticator": "A member's second factors of now.",
}


def every(rows: Rows) -> Iterator[Rows]:
    """The rows and all that hangs on them."""
    yield rows
    for part in rows.parts:
        yield from every(part)


def tables_of(kind: RecordClass) -> list[str]:
    """The tables of a class, each once."""
    return list(dict.fromkeys(part.table for root in CLASSES[kind] for part in every(root)))
