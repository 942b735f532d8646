"""The report: what was measured, on what, and how it stands to the targets. Written from the results, never by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from .sizes import FULL
from .targets import judged

Results = dict[str, Any]
SMALL = "**Small sizes: to try the benches, not to judge by.**"
LIMITS = """## What this does not show

- All data fits into memory. Reading from a cold disk, a second machine and a replica are not measured.
- The disk below is the machine's own; a slower one makes every commit longer, and batches worth more.
- The other back office is its SQL as rewritten in `bench/peer.sql`, on this database and its collation; its own web
  layer and its images are not run, and none of its tables is as large here as at a busy department.
- Vendor audit logs and the annual report have targets of their own; they are measured where those parts are built.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is set to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def text(*sentences: str) -> str:
    """A paragraph, or with a leading dash a point of a list, in lines of a readable width."""
    said = " ".join(sentences)
    return textwrap.fill(said, 118, subsequent_indent="  " * said.startswith("- "), break_on_hyphens=False)


def number(value: float) -> str:
    """Three figures at most, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size(value: float) -> str:
    """Bytes for people."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= bytes_:
            return f"{number(value / bytes_)} {unit}"
    return f"{value:.0f} bytes"


def ratio(value: float, to: float) -> str:
    return f"{number(value / to)} ×"


def waits(found: Results) -> list[str]:
    return [number(found["p50_ms"]), number(found["p99_ms"]), number(found["longest_ms"])]


def render(results: dict[str, Results], *, command: str) -> str:
    """The whole report. ``results``: by part ``{"at", "took_s", "figures"}``, with ``machine`` and ``data`` among them."""
    parts = [head(results, command), targets(results), machine(results)]
    parts += [SECTIONS[name](results[name]["figures"]) for name in SECTIONS if name in results]
    parts += [LIMITS, when(results)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def head(results: dict[str, Results], command: str) -> str:
    said = text(
        f"Written by `{command}` and not by hand. Each part below was measured in one go on one machine, each way in turn,",
        "round after round; client, web server and database share its cores. **Ratios are meant, not absolutes**: another",
        "machine gives other milliseconds. The data is invented.",
    )
    is_small = results["data"]["figures"]["visible"] < FULL.rows
    return "\n\n".join(["# Benchmarks", said, *([SMALL] if is_small else [])])


def targets(results: dict[str, Results]) -> str:
    rows = []
    for target, measured in judged(results):
        goal = f"{'≥' if target.at_least else '≤'} {target.goal:g}{target.unit}"
        if measured is None:
            rows.append([target.words, goal, "not measured", ""])
        else:
            rows.append([target.words, goal, f"{number(measured)}{target.unit}", target.verdict(measured)])
    missed = [target for target, measured in judged(results) if measured is not None and not target.kept(measured)]
    why = [text(f"- *{target.words}*: {target.why}") for target in missed if target.why]
    said = ["## Against the targets", table(["what", "target", "measured", ""], rows)]
    return "\n\n".join(
        [*said, *(["What was missed comes, as far as it was looked into, from this:", "\n".join(why)] if why else [])]
    )


def machine(results: dict[str, Results]) -> str:
    facts, data = results["machine"]["figures"], results["data"]["figures"]
    server = "the embedded server's binaries" if facts["own_server"] else "a server of this machine"
    settings = ", ".join(f"`{name} = {value}`" for name, value in facts["settings"].items())
    points = [
        text(
            f"- {facts['cores']} cores ({facts['cpu'] or 'unnamed'}), {size(facts['memory'])} of memory, {facts['kernel']}"
        ),
        text(
            f"- PostgreSQL {facts['postgresql']} ({server}), Python {facts['python']}, Django {facts['django']},",
            f"psycopg {facts['psycopg']}",
        ),
        text(f"- {settings}"),
        text(
            f"- {data['rows']:,} reads on {data['upload_days']} upload days, {data['visible']:,} of them inside the 720 hours;",
            f"{data['vehicles']:,} vehicles, {data['cameras']} cameras; table {size(data['table_bytes'])}, indexes",
            f"{size(data['index_bytes'])}, of which for patterns {size(data['pattern_bytes'])}. Today's upload day has no",
            "pattern index and holds a whole day's reads: the worst hour.",
        ),
        text(f"- {data['rounds']} rounds of everything; medians of rounds, percentiles over all rounds"),
    ]
    return "## Machine and data\n\n" + "\n".join(points)


WAYS = {
    "direct": "binary COPY straight into the table (a replay fails)",
    "staged": "the portal's COPY into a staging table and one INSERT, each read once",
    "act": "the portal's whole act: inventory, ids, the above, record of the batch",
    "act_together": "the same, sixteen deliveries at a time",
    "bulk": "`bulk_create`",
    "save": "`save()`",
    "replay": "the portal's whole act again: a replay, nothing stored",
}


def ingest(found: Results) -> str:
    sections = []
    for batch, rates in found["rates"].items():
        direct, bulk = rates["direct"]["median"], rates["bulk"]["median"]
        rows = [
            [
                words,
                number(rates[way]["median"]),
                ratio(rates[way]["median"], direct),
                ratio(rates[way]["median"], bulk),
                " · ".join(number(one) for one in rates[way]["rounds"]),
            ]
            for way, words in WAYS.items()
            if way in rates
        ]
        head = [f"batches of {found['batch'][batch]:,}", "reads/s", "of COPY", "of `bulk_create`", "rounds"]
        sections.append(table(head, rows))
    said = text(
        f"Same table, same indexes, {found['table_before']:,} reads in today's and yesterday's upload days before.",
        f"{found['reads']['large']:,} reads a round and way in large batches, {found['reads']['small']:,} in small ones,",
        f"{found['reads']['save']:,} by `save()`. For COPY and the model the rows stand ready before the clock starts; the",
        "whole act begins with what an adapter hands over.",
        f"Sent once: {found['sent_once']:,}; stored in the end, replays and all: {found['stored']:,}.",
    )
    return "## Storing reads\n\n" + "\n\n".join([said, *sections])


def matching(found: Results) -> str:
    words = {"stored": "stored only, the comparison switched off", "matched": "stored and compared, hits raised"}
    sections = []
    for batch, rates in found["rates"].items():
        rows = [
            [said, number(rates[way]["median"]), ratio(rates["stored"]["median"], rates[way]["median"]),
             " · ".join(number(one) for one in rates[way]["rounds"])]
            for way, said in words.items()
        ]  # fmt: skip
        sections.append(table([f"batches of {found['batch'][batch]:,}", "reads/s", "time", "rounds"], rows))
    rows = [[words[way], *waits(found["waits"][way])] for way in words]
    raised = ", ".join(f"{n:,} {match}" for match, n in sorted(found["raised"].items())) or "none"
    said = text(
        f"A list of {found['listed']:,} plates in force (loaded by SQL in {number(found['loaded_s'])} s), one read in",
        f"{found['one_in']} on it, the rest hit by chance. {found['reads']['large']:,} reads a round and way in large",
        f"batches, {found['reads']['small']:,} in small ones, turn about. Hits raised in all rounds: {raised}.",
    )
    head = ["a batch of 50, from the first byte to the committed hit", "p50 ms", "p99 ms", "longest"]
    return "## Comparing with hot lists\n\n" + "\n\n".join([said, *sections, table(head, rows)])


def http(found: Results) -> str:
    names = {"door": "the portal's door", "drf": "ModelSerializer(many) and `bulk_create`"}
    rates, over = found["rates"], found["overrun"]
    rows = [
        [
            words,
            number(rates[name]["median"]),
            ratio(rates[name]["median"], rates["drf"]["median"]),
            *waits(found["waits"][name]),
        ]
        for name, words in names.items()
    ]
    turned = f"{number(over['turned_away']['p50_ms'])} ms by the median" if over["turned_away"] else "never said"
    pages = [
        ["nothing else going on", *waits(over["pages_idle"])],
        ["twice the sustainable load", *waits(over["pages_busy"])],
    ]
    return "\n\n".join(
        [
            "## Reads over HTTP",
            text(
                f"Posts of {found['a_post']} reads over {found['connections']} connections that stay open, gunicorn as",
                "`deploy/gunicorn.conf.py` has it, all middleware on. A post answered 503 is sent again after its",
                f"Retry-After. Acknowledged: {found['acknowledged']:,} reads; more in the table than before:",
                f"{found['stored']:,}.",
            ),
            table(["posts", "reads/s", "of DRF", "p50 ms", "p99 ms", "longest"], rows),
            text(
                f"Then twice what the door takes, by the clock: {number(over['posts_ordered_s'])} posts a second ordered,",
                f"{number(over['posts_sent_s'])} sent. Taken: {over['statuses'].get('200', 0):,}",
                f"({number(over['reads_s'])} reads/s); answered 503: {over['statuses'].get('503', 0):,} (time: {turned}), of",
                f"these without Retry-After: {over['without_retry_after']}; other answers: {others(over['statuses'])};",
                f"connections lost: {over['broken']}; pages that failed meanwhile: {over['pages_failed']}.",
            ),
            table(["a page of results meanwhile (a plate, 30 days)", "p50 ms", "p99 ms", "longest"], pages),
        ]
    )


def others(statuses: dict[str, int]) -> str:
    rest = {status: n for status, n in statuses.items() if status not in {"200", "503"}}
    return ", ".join(f"{n} × {status}" for status, n in sorted(rest.items())) or "none"


def searches(found: Results) -> str:
    rows = [
        [kind["name"], str(kind["n"]), *waits(kind), number(kind["page"]["p50_ms"]), number(kind["reads"])]
        for kind in found["kinds"]
    ]
    said = text(
        "The whole look: the member's standing, the record of the look with its commit, the gate, the count up to the cap of",
        "500, the first page, the record of the answer. What is asked is drawn from the reads; `7?BC1*3` stands for such a",
        "pattern of each. Before the clock starts, up to 50 of each kind are asked: a portal at work is not cold.",
    )
    head = ["question", "asked", "p50 ms", "p99 ms", "longest", "page alone p50", "reads found"]
    return "\n\n".join(["## Searches", said, table(head, rows)])


def peer(found: Results) -> str:
    rows = []
    for one in found["questions"]:
        theirs, ours, page = (one[name]["p50_ms"] for name in ("theirs", "ours", "page"))
        same = f"{one['same']} of {one['asked']}"
        times = [number(theirs), number(page), ratio(theirs, page), number(ours), ratio(theirs, ours)]
        rows.append([one["name"], *times, same])
    if found["fuzzy"]:
        theirs, ours = (found["fuzzy"][name]["p50_ms"] for name in ("theirs", "ours"))
        words = "near plates: their distance of two, count only; our look-alikes, a page"
        rows.append([words, number(theirs), "", "", number(ours), ratio(theirs, ours), "another question"])
    missing = "- Their fuzzy search is not measured: this server has no `fuzzystrmatch`.\n" * (not found["fuzzy"])
    return "\n\n".join(
        [
            "## Beside a known open back office",
            text(
                f"ALPR-Database's way (`bench/peer.sql`) on {found['rows']:,} reads of {number(found['days'])} days: ILIKE,",
                "Levenshtein over all rows, COUNT(DISTINCT), a counter kept by a row trigger. Ours is asked for the same span",
                "out of the whole month. Medians; theirs is SQL alone.",
            ),
            table(["question", "theirs ms", "our page ms", "times", "our look ms", "times", "same count"], rows),
            missing
            + "\n".join(
                [
                    text(
                        f"- Their live feed without a filter, count and first page: {number(found['feed']['p50_ms'])} ms. The",
                        "portal has none: a look needs a reason.",
                    ),
                    text(f"- Their store, one INSERT a read with the trigger: {number(found['stored_s'])} reads/s."),
                    text(
                        f"- Their deletion of the oldest {found['delete_rows']:,} reads by count:",
                        f"{number(found['delete_s'])} s. Ours of an upload day as full: {number(found['dispose_s'])} s for the",
                        f"day, {number(found['purge_s'])} s for the whole run.",
                    ),
                ]
            ),
        ]
    )


def disposal(found: Results) -> str:
    words = {
        "delete": "DELETE, then VACUUM",
        "dispose": "the portal: key, tables and record of the day",
        "purge": "the portal's whole run: that, the oldest read left, the receipt",
    }
    took = {name: found["seconds"][name]["median"] for name in words}
    log = {name: found["wal"][name]["median"] for name in words}
    rows = [
        [said, number(took[name]), ratio(took["delete"], took[name]), size(log[name]), ratio(log["delete"], log[name])]
        for name, said in words.items()
    ]
    beside = {"nothing": "nothing", "delete": "DELETE and VACUUM", "purge": "the portal's disposal"}
    searched = [[said, str(found["waits"][name]["n"]), *waits(found["waits"][name])] for name, said in beside.items()]
    packs, files = (found["pictures"][name]["median"] for name in ("packs", "files"))
    return "\n\n".join(
        [
            "## Disposal",
            text(
                f"An upload day of {found['day']:,} reads, indexed, vacuumed as a day is long before it expires, after a",
                f"checkpoint. {found['held']['n']:,} of them are held by an approval before, which took",
                f"{number(found['held']['approval']['median'])} s: the portal copied them, and they were all there after each",
                "disposal; DELETE leaves them in the table.",
            ),
            table(["way", "seconds", "times as fast", "write-ahead log", "times less"], rows),
            text(
                "Searches (a plate, 30 days) one after the other meanwhile, while another one stays open for 1.5 s again and",
                "again:",
            ),
            table(["beside", "searches", "p50 ms", "p99 ms", "longest"], searched),
            text(
                f"{found['pictures']['n']:,} pictures of a day are gone after {number(packs)} s in packs, {number(files)} s as",
                f"a file each ({ratio(files, packs)}).",
            ),
        ]
    )


def when(results: dict[str, Results]) -> str:
    rows = [[name, found["at"], f"{found['took_s']:,.0f}"] for name, found in results.items()]
    return "## When\n\n" + table(["part", "at (UTC)", "seconds"], rows)


SECTIONS = {
    "ingest": ingest,
    "matching": matching,
    "http": http,
    "search": searches,
    "peer": peer,
    "disposal": disposal,
}
