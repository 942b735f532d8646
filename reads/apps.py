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
    "reads_dispose(date)",
    "reads_upload_days()",
    "reads_oldest()",
    "reads_count_day(date)",
    "reads_unindexed_days()",
    "reads_index_day(date)",
)
FUNCTIONS = (
    *OF_PURGE,
    "reads_gate()",
    "reads_make_partitions(date, integer)",
    "reads_last_heard()",
    "reads_store_staged()",
    "reads_make_today()",
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
        "GRANT SELECT (at, purpose, outcome, clause, by_unit) ON reads_query TO alpr_report",
        "GRANT SELECT (at, stored, source_id) ON reads_batch TO alpr_report",
        "GRANT SELECT (id, area, mount, in_service_from, in_service_to) ON reads_camera TO alpr_report",
    )
