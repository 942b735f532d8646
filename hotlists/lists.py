"""The hot lists: kept by the Coordinator; templates the Administrator approves, held files a second person decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LIST_SILENT, LIST_STALE
from alpr_portal.policy.refusal import BadInput, Refusal, Refused, require
from alpr_portal.policy.vocabulary import Feed, RefreshOutcome
from alpr_portal.records import broken_constraint
from training import loans
from training.models import Member

from . import importer
from . import list_rules as rules
from .layouts import Layout
from .models import Delivery, HotList, ListState, ListTemplate, Refresh, RefreshDecision, TemplateDecision

MANAGE, APPROVE, VIEW = "hotlists.manage_lists", "hotlists.approve_template", "hotlists.view_lists"
DECIDE = "hotlists.decide_refresh"
FIXED = {"name", "kind", "feed"}  # of a list, once it is made
BUSY = Refusal(
    "C.2.B.1",
    "A file of this list is being read right now.",
    "Try again in a minute, and look first whether it replaced the list.",
    code="refresh.busy",
)
BADGES = {
    "fresh": ("run", "Fresh"),
    "stale": ("wait", "Stale"),
    "silent": ("refuse", "Silent: raises no hits"),
    "never": ("wait", "Never loaded"),
}
OUTCOMES = {"applied": "run", "held": "wait", "refused": "refuse"}


# --- what stands where ------------------------------------------------------------------------------------------------


def file_fed() -> QuerySet[HotList]:
    """Active lists that files feed."""
    return HotList.objects.filter(is_active=True, feed=Feed.FILE.value)


def held() -> QuerySet[Refresh]:
    """Files that wait for a person, unless a newer one replaced the list meanwhile."""
    newer = ListState.objects.filter(hot_list=OuterRef("hot_list"), refresh__number__gt=OuterRef("number"))
    return Refresh.objects.filter(~Exists(newer), outcome=RefreshOutcome.HELD.value, decision__isnull=True)


def open_templates() -> QuerySet[ListTemplate]:
    """The newest template of each list, where nobody decided it."""
    newer = ListTemplate.objects.filter(hot_list=OuterRef("hot_list"), number__gt=OuterRef("number"))
    return ListTemplate.objects.filter(~Exists(newer), decision__isnull=True)


def late(now: datetime) -> QuerySet[HotList]:
    """Active lists that files feed and whose version in force is over 24 hours old."""
    return file_fed().filter(state__refreshed_at__lt=now - LIST_STALE.now)


def by_state(found: QuerySet[HotList], state: str, now: datetime) -> QuerySet[HotList]:
    """The lists in one state: held, template, stale, silent, never."""
    fed = Q(is_active=True, feed=Feed.FILE.value)
    return {
        "held": lambda: found.filter(pk__in=held().values("hot_list")),
        "template": lambda: found.filter(pk__in=open_templates().values("hot_list")),
        "stale": lambda: found.filter(fed, state__refreshed_at__lt=now - LIST_STALE.now),
        "silent": lambda: found.filter(fed, state__refreshed_at__lte=now - LIST_SILENT.now),
        "never": lambda: found.filter(fed, state__isnull=True),
    }[state]()


def overview() -> QuerySet[HotList]:
    """Every list with its version in force, and how much of it waits for somebody; a constant number of queries."""
    return HotList.objects.select_related("state__refresh").annotate(
        is_held=Exists(held().filter(hot_list=OuterRef("pk"))),
        has_open_template=Exists(open_templates().filter(hot_list=OuterRef("pk"))),
    )


def age_of(hot_list: HotList, now: datetime) -> timedelta | None:
    """How old the version in force is; None where there is none."""
    state = getattr(hot_list, "state", None)
    return now - state.refreshed_at if state else None


@clause("C.2.A.1-age", "C.2.B.1")
def state_of(hot_list: HotList, now: datetime) -> tuple[str, str]:
    """A list's state in a word: (badge kind, text)."""
    if not hot_list.is_active:
        return "", "Switched off"
    if hot_list.feed != Feed.FILE:
        return "info", "Members’ entries"
    return BADGES[rules.age_state(age_of(hot_list, now))]


def outcome_of(receipt: Refresh) -> tuple[str, str]:
    """What became of a file: (badge kind, text)."""
    decision = getattr(receipt, "decision", None)
    if decision:
        return ("run", "Held, then applied") if decision.applied else ("refuse", "Held, then left out")
    return OUTCOMES[receipt.outcome], RefreshOutcome.says(receipt.outcome)


def same_content(receipt: Refresh) -> Refresh | None:
    """The earlier file with the same content, byte for byte: its source may have stopped renewing it."""
    same = Refresh.objects.filter(hot_list=receipt.hot_list_id, delivery__digest=receipt.delivery.digest)
    return same.filter(number__lt=receipt.number).order_by("-number").first()


def template_blocked(template: ListTemplate, by: Member) -> Refusal | None:
    """What stands against this member deciding the template now."""
    newer = ListTemplate.objects.filter(hot_list=template.hot_list_id, number__gt=template.number).exists()
    return rules.may_decide_template(
        by=by.pk, author=template.by_id, decided=hasattr(template, "decision"), newer=newer
    )


def held_blocked(receipt: Refresh, by: Member, *, applied: bool = False) -> Refusal | None:
    """What stands against this member deciding the held file now."""
    newer = ListState.objects.filter(hot_list=receipt.hot_list_id, refresh__number__gt=receipt.number).exists()
    return rules.may_decide_held(
        by=by.pk,
        deliverer=receipt.by_id,
        held=receipt.outcome == RefreshOutcome.HELD,
        decided=hasattr(receipt, "decision"),
        newer_stands=newer,
        applied=applied,
    )


# --- what is done -----------------------------------------------------------------------------------------------------


@clause("C.2.A.1")
def save_list(hot_list: HotList | None, *, by: Member, **values: Any) -> HotList:
    """Add a hot list of a kind that the order names, or correct one; what it is and what feeds it never changes.

    Raises Refused, and BadInput list.taken where another has the name.
    """
    if hot_list is None:
        require(rules.may_use_list(kind=values["kind"], feed=values["feed"]))
        hot_list = HotList()
    else:
        values = {name: value for name, value in values.items() if name not in FIXED}
    for name, value in values.items():
        setattr(hot_list, name, value)
    hot_list._history_user = by  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            hot_list.save()
    except IntegrityError as error:
        if "name" not in broken_constraint(error):
            raise
        raise BadInput("list.taken", "Name: another list has it.", "name") from None
    return hot_list


@clause("C.2.B.1", "C.2.A.1")
def propose_template(hot_list: HotList, *, by: Member, layout: Layout, note: str = "") -> ListTemplate:
    """A new version of how a list's files are read; it counts once somebody else approved it. Raises Refused."""
    require(rules.may_deliver(feed=hot_list.feed, active=True))
    require(rules.may_use_layout(kind=hot_list.kind, fields=layout.fields))
    with transaction.atomic():
        HotList.objects.select_for_update(no_key=True).get(pk=hot_list.pk)  # of two, the second gets the next number
        number = ListTemplate.objects.filter(hot_list=hot_list).count() + 1
        return ListTemplate.objects.write(by=by, hot_list=hot_list, number=number, layout=layout.as_json(), note=note)


@clause("C.2.A.1")
def decide_template(template: ListTemplate, *, by: Member, approved: bool, reason: str) -> TemplateDecision:
    """The Administrator's or designee's word on a template. Raises Refused."""
    try:
        with transaction.atomic():
            HotList.objects.select_for_update(no_key=True).get(pk=template.hot_list_id)
            template = ListTemplate.objects.select_related("by", "decision").get(pk=template.pk)
            require(template_blocked(template, by))
            return TemplateDecision.objects.write(
                by=by,
                on_behalf_of=loans.principal_of(by, APPROVE),
                template=template,
                approved=approved,
                reason=reason,
                proposed_by=template.by,
            )
    except IntegrityError as error:
        if broken_constraint(error) == "hotlists_templatedecision_template_id_key":
            require(rules.may_decide_template(by=by.pk, author=None, decided=True, newer=False))
        raise


@clause("C.2.B.1")
def decide_refresh(receipt: Refresh, *, by: Member, applied: bool, reason: str) -> RefreshDecision:
    """A second person's word on a held file: it replaces the list now, or it never does. Raises Refused."""
    with importer.reading(receipt.hot_list_id) as mine:
        if not mine:
            raise Refused(BUSY)
        try:
            with transaction.atomic():
                receipt = Refresh.objects.select_related("by", "decision").get(pk=receipt.pk)
                require(held_blocked(receipt, by, applied=applied))
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = '120s'")  # a million old rows go in it
                return RefreshDecision.objects.write(
                    by=by, refresh=receipt, applied=applied, reason=reason, delivered_by=receipt.by
                )
        except IntegrityError as error:
            if broken_constraint(error) == "hotlists_refreshdecision_refresh_id_key":
                require(
                    rules.may_decide_held(
                        by=by.pk, deliverer=None, held=True, decided=True, newer_stands=False, applied=applied
                    )
                )
            raise


def receipts_of(hot_list: HotList) -> QuerySet[Refresh]:
    """What came in for a list, newest first."""
    found = Refresh.objects.filter(hot_list=hot_list).select_related("delivery", "template", "decision")
    return found.defer("faults").order_by("-number")


def unread_of(hot_list: HotList) -> QuerySet[Delivery]:
    """Files of a list that are not read yet."""
    return Delivery.objects.filter(hot_list=hot_list, refresh__isnull=True).select_related("progress").order_by("-at")


def being_read(delivery: Delivery) -> bool:
    """Whether somebody reads the file now."""
    progress = getattr(delivery, "progress", None)
    return progress is not None and progress.beat_at > timezone.now() - importer.LEASE
