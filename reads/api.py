"""The door for reads: a key per source, batches, an answer per item, and the same answer to every replay."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput
from training.access import EVERYBODY, KEY, MEMBERS, open_to

from . import ingest, inventory, signatures
from .adapters import adapter_of
from .adapters.base import Limits
from .admission import DELIVERIES, TooBusy
from .models import Source
from .openapi import DOCUMENT

log = structlog.get_logger()
STATUS = {
    "key.unknown": 401,
    "signature.missing": 401,
    "signature.wrong": 401,
    "signature.stale": 401,
    "signature.replayed": 409,
    "batch.key_reused": 409,
    "body.too_large": 413,
    "media_type": 415,
}
CHALLENGE = {"WWW-Authenticate": 'Alpr-Signature realm="reads", Bearer realm="reads", Basic realm="reads"'}


@open_to(KEY)
@csrf_exempt
@clause("F.2")
def post_reads(request: HttpRequest) -> HttpResponse:
    """Take one delivery: 200 with the receipt, even where some items were refused; a malformed body is refused whole.

    503 with Retry-After where the portal has its hands full: nothing of the delivery was looked at, nothing is lost.
    """
    if request.method != "POST":
        return problem(405, "method", "Deliver reads with POST.", headers={"Allow": "POST"})
    # What arrives slowly arrives before it takes a place; what does not arrive is told by ``body_of``.
    with suppress(RequestDataTooBig, UnreadablePostError):
        request.body  # noqa: B018
    try:
        with DELIVERIES.place():
            return take(request)
    except TooBusy as busy:
        log.info("delivery_deferred", retry_after=busy.retry_after)
        return problem(503, "busy", str(busy), headers={"Retry-After": str(busy.retry_after)})
    except OSError as error:
        log.error("delivery_not_kept", reason=type(error).__name__, errno=error.errno)
        return problem(503, "storage", NO_ROOM, headers={"Retry-After": "60"})


def take(request: HttpRequest) -> HttpResponse:
    """Who sends, what they sent, and the receipt; or the problem with it."""
    signed = signatures.Signed.of(request.headers)
    found = inventory.source_named(signed.source) if signed else source_of(request)
    try:
        source = sender(found, signed)
        body, parts = body_of(request)
        if signed:
            inventory.admit_signed(source, signed, body, now=timezone.now())
        adapter = adapter_of(source.format, source.columns)
        parsed = adapter.read(body, request.content_type or "", parts, now=timezone.now(), limits=Limits())
        said = parts.get(adapter.part, body) if parts else body  # the boundary of a form differs at every replay
        receipt = ingest.store_batch(source, parsed, body=said, now=timezone.now())
    except BadInput as error:
        ingest.refuse_delivery(error.code, found)
        log.info("delivery_refused", source=found.name if found else None, code=error.code)
        status = STATUS.get(error.code, 400)
        headers = CHALLENGE if status == 401 else None
        return problem(status, error.code, error.message, field=error.field, headers=headers)
    answer = receipt.as_json()
    return JsonResponse({**answer, "note": parsed.note} if parsed.note else answer)


def sender(source: Source | None, signed: signatures.Signed | None) -> Source:
    """The source that a delivery comes from, before its signature is checked against the body.

    Raises BadInput key.unknown, signature.missing where a header or the whole signature is not there, signature.wrong
    also for a source that does not exist.
    """
    if signed:
        signatures.check_form(signed)
    if source is None:
        raise signatures.wrong(signatures.UNFIT) if signed else BadInput("key.unknown", NO_KEY, "Authorization")
    if source.signed_only and not signed:
        raise signatures.missing()
    return source


NO_ROOM = "The portal cannot write at this moment, and nothing of it was stored: send the same delivery again later."
NO_KEY = "Sign the delivery, or send the source's key: Authorization: Bearer alpr_…"


def source_of(request: HttpRequest) -> Source | None:
    """The source whose key came as Bearer, as X-Api-Key, or as the password of Basic."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    key = request.headers.get("X-Api-Key", "")
    if scheme.lower() == "bearer":
        key = value.strip()
    elif scheme.lower() == "basic":
        try:
            key = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return inventory.source_of(key) if 8 <= len(key) <= 200 else None


def body_of(request: HttpRequest) -> tuple[bytes, dict[str, bytes] | None]:
    """The body, and its parts where it is multipart. Raises BadInput body.too_large or body.broken."""
    if (request.META.get("CONTENT_LENGTH") or "0").isdigit() and int(request.META.get("CONTENT_LENGTH") or 0) > LIMIT:
        raise too_large()
    try:
        if (request.content_type or "").startswith("multipart/"):
            body = request.body
            parts = {name: str(value).encode() for name, value in request.POST.items()}
            parts.update({name: file.read() for name, file in request.FILES.items() if not isinstance(file, list)})
            return body, parts
        return request.body, None
    except RequestDataTooBig:
        raise too_large() from None
    except (UnreadablePostError, MultiPartParserError, RawPostDataException, SuspiciousOperation):
        raise BadInput("body.broken", "Body: it did not arrive whole. Send it again.", "body") from None


LIMIT = 2_621_440


def too_large() -> BadInput:
    return BadInput("body.too_large", "Body: over 2.5 MB. Send fewer reads in one batch.", "body")


def problem(status: int, code: str, detail: str, *, field: str = "", headers: Any = None) -> JsonResponse:
    """An RFC 9457 problem with our stable code."""
    said = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, "field": field}
    return JsonResponse(said, status=status, content_type="application/problem+json", headers=headers)


@open_to(EVERYBODY)
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the door, as OpenAPI 3.1."""
    return JsonResponse(DOCUMENT)


@open_to(MEMBERS)
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same description as a page, without any script from outside."""
    return render(request, "reads/api_docs.html", {"document": DOCUMENT, "heading": "Delivering reads"})
