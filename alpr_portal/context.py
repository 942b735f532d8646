"""What every page shows: navigation by permission, version, policy, environment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from reads.queries import sees_queries

from .worklist import waiting_count

# URL name, label, picture, permission that shows it (None: every member)
NAVIGATION = [
    ("home", "Worklist", "inbox", None),
    ("run_query", "Search", "search", "reads.run_query"),
    ("list_queries", "Query log", "journal-text", None),
    ("list_cameras", "Cameras", "camera-video", "reads.view_cameras"),
    ("list_sources", "Sources", "database", "reads.manage_sources"),
    ("health", "Health", "heart-pulse", "training.view_health"),
    ("order", "The order", "shield-check", None),
]
KEYS = {"run_query": "n"}  # keyboard, see static/portal/keys.js


def portal(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    member = user if user is not None and user.is_authenticated else None
    return {
        "environment": settings.ENVIRONMENT,
        "portal_version": settings.VERSION,
        "policy_version": "DGO I-12, 18 October 2022",
        "navigation": navigation(request, member) if member else [],
        "idle_seconds": settings.SESSION_IDLE_SECONDS,
    }


def navigation(request: HttpRequest, member: Any) -> list[dict[str, Any]]:
    """The entries this member may open; the worklist carries its count."""
    here = request.resolver_match.url_name if request.resolver_match else ""
    shown = [
        (name, label, icon)
        for name, label, icon, permission in NAVIGATION
        if (permission is None or member.has_perm(permission)) and (name != "list_queries" or sees_queries(member))
    ]
    return [
        {
            "name": name,
            "url": reverse(name),
            "label": label,
            "icon": icon,
            "key": KEYS.get(name, ""),
            "active": name == here,
            "count": waiting_count(member) if name == "home" else 0,
        }
        for name, label, icon in shown
    ]
