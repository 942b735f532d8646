"""Who searches, who delivers and where the cameras stand. All invented; made once, found again afterwards."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from alpr_portal.policy.vocabulary import Siting, TrainingTopic
from reads import inventory
from reads.geo import BOXES
from reads.models import Camera, Query, QueryRun, Source
from training.models import Completion, Course, CourseApproval, Member, RoleGrant
from training.second_factor import code_app

SOURCE = "bench-street"


@dataclass(frozen=True)
class People:
    """An officer who may search, a source with its key, and its cameras."""

    officer: Member
    source: Source
    key: str
    cameras: list[Camera]

    def query(self, **values: Any) -> Query:
        """A recorded search that ran a moment ago; each look at it is recorded anew, whatever it looks for."""
        query: Query = Query.objects.write(
            by=self.officer,
            purpose="violent_crime",
            offence="211 PC",
            case_number=f"{timezone.localdate():%y}-000001",
            facts="Made to measure how long a look takes.",
            right_to_know="Sworn officer",
            need_to_know="Assigned investigator",
            for_whom=self.officer,
            for_whom_name=self.officer.name,
            outside=False,
            attested=True,
            outcome="run",
            **{"criteria": {}, **values},
        )
        QueryRun.objects.write(by=self.officer, query=query)
        return query


def make(cameras: int) -> People:
    """The people and the inventory, with a new key for the source."""
    officer = _officer()
    source = Source.objects.filter(name=SOURCE).first()
    source = source or inventory.save_source(None, by=officer, name=SOURCE, format="portal")
    key = inventory.issue_key(source, by=officer, now=timezone.now())
    draw = random.Random("cameras")
    for number in range(source.cameras.count() + 1, cameras + 1):
        _camera(number, source, officer, draw)
    return People(officer, source, key, list(source.cameras.order_by("code")[:cameras]))


def _officer() -> Member:
    officer = Member.objects.filter(username="bench").first()
    if officer is None:
        officer = Member.objects.create_user("bench", name="Bea Bench", badge="BENCH", unit="Measuring")
        RoleGrant.backdated(member=officer, role="officer", by_name="the portal")
        code_app(officer)
    topics = [topic.value for topic in TrainingTopic]
    today = timezone.localdate()
    course, made = Course.objects.get_or_create(title="Measuring", version="1", defaults={"topics": topics})
    if made:
        CourseApproval.backdated(course=course, by_name="the portal")
    if not Completion.objects.filter(member=officer, expires_at__gt=timezone.now() + timedelta(days=1)).exists():
        values: dict[str, Any] = {"completed_on": today, "topics": topics}
        expires_at = timezone.now() + timedelta(days=30)
        Completion.backdated(by_name="the portal", member=officer, course=course, expires_at=expires_at, **values)
    return officer


def _camera(number: int, source: Source, officer: Member, draw: random.Random) -> None:
    area = draw.choice(sorted(BOXES))
    west, south, east, north = BOXES[area]
    camera = inventory.save_camera(
        None,
        by=officer,
        source=source,
        code=f"bench-{number:03}",
        name=f"Made site {number}",
        area=area,
        lat=round(draw.uniform(south, north), 6),
        lon=round(draw.uniform(west, east), 6),
        in_service_from=timezone.localdate() - timedelta(days=400),
    )
    inventory.attest_siting(camera, by=officer, siting=Siting.RIGHT_OF_WAY.value, court_order="", note="")
