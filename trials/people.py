"""Who delivers and who searches in a trial. All invented."""

from __future__ import annotations

import io
import random
from base64 import b64encode
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image

from alpr_portal.policy.vocabulary import Siting
from reads import inventory
from reads.geo import BOXES
from training.models import Completion, Member, RoleGrant
from training.second_factor import code_app

FORM = {
    "purpose": "violent_crime",
    "offence": "211 PC",
    "basis": "case_number",
    "facts": "A robbery at a shop; a witness gave this plate of the vehicle that drove away.",
    "right_to_know": "sworn",
    "need_to_know": "Assigned as the investigator of this robbery.",
    "for_whom": "self",
    "outside": "no",
    "attested": "on",
}


def sources(officer: Member, n: int, cameras: int) -> list[dict[str, Any]]:
    """``n`` sources of our own format, each with its key and its attested cameras."""
    draw = random.Random("sources")
    return [_source(f"trial-{number}", officer, cameras, draw) for number in range(1, n + 1)]


def _source(name: str, officer: Member, cameras: int, draw: random.Random) -> dict[str, Any]:
    source = inventory.save_source(None, by=officer, name=name, format="portal")
    codes = []
    for number in range(1, cameras + 1):
        area = draw.choice(sorted(BOXES))
        west, south, east, north = BOXES[area]
        camera = inventory.save_camera(
            None,
            by=officer,
            source=source,
            code=f"{name}-{number:02}",
            name=f"Made site {number}",
            area=area,
            lat=round(draw.uniform(south, north), 6),
            lon=round(draw.uniform(west, east), 6),
            in_service_from=timezone.localdate(),
        )
        inventory.attest_siting(camera, by=officer, siting=Siting.RIGHT_OF_WAY.value, court_order="", note="")
        codes.append(camera.code)
    key = inventory.issue_key(source, by=officer, now=timezone.now())
    return {"name": name, "key": key, "cameras": codes}


def colleague(officer: Member, name: str) -> Member:
    """Another officer, in the same roles and trained as the first one is."""
    member = Member.objects.create_user(name, name=f"Lee {name.title()}", badge=name.upper(), unit=officer.unit)
    RoleGrant.backdated(member=member, role="officer", by_name="the portal")
    code_app(member)
    first = Completion.objects.filter(member=officer).first()
    assert first is not None
    copied = {name: getattr(first, name) for name in ("course", "expires_at", "completed_on", "topics")}
    Completion.backdated(by_name="the portal", member=member, **copied)
    return member


def cookie(officer: Member) -> str:
    """The cookie of a browser in which the officer has signed in."""
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def form() -> dict[str, str]:
    """What the guided form of a search is filled in with, but for the plate."""
    return {**FORM, "case_number": f"{timezone.localdate():%y}-000001", **_days()}


def _days() -> dict[str, str]:
    today = timezone.localdate()
    return {"start": f"{today - timedelta(days=2)}", "end": f"{today}"}


def pictures(n: int) -> list[str]:
    """JPEGs of noise, 640 × 480, in base64."""
    draw = random.Random("pictures")
    found = []
    for _ in range(n):
        grain = Image.frombytes("L", (80, 60), draw.randbytes(80 * 60)).resize((640, 480))
        out = io.BytesIO()
        grain.convert("RGB").save(out, "JPEG", quality=80)
        found.append(b64encode(out.getvalue()).decode())
    return found
