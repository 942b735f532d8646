"""Holds and batches in words: their facts, their steps, and the tables of a receipt."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from alpr_portal.policy.vocabulary import RecordClass

from .models import DisposalProposed, DisposedRecords, RecordsHold
from .retention_rules import SAYS
from .tables import classes, day, span


def tables_in_words(tables: list[str]) -> list[str]:
    """What people call the rows of these tables."""
    names = {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()}
    return [names.get(table, table).capitalize() for table in tables]


def hold_facts(hold: RecordsHold) -> list[dict[str, Any]]:
    return [
        {"label": "Matter", "value": hold.matter},
        {"label": "Court document", "value": hold.court_document},
        {"label": "Keeps", "value": classes(hold)},
        {"label": "Of the days", "value": span(hold)},
        {"label": "Case number", "value": hold.case_number or "Any"},
        {"label": "Reason", "value": hold.reason},
    ]


def hold_steps(hold: RecordsHold) -> list[dict[str, Any]]:
    """The hold's timeline."""
    steps = [{"at": hold.at, "who": hold.by_name, "what": "Placed", "detail": hold.reason, "tone": "run"}]
    for asked in hold.ends_asked.select_related("decision").order_by("at"):
        steps.append(
            {"at": asked.at, "who": asked.by_name, "what": "Asked to end", "detail": asked.reason, "tone": "wait"}
        )
        decision = getattr(asked, "decision", None)
        if decision:
            said = "Ended" if decision.approved else "Let stand"
            steps.append({"at": decision.at, "who": decision.by_name, "what": said, "detail": decision.reason})
    return steps


def batch_facts(batch: DisposalProposed) -> list[dict[str, Any]]:
    return [
        {"label": "Records", "value": RecordClass.says(batch.kind)},
        {"label": "Whose story ended up to", "value": day(batch.up_to)},
        {"label": "How many", "value": f"{batch.rows:,} records in {batch.stories:,} stories"},
        {"label": "Oldest", "at": batch.oldest_at},
        {"label": "Newest", "at": batch.newest_at},
        {"label": "Digest of their ids", "value": batch.digest},
        {"label": "Proposed by", "value": batch.by_name},
        {"label": "Reason", "value": batch.reason},
    ]


def batch_steps(batch: DisposalProposed) -> list[dict[str, Any]]:
    """The batch's timeline."""
    steps = [{"at": batch.at, "who": batch.by_name, "what": "Proposed", "detail": batch.reason, "tone": "wait"}]
    decision, finished = getattr(batch, "decision", None), getattr(batch, "finished", None)
    if decision:
        said, tone = ("Approved", "run") if decision.approved else ("Not approved", "refuse")
        steps.append(
            {"at": decision.at, "who": decision.by_name, "what": said, "detail": decision.reason, "tone": tone}
        )
    if finished:
        kept = "; ".join(f"{number:,} kept: {SAYS[verdict]}" for verdict, number in sorted(finished.kept.items()))
        detail = f"{finished.rows:,} records are gone." + (f" {kept}." if kept else "")
        steps.append(
            {"at": finished.at, "who": finished.by_name, "what": "Disposed of", "detail": detail, "tone": "run"}
        )
    return steps


def receipt_rows(batch: DisposalProposed, disposed: list[DisposedRecords]) -> list[dict[str, Any]]:
    """Each table of a batch: how many were proposed, how many went, how many were kept, and the digest of what went."""
    receipts = {receipt.table: receipt for receipt in disposed}
    names = sorted(batch.counts)
    return [
        {"name": name, "proposed": batch.counts[table], "receipt": receipts.get(table)}
        for table, name in zip(names, tables_in_words(names), strict=True)
    ]
