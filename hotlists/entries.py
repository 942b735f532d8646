"""Entries that members propose: what is done with them, one function each, and how they stand, read from the records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import URGENT_CONFIRMED
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.policy.screening import TERMS_VERSION, screen_fields
from alpr_portal.policy.vocabulary import Confidentiality, Feed, Watched
from alpr_portal.records import write_or_tell
from training import loans
from training.models import Member

from . import entry_rules as rules
from .entry_rules import Life, Stands
from .models import Entry, EntryConfirmation, EntryDecision, EntryEnd, EntryVersion, HotList

PROPOSE, DECIDE = "hotlists.propose_entry", "hotlists.decide_entry"
VIEW, SEE_PLATES = "hotlists.view_entries", "hotlists.view_entry_plates"
# The loser of a race is told what the rule would have said: constraint → (sentence, remedy, code).
RACES = {
    constraint: Refusal("C.2.B.2", *said[:2], code=said[2])
    for constraint, said in {
        "hotlists_entrydecision_version_id_key": (
            *("An entry is decided once.", "Another member decided it before you: its page says how."),
            "entry.decided",
        ),
        "entry_decided_as_seen": (
            *("What is approved is what the decider saw.", "The entry was changed meanwhile: look at it again."),
            "entry.changed",
        ),
        "entry_version_numbered_once": (
            *("One change at a time.", "Another member changed the entry before you: look at it again."),
            "entry.changed",
        ),
        "entry_ended": ("An entry that ended stays so.", "Its page says why it ended.", "entry.ended"),
        "hotlists_entryend_entry_id_key": ("An entry ends once.", "Its page says why it ended.", "entry.ended"),
        "hotlists_entryconfirmation_decision_id_key": (
            *("An entry is confirmed once.", "Its page says who did."),
            "entry.nothing_to_confirm",
        ),
        "urgent_entry_lapsed": (
            *("An urgent entry ends unless it is confirmed within 24 hours.", "Have it proposed anew."),
            "entry.lapsed",
        ),
        "entry_decided_by_entitled": (
            *("The Administrator or designee decides on entries.", "Your permission to decide has ended."),
            "entry.not_entitled",
        ),
    }.items()
}


@dataclass(frozen=True)
class Said:
    """What a version says, every value validated by the form or the file."""

    watched: str
    plate: str
    state: str
    make: str
    model: str
    colour: str
    year: str
    marks: str
    purpose: str
    justification: str
    case_number: str
    report_number: str
    expires_at: datetime
    confidentiality: str
    instructions: str
    urgent: bool = False
    change: str = ""
    answers: dict[str, str] = field(default_factory=dict)


# --- how they stand ---------------------------------------------------------------------------------------------------


def lists_of_members() -> QuerySet[HotList]:
    """The lists that members propose entries for."""
    return HotList.objects.filter(feed=Feed.MEMBERS.value, is_active=True)


def in_force(now: datetime, prefix: str = "") -> Q:
    """Approved, not ended, not expired, not lapsed; whether a newer version replaced it is not asked here."""
    due = now - URGENT_CONFIRMED.now
    lasting = ~Q(**{f"{prefix}urgent": True, f"{prefix}decision__on_behalf_of__isnull": False})
    confirmed = Q(**{f"{prefix}decision__confirmation__confirmed": True})
    fresh = Q(**{f"{prefix}decision__confirmation__isnull": True, f"{prefix}decision__at__gt": due})
    return (
        Q(**{f"{prefix}decision__approved": True, f"{prefix}entry__end__isnull": True, f"{prefix}expires_at__gt": now})
        & ~Q(**{f"{prefix}decision__confirmation__confirmed": False})
        & (lasting | confirmed | fresh)
    )


@clause("C.2.B.2")
def with_life(versions: QuerySet[EntryVersion], now: datetime) -> QuerySet[Any]:
    """Each version with ``life`` as the records tell it at ``now``. The twin of ``entry_rules.life``."""
    later = EntryVersion.objects.filter(entry=OuterRef("entry"), number__gt=OuterRef("number"))
    designee = Q(urgent=True, decision__on_behalf_of__isnull=False)
    lapsed = Q(decision__confirmation__confirmed=False) | (
        designee & Q(decision__confirmation__isnull=True, decision__at__lte=now - URGENT_CONFIRMED.now)
    )
    return versions.annotate(
        has_later=Exists(later),
        is_replaced=Exists(later.filter(decision__approved=True)),
        life=Case(
            When(decision__approved=False, then=Value(Life.DENIED.value)),
            When(Q(is_replaced=True) | Q(decision__isnull=True, has_later=True), then=Value(Life.SUPERSEDED.value)),
            When(entry__end__isnull=False, then=Value(Life.ENDED.value)),
            When(decision__isnull=True, expires_at__gt=now, then=Value(Life.PENDING.value)),
            When(decision__isnull=True, then=Value(Life.EXPIRED.value)),
            When(lapsed, then=Value(Life.LAPSED.value)),
            When(expires_at__gt=now, then=Value(Life.ACTIVE.value)),
            default=Value(Life.EXPIRED.value),
            output_field=CharField(),
        ),
    )


def newest(now: datetime) -> QuerySet[Any]:
    """The newest version of each entry, with ``stands``: how the entry stands, and ``force_id``, ``force_until``.

    An entry is in force while an approved version of it is, whatever became of a newer one.
    """
    of_entry = EntryVersion.objects.filter(entry=OuterRef("entry"))
    replaced = Exists(
        EntryVersion.objects.filter(entry=OuterRef("entry"), number__gt=OuterRef("number"), decision__approved=True)
    )
    force = of_entry.filter(in_force(now)).filter(~replaced).order_by("-number")
    found = with_life(EntryVersion.objects.all(), now).filter(has_later=False)
    return found.annotate(
        force_id=Subquery(force.values("pk")[:1]), force_until=Subquery(force.values("expires_at")[:1])
    ).annotate(
        stands=Case(
            When(force_id__isnull=False, then=Value(Life.ACTIVE.value)), default=F("life"), output_field=CharField()
        )
    )


def stands_of(version: EntryVersion) -> Stands:
    """What tells how a version stands, for the pure rule."""
    decision = getattr(version, "decision", None)
    confirmation = getattr(decision, "confirmation", None) if decision else None
    later = version.entry.versions.filter(number__gt=version.number)
    return Stands(
        approved=decision.approved if decision else None,
        expires_at=version.expires_at,
        ended=hasattr(version.entry, "end"),
        urgent=version.urgent,
        by_designee=bool(decision and decision.on_behalf_of_id),
        decided_at=decision.at if decision else None,
        confirmed=confirmation.confirmed if confirmation else None,
        newer="approved" if later.filter(decision__approved=True).exists() else "open" if later.exists() else "",
    )


def awaiting(now: datetime) -> QuerySet[Any]:
    """The versions that wait for a decision, the urgent first, then the oldest."""
    return with_life(EntryVersion.objects.all(), now).filter(life=Life.PENDING.value).order_by("-urgent", "at")


def decidable_by(member: Member, now: datetime) -> QuerySet[Any]:
    """Those that this member may decide: of entries that are not theirs."""
    return awaiting(now).exclude(Q(by=member) | Q(entry__by=member))


def to_confirm(now: datetime) -> QuerySet[Any]:
    """The urgent versions that a designee let in and that nobody confirmed yet, the first due first."""
    active = with_life(EntryVersion.objects.all(), now).filter(life=Life.ACTIVE.value, urgent=True)
    waiting = active.filter(decision__on_behalf_of__isnull=False, decision__confirmation__isnull=True)
    return waiting.order_by("decision__at")


# --- who sees them ----------------------------------------------------------------------------------------------------


def oversees(member: Member) -> bool:
    """Whether the member sees every entry by role, without its plate where it is confidential."""
    return bool(member.has_perm("hotlists.manage_lists") or not member.has_perm(SEE_PLATES))


def _theirs(member: Member) -> Q:
    """Versions that a member sees as their own unit's, or as their own."""
    own = Q(by=member) | Q(entry__by=member)
    return own | Q(by_unit=member.unit) if member.unit else own


@clause("C.2.B.2", "C.3.b")
def visible_to(member: Member, versions: QuerySet[Any]) -> QuerySet[Any]:
    """The versions whose entry exists for this member: confidential ones are their unit's; the rest is 404.

    An entry is confidential where its newest version is, or the one that is in force.
    """
    if member.has_perm(DECIDE) or oversees(member):
        return versions
    later = EntryVersion.objects.filter(entry=OuterRef("entry"), number__gt=OuterRef("number"), decision__approved=True)
    hidden = EntryVersion.objects.filter(entry=OuterRef("entry"), confidentiality=Confidentiality.UNIT.value).exclude(
        _theirs(member)
    )
    of_newest = Q(~Exists(EntryVersion.objects.filter(entry=OuterRef("entry"), number__gt=OuterRef("number"))))
    hidden = hidden.filter(of_newest | Q(~Exists(later), decision__approved=True))
    return versions.filter(~Exists(hidden))


def sees(member: Member, version: EntryVersion) -> bool:
    """Whether this very version is shown to the member."""
    return rules.may_see(
        confidentiality=version.confidentiality,
        same_unit=bool(member.unit) and member.unit == version.by_unit,
        proposed=member.pk in (version.by_id, version.entry.by_id),
        decides=member.has_perm(DECIDE),
        oversees=oversees(member),
    )


def sees_plate(member: Member, version: EntryVersion) -> bool:
    """Whether the member sees which plate this version watches for."""
    return rules.may_see_plate(
        confidentiality=version.confidentiality,
        same_unit=bool(member.unit) and member.unit == version.by_unit,
        proposed=member.pk in (version.by_id, version.entry.by_id),
        decides=member.has_perm(DECIDE),
        holds_verb=member.has_perm(SEE_PLATES),
    )


def same_plate(said: Said, *, by: Member, now: datetime, but: Entry | None = None) -> QuerySet[Any]:
    """Entries in force, or awaiting a decision, that watch for the same plate and that ``by`` may see."""
    if said.watched == Watched.VEHICLE.value:
        return EntryVersion.objects.none()
    found = newest(now).filter(stands__in=[Life.ACTIVE.value, Life.PENDING.value], plate=said.plate)
    return visible_to(by, found.exclude(entry=but)).select_related("entry__hot_list").order_by("at")


# --- what is done -----------------------------------------------------------------------------------------------------


def hold(entry: Entry) -> None:
    """Take turns on one entry until the end of the transaction, as its triggers do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hotlists_hold_entry(%s)", [entry.pk])


def screened(said: Said) -> dict[str, Any]:
    """What the screens say of an entry, to be recorded and shown to whoever decides. Raises Refused."""
    found = screen_fields(said.justification, said.instructions, said.marks, said.change)
    require(rules.may_be_proposed(outcome=found.outcome, categories=found.categories))
    return {"categories": found.categories, "words": found.words, "outcome": found.outcome, "terms": TERMS_VERSION}


@clause("C.2.B.2", "C.2.B.2-min", "C.2.A.1")
def propose_entry(hot_list: HotList, said: Said, *, by: Member, now: datetime) -> EntryVersion:
    """A new entry, which waits for a decision; member, date and time come from session and clock. Raises Refused."""
    if not by.has_perm(PROPOSE):
        require(
            Refusal(
                "C.2.B.2",
                "Your role does not include to propose entries.",
                "Ask your supervisor.",
                code="entry.not_entitled",
            )
        )
    screening = screened(said)
    with transaction.atomic():
        entry = Entry.objects.write(by=by, hot_list=hot_list)
        return EntryVersion.objects.write(by=by, entry=entry, number=1, screening=screening, **asdict(said))


def propose_entries(rows: Iterable[tuple[HotList, Said]], *, by: Member, now: datetime) -> list[EntryVersion]:
    """Several new entries, all or none. Raises Refused."""
    with transaction.atomic():
        return [propose_entry(hot_list, said, by=by, now=now) for hot_list, said in rows]


@clause("C.2.B.2")
def edit_entry(entry: Entry, said: Said, *, seen: str, by: Member, now: datetime) -> EntryVersion:
    """A change or renewal: a new version that waits, while the one in force stays so. Raises Refused.

    ``seen``: the id of the newest version when the form was opened.
    """
    require(blocks_edit(entry, by))
    screening = screened(said)
    with transaction.atomic():
        hold(entry)
        last = entry.versions.latest("number")
        if str(last.pk) != seen:
            require(RACES["entry_version_numbered_once"])
        values = {"entry": entry, "number": last.number + 1, "screening": screening, **asdict(said)}
        return write_or_tell(RACES, EntryVersion, by=by, **values)


def blocks_edit(entry: Entry, by: Member) -> Refusal | None:
    """What stands against ``by`` proposing a change of this entry now."""
    return rules.may_edit_entry(
        by=by.pk,
        unit=by.unit,
        first_proposed_by=entry.by_id,
        proposed_unit=entry.by_unit,
        holds_verb=by.has_perm(PROPOSE),
        ended=EntryEnd.objects.filter(entry=entry).exists(),
    )


def blocks_decision(version: EntryVersion, by: Member, *, approves: bool, now: datetime) -> Refusal | None:
    """What stands against ``by`` deciding this version now."""
    entry = version.entry
    return rules.may_decide_entry(
        decider=by.pk,
        proposed_by=version.by_id,
        first_proposed_by=entry.by_id,
        holds_verb=by.has_perm(DECIDE),
        decided=EntryDecision.objects.filter(version=version).exists(),
        newest=not EntryVersion.objects.filter(entry=entry, number__gt=version.number).exists(),
        ended=EntryEnd.objects.filter(entry=entry).exists(),
        expired=version.expires_at <= now,
        approves=approves,
    )


@clause("C.2.B.2")
def decide_entry(version: EntryVersion, *, approved: bool, reason: str, by: Member, now: datetime) -> EntryDecision:
    """The Administrator's or designee's word on the version they saw; the database puts it in force. Raises Refused."""
    with transaction.atomic():
        hold(version.entry)
        require(blocks_decision(version, by, approves=approved, now=now))
        return write_or_tell(
            RACES,
            EntryDecision,
            by=by,
            on_behalf_of=loans.principal_of(by, DECIDE),
            version=version,
            approved=approved,
            reason=reason,
            proposed_by=version.by,
        )


def blocks_confirmation(version: EntryVersion, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` confirming this urgent version now."""
    decision = EntryDecision.objects.filter(version=version).select_related("confirmation").first()
    stands = stands_of(EntryVersion.objects.select_related("entry__end", "decision__confirmation").get(pk=version.pk))
    alive = decision is not None and not stands.ended and stands.newer != "approved"
    return rules.may_confirm_entry(
        by=by.pk,
        proposed_by=(version.by_id, version.entry.by_id),
        decided_by=decision.by_id if decision else None,
        holds_own=loans.held(by, DECIDE),
        due_at=rules.confirm_by(stands) if alive else None,
        now=now,
    )


@clause("C.2.B.2")
def confirm_entry(
    version: EntryVersion, *, confirmed: bool, reason: str, by: Member, now: datetime
) -> EntryConfirmation:
    """The Administrator's own word on an urgent entry that a designee let in; a no ends it at once. Raises Refused."""
    with transaction.atomic():
        hold(version.entry)
        require(blocks_confirmation(version, by, now=now))
        values = {"decision": EntryDecision.objects.get(version=version), "proposed_by": version.by}
        return write_or_tell(RACES, EntryConfirmation, by=by, confirmed=confirmed, reason=reason, **values)


def blocks_end(entry: Entry, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` ending this entry now."""
    last = newest(now).get(entry=entry)
    return rules.may_end_entry(
        by=by.pk,
        proposers=(entry.by_id, last.by_id),
        supervises_unit=bool(by.unit) and by.unit == entry.by_unit and by.has_perm("hotlists.assign_incident"),
        decides=by.has_perm(DECIDE),
        ended=last.stands == Life.ENDED.value,
        alive=last.stands in (Life.ACTIVE.value, Life.PENDING.value),
    )


@clause("C.2.B.2")
def end_entry(entry: Entry, *, because: str, note: str, by: Member, now: datetime) -> EntryEnd:
    """End an entry before its time: from this moment it matches nothing. Raises Refused."""
    with transaction.atomic():
        hold(entry)
        require(blocks_end(entry, by, now=now))
        return write_or_tell(RACES, EntryEnd, by=by, entry=entry, because=because, note=note)
