"""The audits app: how long records are kept, and what was disposed of."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

# asked by the application; everything else of audits_* is the owner's alone
ASKED = (
    "audits_dispose(uuid, integer)",
    "audits_overview()",
    "audits_last_day(date, integer)",
)
WITHIN = (
    "audits_gather(text, text[])",
    "audits_judge(text, date, uuid)",
    "audits_verdict(text, integer[], timestamptz, timestamptz, text[], date, date)",
    "audits_finish(uuid)",
    "audits_lock()",
)


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = "What it all adds up to"
    grants = (
        f"REVOKE ALL ON FUNCTION {', '.join(ASKED + WITHIN)} FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report",
        f"GRANT EXECUTE ON FUNCTION {', '.join(ASKED)}, audits_lock() TO alpr_app",
    )

    def ready(self) -> None:
        from . import catalogue, checks  # noqa: F401

        post_migrate.connect(catalogue.make_equal, sender=self, dispatch_uid="audits.make_equal")
