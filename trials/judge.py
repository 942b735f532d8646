"""The soak's counts held against what was promised, and the words for it."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bench.measure import spread
from bench.report import table, text

from . import count
from .memory import WARM_UP, Life, by_minute, lives
from .traffic import FLEET, moment, plate
from .verdict import Verdict

if TYPE_CHECKING:
    from .soak import Soak

WORTH_A_LINE = 60.0  # seconds of life
GRACE = 1.0  # seconds after a start in which what was under way may still fail


def judge(soak: Soak, seen: dict[str, Any]) -> Verdict:
    """Count everything, and put it into words."""
    posts = count.acknowledged(soak.file)
    verdict = Verdict()
    _deliveries(verdict, soak, seen["sender"], posts)
    _pictures(verdict, soak, posts)
    _looks(verdict, soak, seen["searcher"])
    fleet = [plate(vehicle) for vehicle in range(FLEET)]
    logs = [soak.web.log, soak.ground.cluster.data / "log" / "postgresql.log"]
    verdict.must("lines with a plate in the logs of web and database", count.lines_with(fleet, logs))
    found = lives(soak.sizes)
    _memory(verdict, found)
    verdict.text = _text(soak, verdict, found, seen)
    return verdict


def read_id(source: str, external: str) -> uuid.UUID:
    """A read's id by the names that the sender knows."""
    from reads import staging
    from reads.models import Source

    if source not in _sources:
        _sources[source] = Source.objects.get(name=source)
    return staging.read_id(_sources[source], external, moment(int(external.rpartition("-")[2])))


_sources: dict[str, Any] = {}


def _deliveries(verdict: Verdict, soak: Soak, sender: dict[str, Any], posts: list[dict[str, Any]]) -> None:
    with soak.ground.admin() as admin:
        rows = admin.execute(
            "SELECT r.id, r.uploaded_at, r.batch_id, b.at FROM reads_read r LEFT JOIN reads_batch b ON b.id = r.batch_id"
        ).fetchall()
        batches = {
            str(id_): (received, stored, duplicates)
            for id_, received, stored, duplicates in admin.execute(
                "SELECT id, received, stored, duplicates FROM reads_batch"
            ).fetchall()
        }
        at = dict(admin.execute("SELECT id::text, extract(epoch FROM at)::float8 FROM reads_batch").fetchall())
    found = count.compare(posts, (count.Stored(*row) for row in rows), read_id, soak.before)
    counts = sender["counts"]
    verdict.say("posts sent", counts["posts"])
    verdict.say("posts acknowledged", len(posts))
    verdict.say("reads acknowledged", found["acknowledged"])
    verdict.say("reads stored", found["stored"])
    verdict.must("acknowledged reads **lost**", found["lost"])
    verdict.must("reads stored **twice**", found["twice"])
    verdict.must("reads whose first upload time did not stay", found["restarted"])
    verdict.must("reads stored that were never acknowledged", found["unacknowledged"])
    verdict.must("posts refused, or never acknowledged", counts.get("refused", 0) + counts.get("never_acknowledged", 0))
    verdict.must("acknowledged posts whose record says otherwise", count.receipts(posts, batches))
    verdict.must("records of deliveries beyond those acknowledged", len(batches) - len(posts))
    verdict.must("sum of `stored` over all records, less reads stored", sum(b[1] for b in batches.values()) - len(rows))
    verdict.say("tries that were not acknowledged and made again", counts.get("retries", 0))
    late = sum(post["tries"] > 1 and at.get(post["receipt"], 0) < post["tried"] for post in posts)
    verdict.say("of these posts, stored by a try whose acknowledgement was lost", late)
    verdict.say("answers 503", counts.get("answered_503", 0))
    verdict.must("of these without Retry-After", counts.get("without_retry_after", 0))
    verdict.say("acknowledged posts sent once more", counts.get("replays", 0))
    verdict.must("of these answered otherwise than first", counts.get("replays_answered_otherwise", 0))
    strange = count.outside(sender["failures"], soak.outages, grace=GRACE)
    verdict.must("failed tries that no kill explains", len(strange))
    verdict.strange += strange


def _pictures(verdict: Verdict, soak: Soak, posts: list[dict[str, Any]]) -> None:
    from psycopg.rows import namedtuple_row

    from reads import packs

    with soak.ground.admin() as admin:
        kept = admin.cursor(row_factory=namedtuple_row).execute("SELECT * FROM reads_picture").fetchall()
    wanted, lost = count.lost_pictures(posts, kept, read_id, packs.load)
    verdict.say("pictures acknowledged", wanted)
    verdict.must("acknowledged pictures **lost** (missing, or do not open as stored)", lost)


def _looks(verdict: Verdict, soak: Soak, searcher: dict[str, Any]) -> None:
    found, failures = searcher["found"], searcher["failures"]
    with soak.ground.admin() as admin:
        rows = admin.execute(
            "SELECT a.query_id::text, array_agg(n.rows) FROM reads_access a JOIN reads_answer n ON n.access_id = a.id"
            " WHERE a.kind = 'results' GROUP BY 1"
        ).fetchall()
    verdict.say("searches answered", len(found))
    verdict.say("of these with reads on the page", sum(bool(page["shown"]) for page in found))
    verdict.must(
        "pages of results without a recorded access that says as many reads", count.unrecorded(found, dict(rows))
    )
    verdict.say("searches failed while something was away", len(failures))
    strange = count.outside(failures, soak.outages, grace=GRACE)
    verdict.must("searches failed that no kill explains", len(strange))
    verdict.strange += strange


def _memory(verdict: Verdict, found: list[Life]) -> None:
    judged = [life for life in found if life.is_flat is not None]
    if judged:
        verdict.must("workers that grow by more than 1 MB a minute", sum(not life.is_flat for life in judged))
    else:
        verdict.say("workers that grow by more than 1 MB a minute", "none lived long enough to say")


def _text(soak: Soak, verdict: Verdict, found: list[Life], seen: dict[str, Any]) -> str:
    command = (
        f"python -m trials.soak --minutes {soak.seconds / 60:g} --rate {soak.rate:g}{'' if soak.plan else ' --calm'}"
    )
    killed = ", ".join(f"{n} of the {what}" for what, n in soak.killed.items())
    strange = [f"{n} × {what}" for what, n in Counter(verdict.strange).most_common(10)]
    parts = [
        "## Soak",
        text(
            f"`{command}`, {datetime.now(UTC):%Y-%m-%d}. {soak.rate:g} reads a second for {soak.seconds:g} seconds, in",
            "posts of 1 to 20 reads, 1 % of them with a picture; a search a second beside them.",
        ),
        "\n".join(f"- {fact}" for fact in soak.ground.facts()),
        text(
            f"Killed with -9: {killed}; {soak.midst} times in the midst of storing a delivery. Longest from a post's",
            f"being due to its acknowledgement: {seen['sender']['longest']:.0f} s.",
        ),
        verdict.table("counted"),
        *([text("Failures that no kill explains: " + "; ".join(strange) + ".")] if strange else []),
        _of_searches(seen["searcher"]["found"]),
        _of_workers(soak, found),
    ]
    return "\n\n".join(parts)


def _of_searches(pages: list[dict[str, Any]]) -> str:
    steps = {"the form, posted: the search screened and recorded": "form_s", "its page of results": "page_s"}
    rows = []
    for words, step in steps.items():
        if pages:
            waits = spread(page[step] for page in pages)
            rows.append(
                [words, str(waits["n"]), *(f"{waits[name]:.0f}" for name in ("p50_ms", "p99_ms", "longest_ms"))]
            )
    return table(["searches, over HTTP", "n", "p50 ms", "p99 ms", "longest"], rows)


def _of_workers(soak: Soak, found: list[Life]) -> str:
    long = [life for life in found if life.seconds >= WORTH_A_LINE]
    rows = []
    for number, life in enumerate(long, 1):
        sizes = [f"{size:.1f}" for size in (life.first, life.last, life.most)]
        slope = "too short" if life.slope is None else f"{life.slope:+.2f}"
        rows.append([str(number), f"{life.seconds:.0f}", *sizes, slope])
    said = [
        f"MB a minute: a straight line through the samples after the first {WARM_UP:.0f} seconds.",
        f"{len(found) - len(long)} other workers lived for less than {WORTH_A_LINE:.0f} seconds.",
    ]
    if long:
        largest = max(long, key=lambda life: life.last)
        minutes = ", ".join(f"{size:.1f}" for size in by_minute(soak.sizes, largest.pid))
        said.append(f"The largest, MB by the minute: {minutes}.")
    return table(["worker", "seconds", "first MB", "last MB", "most MB", "MB a minute"], rows) + "\n\n" + text(*said)
