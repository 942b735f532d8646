"""What the Coordinator does with cameras and sources: each act is one transaction and leaves a history or a record."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, Exists, Max, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import SIGNATURE_WINDOW
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Siting
from alpr_portal.records import broken_constraint
from training.models import Member

from . import signatures
from .models import Batch, Camera, DeliveryRefused, NonceSeen, SitingAttestation, Source

E = TypeVar("E", Camera, Source)
PREFIX = "alpr_"
# As SQL: it is asked at every post, and Django would put it together anew each time. A digest is never empty.
OF_KEY = "SELECT * FROM reads_source WHERE key_digest = %s AND is_active"
PLACE = ("source_id", "mount", "lat", "lon")


def _saved(edited: E, by: Member) -> E:
    """Save what is edited in place, and its history with who did it, in one transaction."""
    edited._history_user = by  # type: ignore[attr-defined]
    with transaction.atomic():
        edited.save()
    return edited


@clause("A.1")
def save_camera(camera: Camera | None, *, by: Member, **values: Any) -> Camera:
    """Add a camera or correct one; the history keeps who, when, before and after."""
    camera = camera or Camera()
    before = [getattr(camera, name) for name in PLACE]
    for name, value in values.items():
        setattr(camera, name, value)
    if before != [getattr(camera, name) for name in PLACE]:
        camera.place_id = uuid.uuid4()  # it looks elsewhere now: the old attestation does not travel with it
    return _saved(camera, by)


@clause("C.3.1")
def attest_siting(camera: Camera, *, by: Member, siting: str, court_order: str, note: str) -> SitingAttestation:
    """Record who attests that a camera looks only where the order lets it."""
    return SitingAttestation.objects.write(
        by=by, camera=camera, place_id=camera.place_id, siting=siting, court_order=court_order, note=note
    )


def attested() -> Exists:
    """Whether a camera of a query set is attested where it stands now: an attestation ends when the camera moves."""
    return Exists(SitingAttestation.objects.filter(camera=OuterRef("pk"), place_id=OuterRef("place_id")))


def siting(camera: Camera) -> SitingAttestation | None:
    """The attestation in force: the newest of where the camera stands now."""
    return camera.attestations.filter(place_id=camera.place_id).order_by("-at").first()


def steps(camera: Camera) -> list[dict[str, Any]]:
    """Every change and attestation of a camera, for its timeline."""
    found = [
        {
            "at": a.at,
            "who": a.by_name,
            "what": f"Siting attested: {Siting.says(a.siting)}",
            "detail": " ".join(filter(None, (a.court_order, a.note))),
            "clause": "C.3.1",
            "tone": "run",
        }
        for a in camera.attestations.order_by("at")
    ]
    before = None
    for now in camera.history.select_related("history_user").order_by("history_date"):
        diff: list[Any] = now.diff_against(before).changes if before else []
        changes = [{"label": str(c.field).replace("_", " "), "before": c.old, "after": c.new} for c in diff]
        who = now.history_user.name if now.history_user else "the portal"
        found.append({"at": now.history_date, "who": who, "what": "Changed" if before else "Added", "changes": changes})
        before = now
    return sorted(found, key=lambda step: step["at"])


@clause("F.2")
def save_source(source: Source | None, *, by: Member, **values: Any) -> Source:
    """Add a source or correct one. One that leaves our own format loses the key that its signatures were checked with."""
    source = source or Source()
    for name, value in values.items():
        setattr(source, name, value)
    if not source.may_sign:
        source.sealed_key = None
    return _saved(source, by)


@clause("F.2")
def issue_key(source: Source, *, by: Member, now: datetime) -> str:
    """A new random key, answered once; its digest is kept, and for our own format the key sealed."""
    key = PREFIX + secrets.token_urlsafe(32)
    source.key_digest, source.key_hint, source.key_made_at = digest(key), key[:10], now
    source.sealed_key = signatures.seal(key, source.pk, settings.IMAGE_KEY) if source.may_sign else None
    _saved(source, by)
    return key


def digest(key: str) -> str:
    """What is kept of a key. Keys are random, so a fast digest is enough (a slow one would cost every post)."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def source_of(key: str) -> Source | None:
    """The active source that holds this key, or None; read by the ingest role."""
    return next(iter(Source.objects.using("ingest").raw(OF_KEY, [digest(key)])), None)


def source_named(name: str) -> Source | None:
    """The active source that a signed delivery says it is, or None; read by the ingest role."""
    if not signatures.SOURCE_NAME.fullmatch(name):
        return None
    return Source.objects.using("ingest").filter(name=name, is_active=True).first()


@clause("F.2")
def admit_signed(source: Source, said: signatures.Signed, body: bytes, *, now: datetime) -> None:
    """Let a signed delivery in, once; the database decides which of two alike was first.

    Raises BadInput signature.missing, signature.wrong, signature.stale, signature.replayed.
    """
    key = signatures.unseal(bytes(source.sealed_key), source.pk, settings.IMAGE_KEY) if source.sealed_key else None
    signed_at = signatures.check(said, key, body, now=now, window=SIGNATURE_WINDOW.now)
    seen = NonceSeen(by_name=f"source {source.name}", source=source, nonce=said.nonce, signed_at=signed_at)
    try:
        with transaction.atomic(using="ingest"):
            seen.save(using="ingest", force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) != "nonce_once_per_source":
            raise
        says = f"{signatures.NONCE}: this delivery came before. To send it again, sign it with a new nonce."
        raise BadInput("signature.replayed", says, signatures.NONCE) from None


def sources() -> QuerySet[Source]:
    """Sources with the number of cameras and the time of the last delivery."""
    last = Batch.objects.filter(source=OuterRef("pk")).order_by("-at").values("at")[:1]
    return Source.objects.annotate(n_cameras=Count("cameras"), last_at=Subquery(last)).order_by("name")


def deliveries(source: Source) -> dict[str, Any]:
    """Counters of the last 24 hours, the last deliveries, and refusals by code."""
    since = timezone.now() - timedelta(days=1)
    totals = source.batches.filter(at__gt=since).aggregate(
        n=Count("pk"),
        received=Sum("received"),
        stored=Sum("stored"),
        duplicates=Sum("duplicates"),
        last=Max("at"),
        lag=Avg("lag_median"),
        longest=Max("lag_longest"),
    )
    refused: dict[str, int] = {}
    for counts in source.batches.filter(at__gt=since).exclude(refused={}).values_list("refused", flat=True):
        for code, n in counts.items():
            refused[code] = refused.get(code, 0) + n
    whole = DeliveryRefused.objects.filter(source=source, at__gt=since).values_list("code").annotate(n=Count("pk"))
    return {
        "totals": totals,
        "refused": sorted(refused.items()),
        "turned_away": sorted(whole),
        "batches": source.batches.order_by("-at")[:25],
    }
