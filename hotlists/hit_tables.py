"""What the lists of hits show: filters kept in the address, and the card of each hit, opened under one access."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import django_filters as filters
from django.db.models import F, Q, QuerySet

from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Match
from alpr_portal.templatetags.portal import seconds
from reads import likeness
from reads.evidence import Shot
from reads.models import POLICE_AREAS
from reads.plates import read_pattern
from reads.search import answered
from training.models import Member

from . import incidents, sights
from .models import Hit, HotList, QueueItem
from .models.lists import PRIORITIES

PAGE = 25
KEPT = timedelta(days=30)  # what candidates saw lives no longer
AGES = {"hour": timedelta(hours=1), "shift": timedelta(hours=8), "day": timedelta(hours=24)}
AGE_CHOICES = [
    ("hour", "The last hour"),
    ("shift", "The last 8 hours"),
    ("day", "The last 24 hours"),
    ("older", "Older than a day"),
]
ORDERS = {
    "": ("priority", "-last_at", "incident_id"),
    "newest": ("-last_at", "incident_id"),
    "oldest": ("last_at", "incident_id"),
}
ASSIGNED = [("me", "To me"), ("nobody", "To nobody"), ("others", "To somebody else")]
CANDIDATES = [(kind.value, Match.says(kind)) for kind in Match if kind != Match.EXACT]


class QueueFilter(filters.FilterSet):
    """The queue's filters; muted hits are hidden unless asked for."""

    area = filters.ChoiceFilter(label="Police area", choices=POLICE_AREAS)
    priority = filters.ChoiceFilter(label="Priority", choices=PRIORITIES)
    list = filters.ModelChoiceFilter(label="List", field_name="hot_list", queryset=HotList.objects.all())
    age = filters.ChoiceFilter(label="Last seen", choices=AGE_CHOICES, method="by_age")
    assigned = filters.ChoiceFilter(label="Assigned", choices=ASSIGNED, method="by_member", empty_label="To anyone")
    muted = filters.ChoiceFilter(
        label="Muted", choices=[("shown", "Shown too"), ("only", "Only these")], method="as_it_is", empty_label="Hidden"
    )
    order = filters.ChoiceFilter(
        label="Order",
        choices=[("newest", "Newest first"), ("oldest", "Oldest first")],
        method="as_it_is",
        empty_label="Priority, then newest",
    )

    class Meta:
        model = QueueItem
        fields: list[str] = []

    def __init__(self, *args: Any, member: Member, now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member, self.now = member, now

    def as_it_is(self, found: QuerySet[QueueItem], name: str, value: str) -> QuerySet[QueueItem]:
        return found

    def by_age(self, found: QuerySet[QueueItem], name: str, value: str) -> QuerySet[QueueItem]:
        if value == "older":
            return found.filter(last_at__lt=self.now - AGES["day"])
        return found.filter(last_at__gte=self.now - AGES[value])

    def by_member(self, found: QuerySet[QueueItem], name: str, value: str) -> QuerySet[QueueItem]:
        if value == "nobody":
            return found.filter(assigned_to=None)
        return found.filter(assigned_to=self.member) if value == "me" else found.exclude(
            Q(assigned_to=None) | Q(assigned_to=self.member)
        )  # fmt: skip

    def filter_queryset(self, queryset: QuerySet[QueueItem]) -> QuerySet[QueueItem]:
        found = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        quiet = Q(muted_until__gt=self.now)
        if asked["muted"] != "shown":
            found = found.filter(quiet) if asked["muted"] == "only" else found.exclude(quiet)
        return found.order_by(*ORDERS[asked["order"] or ""])


class CandidateFilter(filters.FilterSet):
    """The candidates' filters."""

    list = filters.ModelChoiceFilter(label="List", field_name="hot_list", queryset=HotList.objects.all())
    area = filters.ChoiceFilter(label="Police area", choices=POLICE_AREAS)
    kind = filters.ChoiceFilter(label="Why a candidate", field_name="match", choices=CANDIDATES)

    class Meta:
        model = Hit
        fields: list[str] = []


def candidates_of(member: Member, now: datetime) -> QuerySet[Hit]:
    """The hits of the last thirty days that are no alert and that this member may see, newest first."""
    found = sights.hits_of(member).exclude(match=Match.EXACT.value).filter(at__gte=now - KEPT)
    return found.select_related("hot_list", "refresh", "camera").order_by("-at", "pk")


@dataclass(frozen=True)
class Card:
    """One hit as a list shows it, and for the queue the incident that it is the newest of."""

    hit: Hit
    look: sights.Look
    thumbnail: Shot | None
    item: QueueItem | None = None
    pieces: list[likeness.Piece] = field(default_factory=list)
    differs: str = ""
    is_muted: bool = False

    @property
    def says(self) -> str:
        """What the list says of the vehicle: color, make, model, year."""
        return words(self.look.sight.detail, "colour", "make", "model", "year") if self.look.sight else ""

    @property
    def reason(self) -> str:
        """Why the plate is listed, or what to do on a hit."""
        return words(self.look.sight.detail, "reason", "marks") if self.look.sight else ""

    @property
    def age(self) -> str:
        """How old the list was when it hit; empty for an entry of the Department."""
        return age_of(self.hit)


def words(detail: dict[str, Any], *names: str) -> str:
    """These values of a list's row, as one line."""
    return " ".join(str(detail[name]) for name in names if detail.get(name))


def age_of(hit: Hit) -> str:
    """How old the list was when it hit, in words; empty where the list has no file."""
    return "" if hit.list_age is None else seconds(hit.list_age)


def queue_cards(member: Member, items: Sequence[QueueItem], *, now: datetime, page: int) -> list[Card]:
    """The cards of these incidents, all opened under one access; an empty list opens nothing. Raises Refused."""
    hits = incidents.newest_hits(member, [item.pk for item in items])
    shown = [item for item in items if item.pk in hits]
    if not shown:
        return []
    with sights.opened(member, [hits[item.pk] for item in shown], now=now, page=page) as opened:
        cards = [_card(opened.looks[hits[item.pk].pk], item=item, now=now) for item in shown]
    answered(opened.window.record, rows=sum(card.look.sight is not None for card in cards))
    return cards


def _card(look: sights.Look, *, now: datetime, item: QueueItem | None = None) -> Card:
    quiet = bool(item and item.muted_until and item.muted_until > now)
    return Card(look.hit, look, sights.thumbnail_of(look), item=item, is_muted=quiet)


def candidate_cards(member: Member, hits: Sequence[Hit], *, now: datetime, page: int) -> list[Card]:
    """The cards of these candidates, with what differs, all opened under one access. Raises Refused."""
    if not hits:
        return []
    with sights.opened(member, hits, now=now, page=page) as opened:
        cards = []
        for hit in hits:
            look = opened.looks[hit.pk]
            marked, said = compared(look)
            cards.append(Card(hit, look, sights.thumbnail_of(look), pieces=marked, differs=said))
    answered(opened.window.record, rows=sum(card.look.sight is not None for card in cards))
    return cards


def compared(look: sights.Look) -> tuple[list[likeness.Piece], str]:
    """The plate that was read, cut where it differs from the listed one, and the same in words."""
    if look.sight is None:
        return [], ""
    try:
        pattern = read_pattern(look.sight.listed.replace("%", "*").replace("_", "?"))
    except BadInput:  # a part of a plate too short to search for
        return [], ""
    found = likeness.pieces(pattern, look.sight.plate)
    said = [likeness.in_words(found)]
    if look.hit.match == Match.STATE and look.read:
        said.append(f"state {look.read.state} in place of {look.sight.listed_state}")
    return found, "; ".join(word for word in said if word)


def newest_in(found: QuerySet[QueueItem]) -> list[uuid.UUID]:
    """The incidents of a filtered queue that began last: what a page that stays open compares with later."""
    return list(found.order_by(F("first_at").desc()).values_list("incident_id", flat=True)[:PAGE])
