"""The steps of the replica's trial: what a search does while the standby serves, lags, is gone, or holds up a disposal."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from alpr_portal.embedded import ROOT
from alpr_portal.policy.refusal import Refused
from bench import data, people
from bench.measure import spread
from bench.report import table
from bench.search import month, sample
from reads import disposal, partitions, replica
from reads.models import Access, Read
from reads.search import access, answered
from training.models import AccountClosed, Completion, CompletionWithdrawn, Member

from .flood import CAMERAS
from .ground import Ground
from .people import colleague
from .processes import die_with_parent
from .standby import Standby, wait_for
from .verdict import Verdict

LOOKS = 300  # of each kind, in rounds
ROUNDS = 3
FLOOD = 10.0  # seconds
SILENT = (("the first look", 1), ("the looks after", 20))
GIVEN_UP = 15.0  # seconds
HELD = 3.0  # seconds that a search stays open beside a disposal
REPLICA, PRIMARY = replica.REPLICA, "default"


class Waits:
    """How long looks took, by what went on meanwhile; in seconds."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = {}

    def add(self, name: str, seconds: float) -> None:
        self.seen.setdefault(name, []).append(seconds)

    def table(self) -> str:
        rows = []
        for name, waits in self.seen.items():
            found = spread(waits)
            ms = [f"{found[which]:.1f}" for which in ("p50_ms", "p99_ms", "longest_ms")]
            rows.append([name, f"{found['n']:,}", *ms])
        return table(["one look: access, gate, page, answer", "n", "p50 ms", "p99 ms", "longest"], rows)


class Look:
    """One member's looks at reads of plates that are there."""

    def __init__(self, ground: Ground):
        self.ground, self.facts = ground, ground.facts()
        self.who = people.make(CAMERAS)
        self.plates = [one.plate for one in sample(ground, 200)]  # type: ignore[arg-type]
        self.query = self.who.query()

    def at(self, plate: str) -> tuple[str, list[Any]]:
        """A page of one plate's reads; which database answered, and what."""
        self.query.criteria = month(timezone.now(), plate=plate)
        with access(self.who.officer, "results", self.query, now=timezone.now()) as window:
            page = window.page()
            answered(window.record, rows=len(page.reads), truncated=page.truncated)
        return window.using, [read.id for read in page.reads]

    def any(self) -> tuple[str, list[Any]]:
        return self.at(random.choice(self.plates))

    def timed(self, waits: Waits, name: str, n: int) -> Counter[str]:
        """``n`` looks one after the other; by which database they were answered."""
        served: Counter[str] = Counter()
        for _ in range(n):
            began = time.perf_counter()
            alias, _ = self.any()
            waits.add(name, time.perf_counter() - began)
            served[alias] += 1
        return served


@contextmanager
def on_primary() -> Iterator[None]:
    """As if no replica were configured."""
    settings.SEARCH_REPLICA = False
    try:
        yield
    finally:
        settings.SEARCH_REPLICA = True


def rest_no_more() -> None:
    """The portal's rest after a failure, cut short: the steps after it are about something else."""
    replica._rests_until = 0.0


def same_answers(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """The replica answers, and as the primary does."""
    served: Counter[str] = Counter()
    different = 0
    for plate in look.plates[:100]:
        alias, found = look.at(plate)
        served[alias] += 1
        with on_primary():
            different += look.at(plate) != (PRIMARY, found)
    verdict.must("searches answered by the replica, of 100", served[REPLICA], 100)
    verdict.must("answers that differ from the primary's", different)
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        verdict.show("what answers as the replica is in recovery", *_yes(cursor.fetchone()[0]))


def the_gate(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """The gate stands on the replica."""
    officer, query = look.who.officer, look.query
    verdict.show("on the replica, a query outside an access", *_refused(lambda: _peek(None), "no recorded access"))
    verdict.show("on the replica, an access that nobody recorded", *_refused(lambda: _peek(query.pk), "not recorded"))
    with transaction.atomic():
        record = Access.objects.write(by=officer, kind="results", query=query)
        verdict.show("on the replica, an access not committed yet", *_refused(lambda: _peek(record.pk), "not recorded"))
    standby.catch_up()
    verdict.show("the same once it is committed and has arrived", *_yes(_peek(record.pk) > 0))
    old = Access.backdated(
        by=officer, by_name=officer.name, kind="results", query=query, at=timezone.now() - timedelta(seconds=61)
    )
    standby.catch_up()
    verdict.show(
        "on the replica, an access of 61 seconds ago", *_refused(lambda: _peek(old.pk), "older than 60 seconds")
    )
    leaver = colleague(look.who.officer, "leaver")
    record = Access.objects.write(by=leaver, kind="results", query=query)
    AccountClosed.objects.write(by=None, member=leaver, because="left")
    standby.catch_up()
    verdict.show(
        "on the replica, an access of a member deactivated since",
        *_refused(lambda: _peek(record.pk), "not active and trained"),
    )


def _peek(access_id: Any) -> int:
    """Read on the replica behind the portal's back, in a transaction that names an access or none; how many reads."""
    with transaction.atomic(using=REPLICA), connections[REPLICA].cursor() as cursor:
        if access_id:
            cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access_id)])
        return Read.objects.using(REPLICA).count()


def _refused(act: Callable[[], Any], words: str) -> tuple[str, str, bool]:
    try:
        act()
    except DatabaseError as error:
        said = str(error).splitlines()[0]
        return ("refused" if words in said else said), "refused", words in said
    return "answered", "refused", False


def _yes(found: object) -> tuple[str, str, bool]:
    return ("yes" if found else "no"), "yes", bool(found)


def idle(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """How long a look takes while nothing else goes on, and how long an access is on its way."""
    for _ in range(ROUNDS):
        with on_primary():
            look.timed(waits, "primary, idle", LOOKS // ROUNDS)
        look.timed(waits, "replica, idle", LOOKS // ROUNDS)
    on_its_way = Waits()
    missed = 0
    for _ in range(LOOKS):
        record = Access.objects.write(by=look.who.officer, kind="results", query=look.query)
        began = time.perf_counter()
        missed += not replica.has_arrived(record.pk)
        on_its_way.add("", time.perf_counter() - began)
    found = spread(on_its_way.seen[""])
    said = f"p50 {found['p50_ms']:.1f}, p99 {found['p99_ms']:.1f}, longest {found['longest_ms']:.1f} ms"
    verdict.say("an access is seen on the replica after", said)
    verdict.say(f"accesses that took longer than {replica.ARRIVAL * 1000:.0f} ms, of {LOOKS}", missed)


def paused(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """Replay stands still: the primary answers after the moment that an access may take."""
    with standby.paused():
        served = look.timed(waits, "replay paused", 40)
    verdict.must("replay paused: searches answered by the primary, of 40", served[PRIMARY], 40)
    least = min(waits.seen["replay paused"]) * 1000
    verdict.show(
        "the shortest of them, in ms", f"{least:.0f}", "≥ 31: it waited for its access", least >= 31
    )  # 1 + 2 + 4 + 8 + 16 ms, the next pause would end after ARRIVAL
    verdict.must("replay resumed: searches answered by the replica, of 20", look.timed(Waits(), "", 20)[REPLICA], 20)


def killed(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """The replica is killed with -9: the primary answers, the replica is left alone for a while, then serves again."""
    verdict.show("a search under way on the replica when it is killed", *_in_flight(look, standby))
    served = look.timed(waits, "replica killed, the first look", 1)
    rests = replica._rests_until - time.monotonic()
    verdict.show(
        "the replica is left alone for, in s", f"{rests:.0f}", f"{replica.REST:.0f}", 0 < rests <= replica.REST
    )
    served += look.timed(waits, "replica killed, the looks after", 40)
    verdict.must("replica killed: searches answered by the primary, of 41", served[PRIMARY], 41)
    standby.database_url()
    standby.catch_up()
    early = look.timed(Waits(), "", 5) if time.monotonic() < replica._rests_until - 1 else Counter({PRIMARY: 5})
    verdict.must("started again, still left alone: answered by the primary, of 5", early[PRIMARY], 5)
    wait_for(lambda: time.monotonic() > replica._rests_until)
    verdict.must("after the rest: searches answered by the replica, of 20", look.timed(Waits(), "", 20)[REPLICA], 20)


def _in_flight(look: Look, standby: Standby) -> tuple[str, str, bool]:
    try:
        with access(look.who.officer, "results", look.query, now=timezone.now()) as window:
            served = window.using
            window.page()
            standby.kill()
            window.page()
    except DatabaseError as error:
        return type(error).__name__, "an error, no reads", served == REPLICA
    return "answered", "an error, no reads", False


def frozen(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """The replica falls silent without a word: its connections stay open and nobody answers."""
    pool = ThreadPoolExecutor(1)
    pool.submit(look.timed, Waits(), "", 1).result()  # with a connection that is open
    with standby.frozen():
        asked = [pool.submit(look.timed, waits, f"replica silent, {which}", n) for which, n in SILENT]
        began = time.monotonic()
        while not all(one.done() for one in asked) and time.monotonic() - began < GIVEN_UP:
            time.sleep(0.05)
        answered_ = all(one.done() for one in asked)
    served = sum((one.result() for one in asked), Counter())
    pool.submit(connections.close_all).result()
    pool.shutdown()
    verdict.show(f"replica silent: searches go on within {GIVEN_UP:.0f} s", *_yes(answered_))
    verdict.must("of these answered by the primary, of 21", served[PRIMARY], 21)
    wait_for(lambda: time.monotonic() > replica._rests_until)
    verdict.must("heard of again: searches answered by the replica, of 20", look.timed(Waits(), "", 20)[REPLICA], 20)


def flooded(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """Deliveries at full speed on the primary, searches beside them."""
    file = look.ground.folder / "flood.txt"
    rests_before = replica._rests_until
    with subprocess.Popen(
        [sys.executable, "-m", "trials.flood", str(FLOOD), str(file)], cwd=ROOT, preexec_fn=die_with_parent
    ) as flood:
        wait_for(lambda: file.exists() and file.read_text().count("\n") > 2)
        served: Counter[str] = Counter()
        lags = []
        while flood.poll() is None:
            served += look.timed(waits, "replica, deliveries at full speed", 10)
            with look.ground.admin() as admin:
                row = admin.execute(
                    "SELECT coalesce(extract(epoch FROM replay_lag), 0)::float8,"
                    " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), replay_lsn)::float8 FROM pg_stat_replication"
                ).fetchone()
                lags.append(row or (0.0, 0.0))
    reads = sum(int(line.split()[1]) for line in file.read_text().splitlines())
    caught_up = standby.catch_up()
    whole = sum(served.values())
    verdict.say(f"deliveries at full speed: reads a second over {FLOOD:.0f} s", f"{reads / FLOOD:,.0f}")
    verdict.say("lag of the replica: longest, in ms and kB", f"{max(a for a, _ in lags) * 1000:.0f} ms, "
                f"{max(b for _, b in lags) / 1000:,.0f} kB")  # fmt: skip
    verdict.say("searches meanwhile, and answered by the replica", f"{whole:,}, {served[REPLICA] / whole:.0%}")
    verdict.show("the replica never failed", *_yes(replica._rests_until == rests_before))
    verdict.show("caught up after, in ms", f"{caught_up * 1000:.0f}", "< 30,000", caught_up < 30)


def disposed(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """An expired day is disposed of on the primary while a search is open on the replica."""
    day = (datetime.now(UTC) - timedelta(days=36)).date()
    partitions.make_ahead(day, 1)
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    with look.ground.admin() as admin:
        sizes = data.Sizes(vehicles=12_000)
        data.fill(admin, look.who, sizes, day, rows=20_000, first=first, step=4.0)
    standby.catch_up()
    there = f"SELECT to_regclass('reads_read_{day:%Y%m%d}') IS NOT NULL"
    with standby.admin() as admin, ThreadPoolExecutor(1) as pool:
        look.query.criteria = month(timezone.now(), plate=look.plates[0])
        with access(look.who.officer, "results", look.query, now=timezone.now()) as window:
            before = window.page().count
            began = time.monotonic()
            done = disposal.purge()
            took = time.monotonic() - began
            time.sleep(HELD / 2)
            meanwhile = pool.submit(_others, look, waits).result()
            time.sleep(HELD / 2)
            waited = bool(_value(admin, there))
            after = window.page().count
        began = time.monotonic()
        wait_for(lambda: not _value(admin, there))
        gone = time.monotonic() - began
    verdict.must("disposal beside a search on the replica: days gone on the primary", done.partitions, 1)
    verdict.say("it took, in ms: it waits for no search of the replica", f"{took * 1000:.0f}")
    verdict.show("replay waits for the open search", *_yes(waited))
    verdict.show(
        "the open search is not cancelled and sees the same",
        f"{before:,} and {after:,} reads",
        "the same",
        before == after,
    )
    verdict.must("other searches meanwhile answered by the primary, of 20", meanwhile[PRIMARY], 20)
    verdict.show("its end lets the day go on the replica, after ms", f"{gone * 1000:.0f}", "< 5,000", gone < 5)
    verdict.must("then searches answered by the replica, of 20", look.timed(Waits(), "", 20)[REPLICA], 20)


def _value(connection: Any, question: str) -> Any:
    return connection.execute(question).fetchone()[0]


def _others(look: Look, waits: Waits) -> Counter[str]:
    other = Look(look.ground)
    try:
        return other.timed(waits, "replay waits for a search", 20)
    finally:
        connections.close_all()


def shut_out(verdict: Verdict, waits: Waits, look: Look, standby: Standby) -> None:
    """A member who may no longer enter is refused at once, whatever the replica knows."""
    with standby.paused():
        leaver = colleague(look.who.officer, "leaver-2")
        AccountClosed.objects.write(by=None, member=leaver, because="left")
        verdict.show("deactivated a moment ago, replay paused", *_shut(leaver, look))
        untrained = colleague(look.who.officer, "untrained")
        completion = Completion.objects.get(member=untrained)
        CompletionWithdrawn.objects.write(
            by=look.who.officer, completion=completion, entered_by=None, reason="Entered for another member."
        )
        verdict.show("training withdrawn a moment ago, replay paused", *_shut(untrained, look))
    verdict.show("the same once it has arrived", *_shut(untrained, look))


def _shut(member: Member, look: Look) -> tuple[str, str, bool]:
    fresh = Member.objects.get(pk=member.pk)
    mine = people.People(fresh, look.who.source, "", look.who.cameras).query()
    try:
        with access(fresh, "results", mine, now=timezone.now()) as window:
            window.page()
    except Refused as refused:
        return f"refused ({refused.refusal.clause})", "refused", True
    return "answered", "refused", False


STEPS = (same_answers, the_gate, idle, paused, killed, frozen, flooded, disposed, shut_out)
