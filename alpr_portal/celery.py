"""The whole timetable of duties on one screen; hours are Oakland's."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

app = Celery("alpr_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The embedded server has no address before it runs: the demo passes one.
app.conf.broker_url = os.environ.get("BROKER_URL") or (
    None if settings.REDIS_URL == "embedded:" else settings.REDIS_URL
)
app.conf.timezone = settings.TIME_ZONE
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "make partitions ahead (A.2)": {"task": "reads.tasks.make_partitions", "schedule": crontab(minute="7")},
    "dispose of expired upload days (G)": {"task": "reads.tasks.purge", "schedule": crontab(minute="12")},
    "watch that nothing is kept for longer (G)": {"task": "reads.tasks.watch", "schedule": crontab(minute="32")},
    "index closed upload days (A.2)": {"task": "reads.tasks.index_closed_days", "schedule": crontab(minute="22")},
    "compare deliveries without a receipt (B.1)": {
        "task": "hotlists.tasks.match_unmatched",
        "schedule": crontab(minute="*/5"),
    },
    "write what is watched for anew (G)": {
        "task": "hotlists.tasks.write_anew",
        "schedule": crontab(minute="45", hour="3"),
    },
    "close unused accounts (C.3.b)": {
        "task": "training.tasks.close_unused",
        "schedule": crontab(minute="40", hour="2"),
    },
    "write letters about lapses (J)": {
        "task": "training.tasks.write_letters",
        "schedule": crontab(minute="0", hour="6"),
    },
    "write the digest of roles (C.3.b)": {
        "task": "training.tasks.write_roles_digest",
        "schedule": crontab(minute="5", hour="6", day_of_week="mon"),
    },
    "write the digests of worklists (L.4)": {
        "task": "alpr_portal.tasks.write_worklists",
        "schedule": crontab(minute="10", hour="6", day_of_week="mon-fri"),
    },
    "send letters (J)": {"task": "training.tasks.send_letters", "schedule": crontab(minute="*/10")},
    "dispose of records that two persons let go (K.report)": {
        "task": "audits.tasks.dispose_records",
        "schedule": crontab(minute="35"),
    },
    "run jobs that wait (C.3.b)": {"task": "training.tasks.sweep_jobs", "schedule": crontab(minute="*/2")},
    "take files out of drop folders and read them (C.2.B.1)": {
        "task": "hotlists.tasks.scan_folders",
        "schedule": crontab(minute="*/5"),
    },
    "read list files that wait (C.2.B.1)": {"task": "hotlists.tasks.import_waiting", "schedule": crontab(minute="*/2")},
}
