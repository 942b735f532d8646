"""Events: the small ASGI process serves this, and nothing but the news of open pages."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alpr_portal.settings")
portal = get_asgi_application()
HERE = ("/events/", "/healthz")


def no_lasting_connections() -> None:
    """A line is open for minutes and asks the database for moments: no connection is kept between them."""
    from django.conf import settings

    for database in settings.DATABASES.values():
        database["CONN_MAX_AGE"] = 0


no_lasting_connections()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What uvicorn calls: the portal's own address of events; any other is not here."""
    if scope["type"] == "http" and scope["path"].startswith(HERE):
        await portal(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
