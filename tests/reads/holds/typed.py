"""What the tests of holds share: what a member types, and pictures."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from pypdf import PdfWriter

from tests import make


def paper() -> bytes:
    """A PDF of one empty page."""
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


PDF = paper()


def typed(**values: Any) -> dict[str, Any]:
    """What an officer types to ask for a hold."""
    return {
        "ground": "active_investigation",
        "case_number": f"{timezone.localtime():%y}-012345",
        "reason": "Armed robbery of a shop; this vehicle left the scene, and the trial is in three months.",
        "review_on": (timezone.localdate() + timedelta(days=40)).isoformat(),
        "obligation_of": "",
        **values,
    }


def pictured(plate: str = "8ABC123", *colours: str) -> uuid.UUID:
    """A stored read with a picture of each colour, uploaded a day ago."""
    uploaded = timezone.now() - timedelta(days=1)
    read_id = make.read(plate, uploaded_at=uploaded, images=len(colours) or 1)
    make.pictures(read_id, *[make.jpeg(colour=c) for c in colours or ("navy",)], day=uploaded.date())
    return read_id
