"""The connection: asks for the embedded server only when something really connects."""

from __future__ import annotations

import threading
from typing import Any

from django.db.backends.postgresql import base

RESOLVING = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as Django knows it; ``LAZY_URL`` in the settings is resolved at the first connection."""

    def get_connection_params(self) -> dict[str, Any]:
        if self.settings_dict.get("LAZY_URL"):
            self._resolve()
        return super().get_connection_params()

    def _resolve(self) -> None:
        """Start the embedded server and make the database, once, however many threads connect first."""
        with RESOLVING:
            if not self.settings_dict["LAZY_URL"]:
                return
            from alpr_portal import embedded
            from alpr_portal.bootstrap import bootstrap_database
            from alpr_portal.database import parse_url

            url = embedded.database_url()
            bootstrap_database(url, self.settings_dict["NAME"])
            address = parse_url(url)
            address.pop("NAME")
            address.pop("EXTRA")
            self.settings_dict.update(address, LAZY_URL="")
