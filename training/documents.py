"""The documents that the Department stands by, in versions: which one is in force on a day, and who said so (L.1, K)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, Refused
from alpr_portal.policy.vocabulary import PublicationKind
from alpr_portal.records import broken_constraint

from . import loans
from .models import Member, Publication, PublicationEnd, StoredFile

PUBLISH = "training.publish_document"
# Open to everybody; training material is for members, who need it also while their training does not hold.
OPEN_KINDS = (
    PublicationKind.ORDER,
    PublicationKind.GUIDELINES,
    PublicationKind.TRANSFER_PROTOCOL,
    PublicationKind.ANNUAL_REPORT,
)
ISSUED = {PublicationKind.ANNUAL_REPORT.value}  # issued once a year, not in force from day to day
UNPUBLISHED = "DGO I-12, 18 October 2022 (text not yet published here)"
CACHED, FRESH = "policy_in_force", 60  # seconds


def seen_by(member: Member | None) -> QuerySet[Publication]:
    """The documents that somebody may read; ``member`` is None for who is not signed in."""
    found = Publication.objects.select_related("file", "end").defer("file__content")
    return found if member else found.filter(kind__in=OPEN_KINDS)


def in_force_on(day: date) -> QuerySet[Publication]:
    """Every document in force on a day: of each title the newest version that has begun and has not ended."""
    begins = timezone.make_aware(datetime.combine(day, datetime.max.time()))
    standing = Publication.objects.filter(Q(end__isnull=True) | Q(end__at__gt=begins), in_force_on__lte=day)
    later = Q(in_force_on__gt=OuterRef("in_force_on")) | Q(in_force_on=OuterRef("in_force_on"), at__gt=OuterRef("at"))
    newer = standing.filter(later, kind=OuterRef("kind"), title=OuterRef("title"))
    return standing.filter(~Exists(newer)).order_by("kind", "title")


@clause("L.1", "L.2")
def in_force(kind: str, day: date) -> Publication | None:
    """The document of a kind in force on a day: the newest; None where there is none."""
    return in_force_on(day).filter(kind=kind).order_by("-in_force_on", "-at").first()


def missing_kinds(day: date) -> list[str]:
    """The kinds of which no document is in force on a day."""
    there = set(in_force_on(day).values_list("kind", flat=True))
    return [kind.value for kind in PublicationKind if kind.value not in there | ISSUED]


def policy_version() -> dict[str, str]:
    """The order in force as every page names it: ``text``, and ``url`` where its text is published.

    Kept in the cache for a minute. Where the database does not answer, the order's own name without a link.
    """
    said: dict[str, str] | None = cache.get(CACHED)
    if said is None:
        try:
            found = in_force(PublicationKind.ORDER, timezone.localdate())
        except DatabaseError:
            return {"text": UNPUBLISHED, "url": ""}
        said = {"text": UNPUBLISHED, "url": ""}
        if found:
            on = f"{found.in_force_on:%B} {found.in_force_on.day}, {found.in_force_on.year}"
            said = {
                "text": f"{found.title}, {found.version}, from {on}",
                "url": reverse("view_document", args=[found.pk]),
            }
        cache.set(CACHED, said, FRESH)
    return said


@clause("L.1", "L.2")
def publish(
    *, kind: str, title: str, version: str, in_force_on: date, file: StoredFile, note: str, by: Member
) -> Publication:
    """Publish a version; on whose behalf is kept where the verb is lent. Refused where this version is there already."""
    try:
        with transaction.atomic():
            made: Publication = Publication.objects.write(
                by=by,
                on_behalf_of=loans.principal_of(by, PUBLISH),
                kind=kind,
                title=title,
                version=version,
                in_force_on=in_force_on,
                file=file,
                note=note,
            )
            transaction.on_commit(forget)
    except IntegrityError as error:
        if broken_constraint(error) != "publication_version_once":
            raise
        says = "A published version stays as it was."
        raise Refused(Refusal("L.1", says, "Give the new text a new version.", code="version.taken")) from None
    return made


@clause("L.1", "L.2")
def end(document: Publication, *, reason: str, by: Member) -> PublicationEnd:
    """From now on the document holds no more; it stays readable. Refused where it ended before."""
    try:
        with transaction.atomic():
            ended: PublicationEnd = PublicationEnd.objects.write(
                by=by, publication=document, reason=reason, on_behalf_of=loans.principal_of(by, PUBLISH)
            )
            transaction.on_commit(forget)
    except IntegrityError as error:
        if broken_constraint(error) != "training_publicationend_publication_id_key":
            raise
        says = "This document holds no more since before."
        raise Refused(Refusal("L.1", says, "Nothing is left to do.", code="document.ended")) from None
    return ended


def forget() -> None:
    """The next page looks again which order is in force."""
    cache.delete(CACHED)


def stands(document: Publication, day: date) -> tuple[str, str]:
    """(badge kind, words) of a document annotated with ``holds``: in force, to come, replaced or ended."""
    if hasattr(document, "end"):
        return "refuse", "Ended"
    if document.in_force_on > day:
        return "wait", "Not yet in force"
    return ("run", "In force") if getattr(document, "holds", False) else ("", "Replaced")


def with_state(documents: QuerySet[Publication], day: date) -> QuerySet[Publication]:
    """Each with ``holds``: whether it is the version in force on that day."""
    return documents.annotate(holds=Exists(in_force_on(day).order_by().filter(pk=OuterRef("pk"))))


def versions(document: Publication) -> QuerySet[Publication]:
    """Every version of the document's title, newest first."""
    same = Publication.objects.select_related("end").filter(kind=document.kind, title=document.title)
    return same.order_by("-in_force_on", "-at")


def steps(document: Publication) -> list[dict[str, Any]]:
    """What happened to the document, for its timeline."""
    who = document.by_name + (f", on behalf of {document.on_behalf_of_name}" if document.on_behalf_of_name else "")
    on = f"In force from {document.in_force_on:%B} {document.in_force_on.day}, {document.in_force_on.year}."
    found = [
        {
            "at": document.at,
            "who": who,
            "what": "Published",
            "detail": f"{on} {document.note}".strip(),
            "clause": "L.1",
            "tone": "run",
        }
    ]
    ended = getattr(document, "end", None)
    if ended:
        found.append({"at": ended.at, "who": ended.by_name, "what": "Ended", "detail": ended.reason, "tone": "refuse"})
    return found
