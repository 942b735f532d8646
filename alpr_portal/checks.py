"""System checks of the house: what Django's own checks cannot know."""

import base64
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from .database import ROLES


@register(Tags.security, deploy=True)
def separate_log_ins(app_configs: Any, **kwargs: Any) -> list[Any]:
    """In production every database role has its own log-in, and none is the owner's."""
    if not settings.PRODUCTION:
        return []
    users: dict[str, list[str]] = {}
    for alias, database in settings.DATABASES.items():
        if alias not in ROLES:
            continue  # the replica is another address of the application's role
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
def keys_apart(app_configs: Any, **kwargs: Any) -> list[Any]:
    """The keys of the days' pictures lie where no copy of the pictures takes them along (G)."""
    data, keys = Path(settings.DATA_DIR).resolve(), Path(settings.IMAGE_KEYS_DIR).resolve()
    if not settings.PRODUCTION or data not in (keys, *keys.parents):
        return []
    return [
        Error(
            "IMAGE_KEYS_DIR lies in DATA_DIR: whoever copies the pictures copies their keys.",
            hint="Give IMAGE_KEYS_DIR a volume of its own that no backup takes in (docs/deployment.md).",
            id="alpr.E002",
        )
    ]


@register(Tags.security, deploy=True)
def real_secrets(app_configs: Any, **kwargs: Any) -> list[Any]:
    """A development secret never reaches production."""
    return [Warning("SECRET_KEY is the development one.", id="alpr.W001")] * settings.SECRET_KEY.startswith(
        "not-secret"
    )


@register(Tags.security)
def second_factor_keys(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Keys of second factors that open nothing, or that everybody knows, are noticed before somebody signs in (F.1)."""
    hint = 'Make one with: python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
    found = []
    for number, key in enumerate(settings.SECOND_FACTOR_KEYS, 1):
        try:
            Fernet(key.strip())
        except ValueError:
            said = f"SECOND_FACTOR_KEYS: key {number} is no 32 bytes in URL-safe base64."
            found.append(Error(said, hint=hint, id="alpr.E003"))
        if settings.PRODUCTION and key.strip() == settings.DEVELOPMENT_KEY:
            said = f"SECOND_FACTOR_KEYS: key {number} is the development one, which everybody can read."
            found.append(Error(said, hint=hint, id="alpr.E004"))
    return found


@register(Tags.security)
def pack_key(app_configs: Any, **kwargs: Any) -> list[Any]:
    """A key that signs nothing, or that everybody knows, is noticed before a list file leaves with it (A.1)."""
    hint = 'Make one with: python3 -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'
    try:
        seed = base64.b64decode(settings.PACK_KEY, validate=True)
    except ValueError:
        seed = b""
    if len(seed) != 32:
        return [Error("PACK_KEY is no 32 bytes in base64.", hint=hint, id="alpr.E005")]
    if settings.PRODUCTION and settings.PACK_KEY == settings.DEVELOPMENT_KEY:
        return [Error("PACK_KEY is the development one, which everybody can read.", hint=hint, id="alpr.E006")]
    return []


@register(Tags.security, deploy=True)
def erasures_apart(app_configs: Any, **kwargs: Any) -> list[Any]:
    """The journal of erasures lies where neither the loss of the data nor a backup takes it along (G)."""
    journal = Path(settings.ERASURES_DIR).resolve()
    others = {"DATA_DIR": settings.DATA_DIR, "BACKUP_DIR": settings.BACKUP_DIR}
    return [
        Error(
            f"ERASURES_DIR lies in {name}: it would be lost, or come back older, together with what it is to outlive.",
            hint="Give ERASURES_DIR a volume of its own that no backup takes in (docs/deployment.md).",
            id="alpr.E007",
        )
        for name, other in others.items()
        if settings.PRODUCTION and Path(other).resolve() in (journal, *journal.parents)
    ]


@register(Tags.security, deploy=True)
def backup_key(app_configs: Any, **kwargs: Any) -> list[Any]:
    """A key that seals nothing, or that everybody knows, is noticed before a backup rests on it (G)."""
    hint = 'Make one with: python3 -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'
    try:
        key = base64.b64decode(settings.BACKUP_KEY, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        return [Error("BACKUP_KEY is no 32 bytes in base64.", hint=hint, id="alpr.E008")]
    if settings.PRODUCTION and settings.BACKUP_KEY == settings.DEVELOPMENT_KEY:
        return [Error("BACKUP_KEY is the development one, which everybody can read.", hint=hint, id="alpr.E009")]
    return []
