"""The whole timetable of duties on one screen."""

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

app = Celery("alpr_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The embedded server has no address before it runs: the demo passes its worker one.
app.conf.broker_url = None if settings.REDIS_URL == "embedded:" else settings.REDIS_URL
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "make partitions ahead (A.2)": {"task": "reads.tasks.make_partitions", "schedule": crontab(minute="7")},
    "dispose of expired upload days (G)": {"task": "reads.tasks.purge", "schedule": crontab(minute="12")},
    "index closed upload days (A.2)": {"task": "reads.tasks.index_closed_days", "schedule": crontab(minute="22")},
}
