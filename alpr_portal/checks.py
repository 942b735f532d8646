"""System checks of the house: what Django's own checks cannot know."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def separate_log_ins(app_configs: Any, **kwargs: Any) -> list[Any]:
    """In production every database role has its own log-in, and none is the owner's."""
    if not settings.PRODUCTION:
        return []
    users: dict[str, list[str]] = {}
    for alias, database in settings.DATABASES.items():
        users.setdefault(str(database.get("USER")), []).append(alias)
    return [
        Error(
            f"Database log-in shared by the roles {', '.join(sorted(aliases))}.",
            hint="Give each role its own address: DATABASE_URL, DATABASE_OWNER_URL, DATABASE_INGEST_URL, …",
            id="alpr.E001",
        )
        for aliases in users.values()
        if len(aliases) > 1
    ]


@register(Tags.security, deploy=True)
def real_secrets(app_configs: Any, **kwargs: Any) -> list[Any]:
    """A development secret never reaches production."""
    return [Warning("SECRET_KEY is the development one.", id="alpr.W001")] * settings.SECRET_KEY.startswith(
        "not-secret"
    )
