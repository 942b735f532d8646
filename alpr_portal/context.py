"""What every page shows: navigation by permission, version, policy, environment."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from reads.queries import sees_queries
from training import documents
from training.access import opens_data

from . import worklist

# URL name, label, picture, permission that shows it (None: every member; "data": whose role opens data, "stops": …
# records or sees stops), section
NAVIGATION = [
    ("home", "Worklist", "inbox", None, ""),
    ("run_query", "Search", "search", "reads.run_query", "Plate reads"),
    ("list_queries", "Query log", "journal-text", None, "Plate reads"),
    ("list_holds", "Holds", "lock", "reads.view_holds", "Plate reads"),
    ("list_corrections", "Reads reported wrong", "flag", "reads.view_corrections", "Plate reads"),
    ("list_certificates", "Disposal", "hourglass-split", "reads.view_purges", "Plate reads"),
    ("list_cameras", "Cameras", "camera-video", "reads.view_cameras", "Plate reads"),
    ("list_sources", "Sources", "database", "reads.manage_sources", "Plate reads"),
    ("list_hits", "Hits", "bell", "hotlists.work_hits", "Hot lists"),
    ("list_candidates", "Candidates", "question-circle", "hotlists.work_hits", "Hot lists"),
    ("list_entries", "Entries", "clipboard-check", "hotlists.view_entries", "Hot lists"),
    ("list_hot_lists", "Hot lists", "list-ul", "hotlists.view_lists", "Hot lists"),
    ("list_stops", "Stops", "journal-text", "stops", "Hot lists"),
    ("list_packs", "Vehicle packs", "download", "hotlists.view_packs", "Hot lists"),
    ("view_hit_figures", "Figures of hits", "table", "hotlists.view_figures", "Hot lists"),
    ("list_members", "Members", "people", "training.view_members", "People"),
    ("list_proposals", "Proposals", "clipboard-check", "training.view_members", "People"),
    ("list_designations", "Designations", "person-lock", "training.view_members", "People"),
    ("list_loans", "Permissions lent", "key", "training.lend_verb", "People"),
    ("list_reviews", "Reviews", "calendar3", "training.view_reviews", "People"),
    ("sign_review", "Sign a review", "pencil", "training.sign_review", "People"),
    ("list_locks", "Locked accounts", "lock", "training.release_lock", "People"),
    ("load_personnel", "Leavers and transfers", "arrow-right", "training.load_personnel", "People"),
    ("list_sign_ins", "Sign-ins", "clock-history", "training.view_sign_ins", "People"),
    ("my_training", "My training", "mortarboard", "data", "Training"),
    ("view_training_report", "Training report", "table", "training.view_training", "Training"),
    ("list_completions", "Completed training", "check-circle", "training.view_training", "Training"),
    ("list_courses", "Courses", "list-ul", "training.view_training", "Training"),
    ("view_records", "Records", "journal-text", "audits.view_records", "Oversight"),
    ("list_documents", "Documents", "file-earmark-text", None, "The Department"),
    ("list_gaps", "Known gaps", "flag", "training.view_gaps", "The Department"),
    ("order", "The order", "shield-check", None, "The Department"),
    ("health", "Health", "heart-pulse", "training.view_health", "The Department"),
    ("list_jobs", "My files", "download", None, "The Department"),
]
OPEN_TO_ALL = {"my_training", "list_documents", "order"}  # also to members who may not enter today
KEYS = {"run_query": "n"}  # keyboard, see static/portal/keys.js


def portal(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    member = user if user is not None and user.is_authenticated else None
    policy = documents.policy_version()
    return {
        "environment": settings.ENVIRONMENT,
        "portal_version": settings.VERSION,
        "policy_version": policy["text"],
        "policy_url": policy["url"],
        "navigation": navigation(request, member) if member else [],
        "idle_seconds": settings.SESSION_IDLE_SECONDS,
    }


def shows(member: Any, name: str, permission: str | None) -> bool:
    """Whether the member may open the page of an entry."""
    if name == "list_queries":
        return sees_queries(member)
    if permission == "data":
        return opens_data(member)
    if permission == "stops":
        return member.has_perm("hotlists.record_stop") or member.has_perm("hotlists.view_stops")
    return permission is None or bool(member.has_perm(permission))


def navigation(request: HttpRequest, member: Any) -> list[dict[str, Any]]:
    """The entries this member may open, under their sections; the worklist carries its count."""
    here = request.resolver_match.url_name if request.resolver_match else ""
    shown = []
    for name, label, icon, permission, section in NAVIGATION:
        with suppress(NoReverseMatch):
            url = reverse(name)
            if shows(member, name, permission) and (name in OPEN_TO_ALL or not worklist.shut(request)):
                shown.append((name, url, label, icon, section))
    return [
        {
            "name": name,
            "url": url,
            "label": label,
            "icon": icon,
            "section": section,
            "key": KEYS.get(name, ""),
            "active": name == here,
            "count": sum(item.count for item in worklist.of(request)) if name == "home" else 0,
        }
        for name, url, label, icon, section in shown
    ]
