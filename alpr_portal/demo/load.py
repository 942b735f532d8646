"""Load the demo, or bring it up to now: what stands is left as it is, and only what has come since is added."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import psycopg
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.db.models import Max, Model
from django.utils import timezone
from psycopg import sql

from alpr_portal.policy.parameters import RETENTION
from reads import disposal, images, packs, waiting
from reads.models import Batch, Camera, Query, Source
from reads.partitions import index_closed_days, make_ahead
from training.models import Member

from . import comings, holds, hot_lists, papers, pictures, reads, records
from .cameras import Readers
from .cast import CAST, People
from .story import Story
from .vehicles import FEATURED
from .write import id_of, missing, put

DAYS = 30
NEWEST, OF_FEATURED = 220, 14  # how many of the newest reads, and of each featured vehicle's, have an image
NOT_OURS = (
    "This database holds members, cameras or reads that are not the demo's: nothing was done. "
    "Point DATABASE_URL at an empty database, or leave it unset."
)
LOADING = 7_220_114  # the advisory lock of a start that loads
OVERLAP = timedelta(days=1)  # told again on a later start, in case one was broken off

Progress = Callable[[str, float], None]


@dataclass
class Loaded:
    """What a start of the demo added."""

    reads: int = 0
    searches: int = 0
    images: int = 0
    first: bool = False


def require_demo_or_empty() -> bool:
    """Whether the demo is there already. CommandError where the database holds anything real, or another demo."""
    ours = {id_of("member", person.username) for person in CAST}
    found = Member.objects.filter(pk__in=ours).count()
    if found == len(ours):
        return True
    if found:
        raise CommandError(
            "The demo in this database was made by another version: run it with --reset to make it anew."
        )
    if any(model.objects.exists() for model in (Member, Source, Camera, Batch)):
        raise CommandError(NOT_OURS)
    return False


def require_droppable(connection: psycopg.Connection) -> None:
    """CommandError unless the database is empty, or a demo of any version, migrated or not."""
    held = {
        table: row[0]
        for table in ("training_member", "reads_source", "reads_camera", "reads_batch")
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
        and (row := connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone())
    }
    if not any(held.values()):
        return
    ours = [id_of("member", person.username) for person in CAST]
    cast = connection.execute("SELECT 1 FROM training_member WHERE id = ANY(%s)", [ours]).fetchone()
    if cast is None:
        raise CommandError(NOT_OURS)


def bring_up_to_now(progress: Progress, *, days: int = DAYS, now: datetime | None = None) -> Loaded:
    """Everything of the demo up to ``now``. A day is one transaction, so a start that was broken off goes on later.

    CommandError where the database is not the demo's, or where another start is loading it.
    """
    with alone():
        return _bring_up_to(now or timezone.now(), days, progress)


@contextmanager
def alone() -> Iterator[None]:
    """One start at a time: a lock of the owner's connection, gone with it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOADING])
        if not cursor.fetchone()[0]:
            raise CommandError("Another start of the demo is loading its data: wait until it is done.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOADING])


def _bring_up_to(now: datetime, days: int, progress: Progress) -> Loaded:
    there = require_demo_or_empty()
    since = now - min(RETENTION.now, timedelta(days=days))
    make_ahead(first=since.date(), days=(now.date() - since.date()).days + 1)
    make_ahead()
    people = People(now)
    readers = Readers(now, people)
    with transaction.atomic(using="owner"):
        for rows in [people.renewals()] if there else first_rows(people, readers):
            put(rows)
    progress("people and cameras", 0.05)
    world = reads.World(readers, now, days)
    progress("reads", 0.15)
    loaded = Loaded(first=not there)
    mark = newest_delivery() or since
    _load_reads(world, readers, mark, loaded, progress)
    _load_story(people, world, max(since, mark - OVERLAP) if Query.objects.exists() else since, loaded)
    progress("searches", 0.95)
    with transaction.atomic(using="owner"):
        hot_lists.worked(people, now)
    loaded.searches += records.tell(people)
    disposal.catch_up(operator="the demo", reason="The demo was switched off meanwhile")
    holds.tell(now)
    index_closed_days()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    progress("ready", 1.0)
    return loaded


def first_rows(people: People, readers: Readers) -> Iterator[list[Model]]:
    """Everything that does not come day by day, a model at a time, in the order in which it can be written."""
    yield from people.rows()
    yield from papers.ground(people)
    yield from people.trained()
    yield from papers.rows(people)
    yield from readers.rows()
    yield from hot_lists.ground(people)


def newest_delivery() -> datetime | None:
    """Up to when the demo's own deliveries stand; what users of the demo delivered does not count."""
    found: datetime | None = Batch.objects.filter(key__startswith=reads.DEMO_KEY).aggregate(at=Max("at"))["at"]
    return found


def _load_reads(world: reads.World, readers: Readers, since: datetime, loaded: Loaded, progress: Progress) -> None:
    new = [sight for sight in world.sights if sight.uploaded_at > since]
    pictured = _pictured(new, NEWEST * world.days // DAYS)
    drawn: dict[uuid.UUID, list[images.Clean]] = {}
    for n, sight in enumerate(pictured.values()):
        local = sight.captured_at.astimezone(reads.OAKLAND)
        drawn[sight.id] = [images.clean(pictures.draw_picture(sight.vehicle, sight.plate, sight.camera.name, local))]
        if n % 20 == 0:
            progress("images", 0.15 + 0.3 * n / len(pictured))
    loaded.images = len(pictured)
    for n, (day, sights) in enumerate(_days(new)):
        with transaction.atomic(using="owner"):
            hot_lists.files_of(day, world.vehicles, at=max(since, datetime.combine(day, time(), UTC)))
            reads.store(sights, readers, set(pictured))
            reads.store_pictures(packs.keep(day, [(s.id, drawn[s.id]) for s in sights if s.id in drawn]))
            put(reads.batches(sights, readers.sources))
        loaded.reads += len(sights)
        progress(f"reads of {day}", 0.45 + 0.4 * (n + 1) / DAYS)
    with transaction.atomic(using="owner"):
        put(missing(reads.turned_away(since, world.now)))


def _days(sights: Sequence[reads.Sight]) -> Iterator[tuple[date, list[reads.Sight]]]:
    """Sights by upload day; they come in the order of their upload."""
    for day, group in groupby(sights, key=lambda sight: sight.uploaded_at.date()):
        yield day, list(group)


def _pictured(sights: Sequence[reads.Sight], newest: int) -> dict[uuid.UUID, reads.Sight]:
    """Those that get an image: the newest, and the newest of each vehicle that the demo's cases are about."""
    featured = {vehicle.plate: OF_FEATURED for vehicle in FEATURED}
    found = {sight.id: sight for sight in sights[len(sights) - min(newest, len(sights)) :]}
    for sight in reversed(sights):
        if featured.get(sight.plate, 0) > 0:
            featured[sight.plate] -= 1
            found[sight.id] = sight
    return found


def _load_story(people: People, world: reads.World, since: datetime, loaded: Loaded) -> None:
    story = Story(people, world, known=set(Query.objects.filter(at__gt=since).values_list("pk", flat=True)))
    story.tell(since)
    story.freshen(waiting.awaiting_decision().count())
    with transaction.atomic(using="owner"):
        for rows in story.rows.values():
            put(rows)
        put(missing(comings.sign_ins(people, story.askers(), since, world.now)))
        put(missing(comings.refusals(people, since, world.now)))
    loaded.searches = len(story.rows[Query])
