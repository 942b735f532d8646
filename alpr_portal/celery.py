"""The whole timetable of duties on one screen."""

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from .cache import redis_url

app = Celery("alpr_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.broker_url = "redis://" if settings.REDIS_URL == "embedded:" else settings.REDIS_URL
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "make partitions ahead (A.2)": {"task": "reads.tasks.make_partitions", "schedule": crontab(minute="7")},
}


def connect_embedded() -> None:
    """For a worker beside the embedded server: ask for its address when the worker starts, not at import."""
    url = redis_url(settings.REDIS_URL)
    app.conf.broker_url = f"redis+socket://{url.removeprefix('unix://')}" if url.startswith("unix://") else url
