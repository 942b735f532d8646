"""List files that patrol vehicles take along: who took which versions, and what came back under them (A.1)."""

from __future__ import annotations

import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LIST_SILENT, LIST_STALE
from alpr_portal.policy.refusal import Refusal, Refused
from alpr_portal.policy.vocabulary import Confidentiality, Feed, Mount
from reads.models import Camera
from training.models import Member

from . import pack_files
from .models import EntryVersion, Hit, HotList, ListState, VehiclePack, WatchRow

TAKE, VIEW = "hotlists.take_pack", "hotlists.view_packs"
CHUNK = 5000  # rows that are held at once
REPLACED = Refusal(
    "A.1",
    "A pack holds one version of each list.",
    "A list was replaced while the file was made: take the pack again.",
    code="pack.replaced",
)
SILENT = Refusal(
    "C.2.A.1-age",
    "A list that is too old to raise hits is not taken along.",
    "Leave it out, or wait for its next file.",
    code="pack.silent",
)
EMPTY = Refusal("A.1", "A pack holds at least one listed plate.", "Choose other lists.", code="pack.empty")


@dataclass(frozen=True)
class Offer:
    """A list as it could be taken now: its version in force, and how old that is."""

    hot_list: HotList
    state: ListState | None
    age: float | None  # seconds

    @property
    def stale(self) -> bool:
        return self.age is not None and self.age > LIST_STALE.now.total_seconds()

    @property
    def available(self) -> bool:
        """Entries of members always; a file that came in and is not silent."""
        if self.hot_list.feed == Feed.MEMBERS:
            return True
        return self.age is not None and self.age < LIST_SILENT.now.total_seconds()


def readers(now: datetime) -> QuerySet[Camera]:
    """The readers on vehicles that are in service today."""
    today = timezone.localdate(now)
    serves = Q(in_service_to__isnull=True) | Q(in_service_to__gte=today)
    return Camera.objects.filter(serves, mount=Mount.VEHICLE.value, in_service_from__lte=today).order_by("code")


def offers(now: datetime, lists: Sequence[HotList] | None = None) -> list[Offer]:
    """Every active list as it could be taken now; one query more where ``lists`` are given."""
    found = HotList.objects.filter(is_active=True) if lists is None else lists
    states = {one.hot_list_id: one for one in ListState.objects.select_related("refresh")}
    shown = []
    for hot_list in found:
        state = states.get(hot_list.pk) if hot_list.feed == Feed.FILE else None
        shown.append(Offer(hot_list, state, max(0.0, (now - state.refreshed_at).total_seconds()) if state else None))
    return shown


@clause("A.1", "C.2.B.2")
def carriable(taken: Sequence[Offer], by: Member, now: datetime) -> QuerySet[WatchRow]:
    """The whole plates of these lists in force, entries that are confidential to another unit left out."""
    refreshes = [offer.state.refresh_id for offer in taken if offer.state]
    members = [offer.hot_list.pk for offer in taken if offer.hot_list.feed == Feed.MEMBERS]
    others = EntryVersion.objects.filter(pk=OuterRef("version_id"), confidentiality=Confidentiality.UNIT.value)
    others = others.exclude(by_unit=by.unit) if by.unit else others
    return WatchRow.objects.filter(
        Q(refresh_id__in=refreshes) | Q(refresh_id__isnull=True, hot_list_id__in=members) & ~Exists(others),
        Q(starts_at__isnull=True) | Q(starts_at__lte=now),
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        plate__isnull=False,
    )


def rows_of(taken: Sequence[Offer], by: Member, now: datetime) -> Iterator[pack_files.Row]:
    """The rows of the list file, by a cursor of the server: however many, a few thousand are held."""
    listed = {offer.hot_list.pk: offer for offer in taken}
    columns = ("plate", "state", "hot_list_id", "starts_at", "ends_at", "detail")
    for plate, state, pk, starts_at, ends_at, detail in (
        carriable(taken, by, now).values_list(*columns).iterator(chunk_size=CHUNK)
    ):
        offer = listed[pk]
        if offer.state:  # a file counts from its coming in until it is silent
            starts_at = starts_at or offer.state.refreshed_at
            ends_at = min(filter(None, (ends_at, offer.state.refreshed_at + LIST_SILENT.now)))
        yield pack_files.Row(str(pk), plate, state, offer.hot_list.title, starts_at, ends_at, detail)


@clause("A.1")
def take_pack(
    *, camera: Camera, shift: str, format: str, lists: Sequence[HotList], by: Member, now: datetime
) -> tuple[VehiclePack, IO[bytes]]:
    """Make the signed list file for one reader and shift; the record that ``by`` took it is written before it leaves.

    The file is a ZIP in a temporary place that goes with its handle. Raises Refused for a silent list, for lists
    without a plate, and where a list was replaced meanwhile.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to whoever sends it
    try:
        with transaction.atomic():
            taken = offers(now, lists)
            if not all(offer.available for offer in taken):
                raise Refused(SILENT)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                digest, counts = pack_files.write_rows(archive, rows_of(taken, by, now), format)
                if not counts:
                    raise Refused(EMPTY)
                if versions(offers(now, lists)) != versions(taken):
                    raise Refused(REPLACED)
                pack = uuid.uuid4()
                listed = [facts_of(offer, counts) for offer in taken]
                facts = {
                    "pack": str(pack),
                    "reader": camera.code,
                    "shift": shift,
                    "format": format,
                    "file": pack_files.FILES[format],
                    "rows": sum(counts.values()),
                    "sha256": digest,
                    "lists": listed,
                    "taken_at": now.isoformat(timespec="seconds"),
                    "taken_by": str(by),
                    "key": pack_files.key_name(pack_files.private_key(settings.PACK_KEY).public_key()),
                    "notice": pack_files.INFORMATIONAL,
                }
                manifest = pack_files.manifest_of(facts)
                signature = pack_files.sign(manifest, settings.PACK_KEY)
                archive.writestr(pack_files.MANIFEST, manifest)
                archive.writestr(pack_files.SIGNATURE, signature + "\n")
                archive.writestr(pack_files.README, pack_files.readme(facts))
            record = VehiclePack.objects.write(
                by=by,
                id=pack,
                camera=camera,
                format=format,
                shift=shift,
                lists=listed,
                rows=facts["rows"],
                digest=digest,
                manifest=manifest,
                signature=signature,
            )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return record, file


def versions(taken: Sequence[Offer]) -> list[Any]:
    """Which file of each list is in force."""
    return [offer.state.refresh_id if offer.state else None for offer in taken]


def facts_of(offer: Offer, counts: dict[str, int]) -> dict[str, Any]:
    """One list of a pack, as the record and the manifest keep it."""
    state = offer.state
    return {
        "list": str(offer.hot_list.pk),
        "title": offer.hot_list.title,
        "refresh": str(state.refresh_id) if state else None,
        "version": state.refresh.number if state else None,
        "refreshed_at": state.refreshed_at.isoformat(timespec="seconds") if state else None,
        "age_hours": round(offer.age / 3600, 1) if offer.age is not None else None,
        "stale": offer.stale,
        "rows": counts.get(str(offer.hot_list.pk), 0),
    }


# --- what came back --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Carried:
    """Which version of a hit's list the vehicle carried, and whether an older one than was in force when it matched."""

    pack: VehiclePack
    listed: bool
    version: int | None
    in_force: int | None

    @property
    def older(self) -> bool:
        return self.version is not None and self.in_force is not None and self.version < self.in_force

    @property
    def says(self) -> str:
        """In one sentence."""
        if not self.listed:
            return "The list that the vehicle carried did not hold this one; the portal matched the read on arrival."
        if self.version is None:
            return "The vehicle carried the approved entries of this list, as they stood when the pack was taken."
        said = f"The vehicle carried version {self.version} of this list"
        if self.older:
            return f"{said}; version {self.in_force} was in force: what it carried was older."
        return f"{said}, the one in force."


@clause("A.1", "C.2.A.1-age")
def carried(hit: Hit) -> Carried | None:
    """Which list version the vehicle carried when it read this hit; None for a fixed reader, or where none was taken.

    Two queries, or none where ``pack`` and ``refresh`` were selected along.
    """
    if hit.pack is None:
        return None
    found = [one for one in hit.pack.lists if one["list"] == str(hit.hot_list_id)]
    version = found[0]["version"] if found else None
    return Carried(hit.pack, bool(found), version, hit.refresh.number if hit.refresh else None)


def came_back(pack: VehiclePack) -> dict[str, int]:
    """How many hits came back under a pack: alerts, candidates, and those whose list was newer than the carried one."""
    versions = {one["list"]: one["version"] for one in pack.lists}
    counted = (
        Hit.objects.filter(pack=pack)
        .order_by()
        .values_list("hot_list_id", "refresh__number")
        .annotate(alerts=Count("pk", filter=Q(match="exact")), n=Count("pk"))
    )
    found = {"alerts": 0, "candidates": 0, "older": 0}
    for pk, number, alerts, n in counted:
        version = versions.get(str(pk))
        found["alerts"] += alerts
        found["candidates"] += n - alerts
        found["older"] += n if version is not None and number is not None and version < number else 0
    return found
