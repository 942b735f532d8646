"""The hotlists app: lists, entries, hits, verifications, stops."""

from django.apps import AppConfig

OF_SWEEP = ("hotlists_match_batch(uuid)", "hotlists_unmatched(integer)")
OF_NIGHTS = ("hotlists_forget_ended()", "hotlists_write_anew()")
FUNCTIONS = (
    *OF_SWEEP,
    *OF_NIGHTS,
    "hotlists_put_in_force(hotlists_refresh)",
    "hotlists_tell(uuid)",
    "hotlists_raise(hotlists_found[])",
)


class HotlistsConfig(AppConfig):
    name = "hotlists"
    verbose_name = "What we watch for, and what came of it"
    grants = (
        "GRANT SELECT ON hotlists_sight_window TO alpr_app",
        f"REVOKE ALL ON FUNCTION {', '.join(FUNCTIONS)} FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report",
        f"GRANT EXECUTE ON FUNCTION {', '.join((*OF_SWEEP, *OF_NIGHTS))} TO alpr_purge",
    )
