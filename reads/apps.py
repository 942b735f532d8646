"""The reads app: cameras, sources, reads, queries, accesses."""

from django.apps import AppConfig

# What ingest may write of a read: everything but the two columns that start the retention clock (G).
INGEST_COLUMNS = (
    "id, captured_at, offset_minutes, camera_id, source_id, batch_id, plate_seen, plate, plate_fold, state, "
    "confidence, lat, lon, direction, make, model, colour, body, images"
)
PICTURE_COLUMNS = (
    "read_id, upload_day, number, kind, pack, starts_at, size, thumbnail_starts_at, thumbnail_size, digest"
)
OF_PURGE = (
    "reads_held_due()",
    "reads_dispose_held()",
    "reads_day_number(date)",
    "reads_dispose(date)",
    "reads_day_is_empty(date)",
    "reads_upload_days()",
    "reads_oldest()",
    "reads_count_day(date)",
    "reads_unindexed_days()",
    "reads_index_day(date)",
)
FUNCTIONS = (
    *OF_PURGE,
    "reads_gate()",
    "reads_watched_windows()",
    "reads_expired_shown(regclass)",
    "reads_expired_shown()",
    "reads_retention()",
    "reads_make_partitions(date, integer)",
    "reads_last_heard()",
    "reads_store_staged()",
    "reads_make_today()",
    "reads_pictures_to_hold(uuid)",
    "reads_access_case()",
    "reads_lock_hold(uuid)",
    "reads_no_decider(uuid, uuid)",
)
OF_CORRECTIONS = "reads_lock_read(uuid), reads_is_flagged(uuid), reads_say_right(uuid, text, text)"
OF_HOLDS = "reads_pictures_to_hold(uuid), reads_access_case(), reads_lock_hold(uuid), reads_no_decider(uuid, uuid)"

OF_REPLAY = (
    "reads_not_erased(uuid[], timestamptz[]), reads_erase_again(uuid[], timestamptz[]), "
    "reads_close_older(uuid[], timestamptz[])"
)


class ReadsConfig(AppConfig):
    name = "reads"
    verbose_name = "What the cameras saw, and who looked"
    grants = (
        f"GRANT INSERT ({INGEST_COLUMNS}), SELECT (id, upload_day, batch_id, images) ON reads_read TO alpr_ingest",
        f"GRANT INSERT ({PICTURE_COLUMNS}) ON reads_picture TO alpr_ingest",
        "GRANT SELECT ON reads_window, reads_picture_window TO alpr_app",
        f"REVOKE ALL ON FUNCTION {', '.join(FUNCTIONS)} FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report",
        "GRANT EXECUTE ON FUNCTION reads_gate() TO alpr_app",
        "GRANT EXECUTE ON FUNCTION reads_make_partitions(date, integer) TO alpr_purge",
        f"GRANT EXECUTE ON FUNCTION {', '.join(OF_PURGE)} TO alpr_purge",
        "GRANT EXECUTE ON FUNCTION reads_store_staged(), reads_make_today() TO alpr_ingest",
        "GRANT EXECUTE ON FUNCTION reads_last_heard() TO alpr_app",
        f"GRANT EXECUTE ON FUNCTION {OF_HOLDS} TO alpr_app",
        f"REVOKE ALL ON FUNCTION {OF_CORRECTIONS} FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report",
        f"GRANT EXECUTE ON FUNCTION {OF_CORRECTIONS} TO alpr_app",
        "GRANT SELECT ON reads_right_window TO alpr_app",
        "GRANT SELECT ON reads_held_window, reads_held_picture_window TO alpr_app",
        "GRANT INSERT ON reads_heldpicture TO alpr_app",
        "GRANT INSERT, SELECT ON reads_heldkey TO alpr_app",
        f"REVOKE ALL ON FUNCTION reads_here(), reads_in_quarantine(), {OF_REPLAY} FROM PUBLIC, alpr_app, alpr_purge",
        "GRANT EXECUTE ON FUNCTION reads_in_quarantine() TO alpr_app, alpr_purge",
        "GRANT EXECUTE ON FUNCTION reads_not_erased(uuid[], timestamptz[]) TO alpr_app",
        "GRANT EXECUTE ON FUNCTION reads_close_older(uuid[], timestamptz[]) TO alpr_app",
        "GRANT EXECUTE ON FUNCTION reads_erase_again(uuid[], timestamptz[]) TO alpr_purge",
        "GRANT EXECUTE ON FUNCTION reads_retention() TO alpr_app, alpr_report",
        "GRANT SELECT (at, ground, scope, items) ON reads_hold TO alpr_report",
        "GRANT SELECT (at, purpose, outcome, clause, by_unit) ON reads_query TO alpr_report",
        "GRANT SELECT (at, stored, source_id) ON reads_batch TO alpr_report",
        "GRANT SELECT (id, area, mount, in_service_from, in_service_to) ON reads_camera TO alpr_report",
    )

    def ready(self) -> None:
        from training import quarantine

        from . import erasures

        quarantine.ALSO.append(erasures.is_older)
