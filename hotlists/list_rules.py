"""Which lists may be used, and what becomes of a list's file, as pure rules over plain values (C.2.A.1, C.2.B.1)."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LIST_CHANGE_HELD, LIST_SILENT, LIST_STALE
from alpr_portal.policy.refusal import Refusal
from alpr_portal.policy.vocabulary import Feed, ListKind, Purpose, RefreshOutcome

GENERAL = frozenset({ListKind.SVS, ListKind.NCIC, ListKind.CA_DOJ})
FIVE = frozenset(set(Purpose) - {Purpose.COURT_ORDER})
LOST = frozenset({Purpose.MISSING_OR_AT_RISK_PERSON})
PLACEHOLDERS = frozenset(
    ["UNKNOWN", "UNK", "UNKN", "NOPLATE", "NOPLATES", "NOTAG", "NOTAGS", "NONE", "NULL", "NOLIC", "NOPLT", "MISSING"]
)
SHRUNK, GREW = 50, 200  # per cent of the version in force


@clause("C.2.A.1", "C.2.B.2")
def may_use_list(*, kind: str, feed: str, purpose: str = "") -> Refusal | None:
    """Whether a list of this kind may be fed so, and an entry on it serve this purpose ("" where no entry is meant)."""
    if kind not in set(ListKind):
        return Refusal("C.2.A.1", "The order names the lists that may be used, and this is none of them.",
                       "Use SVS, NCIC, CA DOJ, Amber, Silver or a BOLO list.", code="list.kind")  # fmt: skip
    if kind in GENERAL and feed != Feed.FILE:
        return Refusal("C.2.B.1", "General lists come as files of their source.",
                       "Members' own entries go on a BOLO list.", code="list.feed")  # fmt: skip
    if kind == ListKind.BOLO and feed != Feed.MEMBERS:
        return Refusal("C.2.B.2", "Every entry on a list of the Department is approved before it is used.",
                       "Let members propose the entries; a CSV of proposals can be taken in.", code="list.feed")  # fmt: skip
    if purpose and feed != Feed.MEMBERS:
        return Refusal("C.2.B.1", "A list that files feed takes no entries of members.",
                       "Propose the entry for a list that members feed.", code="list.feed")  # fmt: skip
    if purpose and purpose not in (FIVE if kind == ListKind.BOLO else LOST):
        return Refusal("C.2.A.1", "This list does not serve that purpose.",
                       "BOLO lists serve the five purposes of the order; Amber and Silver, missing or at-risk persons.",
                       code="list.purpose")  # fmt: skip
    return None


@clause("C.2.A.1")
def may_use_layout(*, kind: str, fields: Collection[str]) -> Refusal | None:
    """A file of NCIC must say which of its rows are about immigration: by source file or by reason."""
    if kind != ListKind.NCIC or {"source", "reason"} & set(fields):
        return None
    return Refusal("C.2.A.1", "Immigration-violator rows of NCIC are refused, so a file must tell them apart.",
                   "Say which column holds the source file, the message key or the reason.",
                   code="template.immigration_untold")  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What becomes of a file: ``outcome`` of RefreshOutcome, a code where it was stopped, and why in a sentence."""

    outcome: str
    code: str = ""
    says: str = ""


@clause("C.2.B.1")
def judge(
    *, rows: int, kept: int, previous: int | None, previous_kept: int | None = None, placeholders: int = 0
) -> Verdict:
    """What becomes of a sound file by its numbers; ``previous``: rows of the version in force, None where there is none.

    Without rows, below half or above double: refused. Changed by over 20 %, or with placeholders for plates: held. The same
    goes for the rows that are kept: a wrong code map must not empty a list.
    """
    if not rows or not kept:
        return Verdict(
            RefreshOutcome.REFUSED.value, "hotlist.empty", "The file has no rows to use. The old list stays."
        )
    verdict = _beside(rows, previous, "rows") or _beside(kept, previous_kept, "rows to use")
    if verdict:
        return verdict
    if placeholders:
        return Verdict(RefreshOutcome.HELD.value, "hotlist.placeholder",
                       f"{placeholders:,} {'rows hold' if placeholders > 1 else 'row holds'} a word such as UNKNOWN in place of "
                       "a plate. Somebody must look at it.")  # fmt: skip
    return Verdict(RefreshOutcome.APPLIED.value)


def _beside(n: int, before: int | None, what: str) -> Verdict | None:
    """What a file's number says beside that of the version in force; None where it may replace it."""
    if not before:
        return None
    if n * 100 < before * SHRUNK:
        return Verdict(RefreshOutcome.REFUSED.value, "hotlist.shrunk",
                       f"The file has {n:,} {what}, less than half of the {before:,} in force. The old list stays; "
                       "ask its source for a complete file.")  # fmt: skip
    if n * 100 > before * GREW:
        return Verdict(RefreshOutcome.REFUSED.value, "hotlist.grew",
                       f"The file has {n:,} {what}, more than double the {before:,} in force. The old list stays; "
                       "ask its source what happened.")  # fmt: skip
    if abs(n - before) * 100 > before * LIST_CHANGE_HELD.now:
        return Verdict(RefreshOutcome.HELD.value, "hotlist.changed",
                       f"The file has {n:,} {what} and the version in force {before:,}: over "
                       f"{LIST_CHANGE_HELD.now} % apart. Somebody must look at it.")  # fmt: skip
    return None


def is_placeholder(plate: str) -> bool:
    """Whether a plate is a word for none, or one character over and over."""
    return plate in PLACEHOLDERS or (len(plate) > 3 and plate.count(plate[0]) == len(plate))


@clause("C.2.B.1", "C.2.A.1-age")
def age_state(age: timedelta | None) -> str:
    """``never`` loaded, ``fresh``, ``stale`` after 24 hours, ``silent`` (raises no hits) after 72."""
    if age is None:
        return "never"
    if age >= LIST_SILENT.now:
        return "silent"
    return "stale" if age > LIST_STALE.now else "fresh"


@clause("C.2.B.1")
def may_deliver(*, feed: str, active: bool) -> Refusal | None:
    """Files replace active lists that files feed, and no others."""
    if feed != Feed.FILE:
        return Refusal("C.2.B.2", "Members' entries feed this list, each approved; a file cannot replace it.",
                       "Propose the entries instead.", code="list.feed")  # fmt: skip
    if not active:
        return Refusal("C.2.B.1", "This list is switched off.", "Switch it on first.", code="list.inactive")
    return None


@clause("C.2.A.1")
def may_decide_template(*, by: Hashable, author: Hashable, decided: bool, newer: bool) -> Refusal | None:
    """Another person than its author decides a template, once, and only the newest."""
    if decided:
        return Refusal("C.2.A.1", "A template is decided once.", "Propose a new one.", code="template.decided")
    if by == author:
        return Refusal("C.2.A.1", "Nobody decides on their own template.", "Ask another who may approve templates.",
                       code="template.own")  # fmt: skip
    if newer:
        return Refusal(
            "C.2.A.1", "A newer template was proposed meanwhile.", "Decide on that one.", code="template.newer"
        )
    return None


@clause("C.2.B.1")
def may_decide_held(
    *, by: Hashable, deliverer: Hashable | None, held: bool, decided: bool, newer_stands: bool, applied: bool
) -> Refusal | None:
    """Another person than the deliverer decides a held file, once. ``newer_stands``: a newer file is in force."""
    if not held:
        return Refusal(
            "C.2.B.1", "Only a file that is held is decided.", "Look at its receipt.", code="refresh.not_held"
        )
    if decided:
        return Refusal("C.2.B.1", "A held file is decided once.", "Look at its receipt.", code="refresh.decided")
    if deliverer is not None and by == deliverer:
        return Refusal("C.2.B.1", "Nobody decides on a file that they delivered.",
                       "Ask another who keeps the hot lists.", code="refresh.own")  # fmt: skip
    if applied and newer_stands:
        return Refusal("C.2.B.1", "A newer file of this list came in meanwhile.",
                       "Leave this one out, and look at the newer.", code="refresh.newer")  # fmt: skip
    return None
