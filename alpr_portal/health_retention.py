"""Whether reads leave as the order wants it: the last run of the disposal, and what it should have taken (G)."""

from __future__ import annotations

from django.utils import timezone

from reads import watching

from .health_lines import Check
from .policy.clauses import clause
from .policy.parameters import DISPOSAL_ALARM, DISPOSAL_EVERY
from .templatetags.portal import when

CERTIFICATES = "list_certificates"


@clause("G")
def oldest_day() -> Check:
    """The last run of the disposal: red when it is late, stopped, or left a day behind that should have gone."""
    last = watching.last_run()
    remedy = "Run manage.py purge and read what it says; look why the hourly task did not."
    if last is None:
        late = bool(watching.figures(fresh=False)["late"])
        return Check(
            "Disposal", not late, "no run yet", "G", "Run manage.py purge, and start Celery beat.", page=CERTIFICATES
        )
    says = f"last run {when(last.at)}: {last.partitions} days with {last.purged:,} reads went"
    if last.failed:
        says += f", {len(last.failed)} could not go ({', '.join(one['day'] for one in last.failed)})"
    if last.left:
        says += f", {last.left} wait for the next run"
    ok = not last.failed and not last.brake_id and timezone.now() - last.at <= DISPOSAL_EVERY.now
    return Check("Disposal", ok, says, "G", remedy, page=CERTIFICATES)


@clause("G", "L.4")
def retention() -> Check:
    """Nothing that expired can be read, nothing lies on the disk for too long, and the brake is not on."""
    found = watching.standing(fresh=False)
    hours = int(DISPOSAL_ALARM.now.total_seconds() // 3600)
    oldest = f"oldest read on disk of {when(found.oldest_at)}" if found.oldest_at else "no read on disk"
    says = f"{found.readable} expired rows readable, {found.late} on disk for over {hours} hours; {oldest}"
    if found.held_late:
        says += f"; the copies of {found.held_late} holds that ended are still there"
    if found.unfinished:
        says += f"; {found.unfinished} upload days whose pictures, key or certificate are not finished"
    brake = watching.brake_on()
    if brake:
        says += f"; the brake is on since {when(brake.at)}, so that nothing leaves the disk until a person looked at the clocks: "
        says += brake.get_why_display().lower()
    return Check(
        "Retention",
        not found.in_breach and brake is None,
        says,
        "G",
        "docs/runbook.md, “An upload day does not go” and “The brake of the disposal is on”.",
        needed=True,
        page=CERTIFICATES,
    )
