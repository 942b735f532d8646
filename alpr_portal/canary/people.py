"""Who opens the canary's doors: members with their roles, training and second factor, all invented."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from alpr_portal.policy.vocabulary import TrainingTopic
from training.models import Completion, Course, CourseApproval, Member, RoleGrant
from training.second_factor import code_app

PASSWORD = "heron-anchor-canary-9"  # noqa: S105 - of a portal that lives for a minute
SEED = "KNSWG4TFORSWC3TBOJ4WM2LSMVSWK3TB"
ROLES = {
    "officer": ("officer",),
    "colleague": ("officer",),
    "supervisor": ("supervisor",),
    "administrator": ("administrator",),
    "coordinator": ("coordinator",),
    "second": ("coordinator", "administrator"),
    "auditor": ("auditor",),
}


@cache
def member(username: str) -> Member:
    """One of them, made when first asked for."""
    found: Member = Member.objects.create_user(
        username, PASSWORD, name=f"Canary {username.title()}", badge=username[:6].upper(), unit="Patrol 3",
        email=f"{username}@canary.invalid",
    )  # fmt: skip
    for role in ROLES[username]:
        RoleGrant.backdated(member=found, role=role, by_name="the portal")
    code_app(found, SEED)
    now, topics = timezone.now(), [topic.value for topic in TrainingTopic]
    said: dict[str, Any] = {"completed_on": now.date(), "topics": topics, "expires_at": now + timedelta(days=300)}
    Completion.backdated(by_name="the portal", member=found, course=course(), **said)
    return Member.objects.get(pk=found.pk)


@cache
def course() -> Course:
    found = Course.objects.create(title="Canary", version="1", topics=[topic.value for topic in TrainingTopic])
    CourseApproval.backdated(course=found, by_name="the portal")
    return found


@cache
def browser(username: str) -> Client:
    """A browser in which they signed in, by password and code. AssertionError where the door stays shut."""
    person, client = member(username), Client(raise_request_exception=False, HTTP_HOST="localhost")
    for app in Authenticator.objects.filter(user=person, type="totp"):
        app.data.pop("spent", None)
        app.save()
    client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    done = client.post(
        "/accounts/2fa/authenticate/", {"code": format_hotp_value(hotp_value(SEED, int(time.time()) // 30))}
    )
    assert done.status_code == 302, f"{username} was not let in: {done.status_code}"
    return client
