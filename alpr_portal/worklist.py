"""What waits for me, oldest first: a query over state, never a second store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from alpr_portal.policy.parameters import CASE_NUMBER_DUE, LAPSE_LETTERS, URGENT_CONFIRMED
from alpr_portal.templatetags.portal import ago, when
from audits import waiting as of_records
from hotlists import waiting_entries as of_entries
from hotlists import waiting_hits, waiting_lists
from hotlists import waiting_stops as of_stops
from reads import waiting as of_reads
from reads.corrections import waiting as of_corrections
from reads.holds import waiting as of_holds
from training import waiting
from training.access import opens_data
from training.standing import standing

LAPSES_SOON = timedelta(days=max(LAPSE_LETTERS.now))  # the worklist warns of training that lapses within this


@dataclass(frozen=True)
class Item:
    """One line of the worklist: what, how many, the oldest one's time, where it is done, the clause behind it, a picture."""

    label: str
    count: int
    oldest_at: datetime | None
    url: str
    clause: str
    icon: str
    due_at: datetime | None = None

    @property
    def clock(self) -> str:
        """``First due`` or ``Oldest``, its time, and how far it is; empty where no time is known."""
        at = self.due_at or self.oldest_at
        word = "First due" if self.due_at else "Oldest"
        return f"{word}: {when(at)} ({ago(at)})" if at else ""


@dataclass(frozen=True)
class Line:
    """A kind of work: who has it (holders of any of the verbs, or everybody), what counts it, and where it is done.

    ``due``: the time that ``counts`` answers lies ahead; ``due_after``: … is so long before the due one.
    """

    verbs: tuple[str, ...]
    label: str
    counts: Callable[[Any], tuple[int, datetime | None]]
    page: str
    clause: str
    icon: str
    query: str = ""
    due: bool = False
    due_after: timedelta | None = None

    def item(self, member: Any) -> Item | None:
        """The line as it stands for this member; None where nothing waits, or where the page does not exist."""
        try:
            url = reverse(self.page) + self.query
        except NoReverseMatch:
            return None
        count, at = self.counts(member)
        if not count:
            return None
        due_at = at + self.due_after if at and self.due_after else at if self.due else None
        return Item(self.label, count, at, url, self.clause, self.icon, due_at=due_at)


DECIDE, ASK = "reads.decide_query", "reads.run_query"
DECIDE_ENTRY, PROPOSE_ENTRY = "hotlists.decide_entry", "hotlists.propose_entry"
WORK = "hotlists.work_hits"
DECIDE_HOLD, ASK_HOLD = "reads.decide_hold", "reads.ask_hold"
MINE = (
    Line((), "Exams that you began", waiting.open_exams, "my_training", "J", "mortarboard"),
    Line((), "Recovery codes are running out", waiting.few_codes, "mfa_index", "F.1", "key"),
)
LINES = (
    Line((DECIDE,), "Searches that await your decision", of_reads.to_decide, "list_waiting", "C.2.B", "clipboard-check"),
    Line((DECIDE,), "Searches of your unit with an overdue case number", of_reads.overdue, "list_queries", "C.2.B",
         "clock", "?state=owes"),
    Line((ASK,), "Approved searches, ready to run", of_reads.approved, "list_queries", "C.2.B", "search", "?state=ready"),
    Line((ASK,), "Searches that were not approved", of_reads.denied, "list_queries", "C.2.B", "x-octagon",
         "?state=not_approved"),
    Line((ASK,), "Searches that owe their case number", of_reads.case_numbers, "list_queries", "C.2.B",
         "file-earmark-text", "?state=owes", due_after=CASE_NUMBER_DUE.now),
    Line((DECIDE_HOLD,), "Holds that await your decision", of_holds.to_decide, "list_holds", "G", "clipboard-check",
         "?state=waiting", due=True),
    Line((DECIDE_HOLD,), "Holds to review within 14 days", of_holds.to_review, "list_holds", "G", "calendar3",
         "?review=due", due=True),
    Line((DECIDE_HOLD,), "Releases of holds that await your decision", of_holds.releases, "list_holds", "G",
         "clipboard-check", "?release=waits"),
    Line((ASK_HOLD,), "Holds of yours that end unless they are reviewed", of_holds.mine_ending, "list_holds", "G",
         "calendar3", "?review=due&whose=own", due=True),
    Line((ASK_HOLD,), "Holds of yours that were not approved", of_holds.denied, "list_holds", "G", "x-octagon",
         "?state=denied&whose=own&news=yes"),
    Line((WORK,), "Hits that nobody works yet", waiting_hits.waiting, "list_hits", "C.2.A", "bell", "?assigned=nobody"),
    Line((WORK,), "Hits that are yours", waiting_hits.mine, "list_hits", "C.2.A", "bell", "?assigned=me"),
    Line(("hotlists.record_stop", "hotlists.view_stops"), "Stops without a record", of_stops.unrecorded, "list_stops",
         "C.2.A.2", "exclamation-triangle"),
    Line(("hotlists.view_stops",), "Stops without full verification", of_stops.unverified, "list_stops", "C.2.A",
         "exclamation-triangle", "?verification=lately"),
    Line(("hotlists.record_stop",), "Next steps of your stops that are overdue", of_stops.my_steps, "list_stops",
         "C.2.A.2", "clock", "?steps=mine", due=True),
    Line(("hotlists.assign_incident",), "Next steps of your unit's stops that are overdue", of_stops.steps_of_unit,
         "list_stops", "C.2.A.2", "clock", "?steps=overdue", due=True),
    Line((DECIDE_ENTRY,), "Urgent entries that await your decision", of_entries.urgent_to_decide, "decide_entries",
         "C.2.B.2", "exclamation-triangle"),
    Line((DECIDE_ENTRY,), "Entries that await your decision", of_entries.to_decide, "decide_entries", "C.2.B.2",
         "clipboard-check"),
    Line((DECIDE_ENTRY,), "Urgent entries to confirm", of_entries.to_confirm, "list_entries", "C.2.B.2",
         "exclamation-triangle", "?confirm=yes", due_after=URGENT_CONFIRMED.now),
    Line((PROPOSE_ENTRY,), "Entries of yours that were not approved", of_entries.denied, "list_entries", "C.2.B.2",
         "x-octagon", "?state=denied&whose=own&news=yes"),
    Line((PROPOSE_ENTRY,), "Urgent entries of yours that nobody confirmed", of_entries.lapsed, "list_entries", "C.2.B.2",
         "exclamation-triangle", "?state=lapsed&whose=own"),
    Line((PROPOSE_ENTRY,), "Entries of yours that end within three days", of_entries.expiring, "list_entries", "C.2.B.2",
         "clock", "?soon=yes&whose=own", due=True),
    Line(("hotlists.decide_refresh",), "Files of hot lists that are held for a person", waiting_lists.held_files,
         "list_hot_lists", "C.2.B.1", "clipboard-check", "?state=held"),
    Line(("hotlists.approve_template",), "Templates of hot lists that await your decision", waiting_lists.open_templates,
         "list_hot_lists", "C.2.A.1", "clipboard-check", "?state=template"),
    Line(("hotlists.manage_lists",), "Hot lists over 24 hours old", waiting_lists.stale, "list_hot_lists", "C.2.B.1",
         "clock", "?state=stale"),
    Line(("hotlists.manage_lists",), "Hot lists that were never loaded", waiting_lists.never_loaded, "list_hot_lists",
         "C.2.B.1", "hourglass-split", "?state=never"),
    Line(("reads.correct_read",), "Reads reported wrong that await your decision", of_corrections.to_decide,
         "list_corrections", "C.2.A.1-age", "flag", "?state=open"),
    Line(("reads.attest_siting",), "Cameras without a siting attestation", of_reads.unattested, "list_cameras", "C.3.1",
         "camera-video", "?siting=none"),
    Line(("training.decide_account", "training.decide_factor"), "Proposals about accounts that await your decision",
         waiting.proposals, "list_proposals", "C.3.b", "clipboard-check", "?state=waiting"),
    Line(("training.release_lock",), "Locked accounts", waiting.locked, "list_locks", "K.login", "lock"),
    Line(("training.edit_member",), "Accounts without a supervisor", waiting.unsupervised, "list_members", "C.3.b",
         "people", "?state=unsupervised"),
    Line(("training.decide_account",), "Invitations that ran out unused", waiting.not_taken_up, "list_members", "F.1",
         "send"),
    Line(("training.sign_review",), "People whose yearly review of access is due", waiting.reviews_due, "sign_review",
         "C.3.b", "clipboard-check"),
    Line(("training.view_sign_ins",), "Reviewers whose yearly review of access is due", waiting.reviewers_late,
         "list_reviews", "C.3.b", "calendar3"),
    Line(("training.designate",), "Designations that end within 30 days", waiting.designations_ending,
         "list_designations", "C.1", "calendar3", due=True),
    Line(("training.designate",), "Members with access and without a designation", waiting.undesignated,
         "list_designations", "C.1", "person-lock"),
    Line(("training.approve_course",), "Courses that await your approval", waiting.to_approve, "list_courses", "C.3.a",
         "clipboard-check"),
    Line(("training.manage_courses",), "Courses without approval", waiting.unapproved, "list_courses", "C.3.a",
         "hourglass-split"),
    Line(("training.manage_courses",), "Topics that no approved course covers", waiting.uncovered, "list_courses", "J",
         "exclamation-triangle"),
    Line(("training.publish_document",), "Kinds of documents without one in force", waiting.kinds_missing,
         "list_documents", "L.1", "file-earmark-text"),
    Line(("training.view_gaps",), "Known gaps that are overdue", waiting.gaps_overdue, "list_gaps", "K.login", "flag",
         "?state=overdue"),
    Line(("training.manage_gaps",), "Letters that have not left for a day", waiting.letters_late, "health", "J", "send"),
    Line(("audits.decide_disposal",), "Disposals of records that await your decision", of_records.batches,
         "list_disposals", "K.report", "clipboard-check", "?state=waits"),
    Line(("audits.hold_records",), "Legal holds over records whose end awaits your decision", of_records.hold_ends,
         "list_records_holds", "K.report", "clipboard-check", "?state=asked"),
    Line((), "Files that are ready", waiting.files_ready, "list_jobs", "F.1", "download"),
)  # fmt: skip
# Who looks after whose training: state, words.
OTHERS = ("training.propose_account", "training.enter_completion")
TRAINED = (
    ("lapsing", "Members whose training lapses within 60 days", "mortarboard"),
    ("lapsed", "Members whose training has lapsed", "person-lock"),
    ("never", "Members with access who were never trained", "exclamation-triangle"),
)


def worklist(member: Any, *, shut: bool | None = None) -> list[Item]:
    """Everything that waits for this member now, oldest first; a constant number of queries.

    Who may not enter today sees only what is their own and leads to a page that is open to them; ``shut`` says so where
    it was asked before.
    """
    found = [*own_training(member)]
    lines = MINE if (is_shut(member) if shut is None else shut) else (*MINE, *LINES)
    for line in lines:
        if not line.verbs or any(member.has_perm(verb) for verb in line.verbs):
            item = line.item(member)
            found += [item] if item else []
    if lines is not MINE and member.has_perm("training.view_training") and any(map(member.has_perm, OTHERS)):
        found += others_training(member)
    return sorted(found, key=lambda item: item.oldest_at or timezone.now())


def is_shut(member: Any) -> bool:
    """Whether the member's role opens data and they may not enter today: then only their training is open (C.3.a)."""
    return opens_data(member) and not standing(member, timezone.now()).may_enter


def own_training(member: Any) -> Iterator[Item]:
    """One's own training: it lapses soon, or does not hold."""
    if not opens_data(member):
        return
    now = timezone.now()
    papers, url = standing(member, now), reverse("my_training")
    if papers.refusal:
        yield Item("Your training or designation does not hold", 1, None, url, papers.refusal.clause, "person-lock")
    elif papers.lapses_at and papers.lapses_at - now <= LAPSES_SOON:
        yield Item("Your training lapses", 1, None, url, "C.3.a", "mortarboard", due_at=papers.lapses_at)


def others_training(member: Any) -> Iterator[Item]:
    """The training of one's people: lapsing, lapsed, never trained."""
    said, url = waiting.trained(member), reverse("list_training")
    for state, label, icon in TRAINED:
        count, at = said[state]
        if count:
            due_at = at if state == "lapsing" else None
            yield Item(label, count, at, f"{url}?state={state}", "J", icon, due_at=due_at)


def of(request: HttpRequest) -> list[Item]:
    """The worklist of who asks, made once in a request: the page and the navigation show the same."""
    found: list[Item] | None = getattr(request, "worklist", None)
    if found is None:
        found = worklist(request.user, shut=shut(request))
        request.worklist = found  # type: ignore[attr-defined]
    return found


def shut(request: HttpRequest) -> bool:
    """Whether who asks may not enter today; asked once in a request."""
    found: bool | None = getattr(request, "is_shut", None)
    if found is None:
        found = request.is_shut = is_shut(request.user)  # type: ignore[attr-defined]
    return found


def training_notice(member: Any) -> dict[str, Any]:
    """Whether the member may enter today, until when, and whether that is soon; nothing where no role opens data."""
    if not opens_data(member):
        return {"refusal": None, "lapses_at": None, "soon": False}
    now = timezone.now()
    papers = standing(member, now)
    soon = papers.lapses_at is not None and papers.lapses_at - now <= LAPSES_SOON
    return {"refusal": papers.refusal, "lapses_at": papers.lapses_at, "soon": soon}
