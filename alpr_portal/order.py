"""Who answers each duty of the order, and what proves it: read from the sources, so it cannot be told otherwise."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .policy.clauses import KINDS, REGISTER, Duty, duties

ROOT = Path(__file__).resolve().parent.parent
CODE = ("alpr_portal", "training", "reads", "hotlists", "sharing", "audits")

# Duties that people keep and the portal can only support and show: one sentence each.
KEPT_BY_PEOPLE = {
    "C.3.1": "Whoever mounts a reader points it at what is open to the public; the portal only wants to know who says so.",
    "C.3.2": "Nobody harasses or frightens people with the readers: members keep this, and supervisors and audits watch.",
    "C.3.3": "Nobody is searched for because of who they are: members keep this; a screen notices only what is written.",
    "C.3.4": "Nobody uses the readers for themselves: members keep this; a screen notices only what is written.",
    "C.3.5": "Nobody uses the readers against speech, press, worship or assembly: members keep this, and audits watch.",
}

# Duties that the portal does not answer yet, by id. This list only ever shrinks.
NOT_YET_ANSWERED = frozenset(
    [
        *("E.4", "H", "I.legal", "I.discretionary", "I.1", "I.2", "I.3", "I.secure", "N.1"),  # sharing and requests
        "L.3",  # the custodian's drafts of the report
        *("K.report", "K.audit", "L.5", "N.2"),  # report, audit and vendors' logs
    ]
)


# Duties of which the portal answers a part: what is missing, one sentence each. This list only ever shrinks.
PARTLY = {
    "C.2.B-log": "The annex of the annual report is not there yet.",
    "E.2": "There is no register of recipients yet: the search screens and asks, nothing is shared.",
    "E.3": "Searches are screened; the vendor's logs are not yet read.",
    "L.4": "Broken seals are not watched yet.",
    "N.3": "Our own searches are screened before they run; there is no review of those that ran yet.",
}


@dataclass
class Answer:
    """One duty with the code that answers it and the tests that prove it, as ``module: name``."""

    duty: Duty
    code: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.code and self.tests:
            return "partly" if self.duty.id in PARTLY else "answered"
        if self.duty.id in KEPT_BY_PEOPLE:
            return "kept by people"
        return "not yet" if self.duty.id in NOT_YET_ANSWERED else "open"

    @property
    def missing(self) -> str:
        """What of a duty that is answered in part is missing; "" for the others."""
        return PARTLY.get(self.duty.id, "") if self.state == "partly" else ""

    @property
    def people(self) -> str:
        """How people keep it, in one sentence; "" for a duty that is not theirs."""
        return KEPT_BY_PEOPLE.get(self.duty.id, "")

    @property
    def paragraphs(self) -> list[str]:
        """The duty's paragraphs without the register's line ends: what the order demands, then what the portal does."""
        return [" ".join(part.split()) for part in self.duty.text.split("\n\n")]

    @property
    def kinds(self) -> str:
        return ", ".join(KINDS[k] for k in self.duty.kinds)


@cache
def answers() -> dict[str, Answer]:
    """Every duty's answer by id, in the order's order."""
    found = {id_: Answer(duty) for id_, duty in duties().items()}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, ids in _marked(path, "clause"):
                for id_ in ids:
                    found[id_].code.append(f"{path.relative_to(ROOT)}: {name}")
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, ids in _marked(path, "pytest.mark.clause"):
            for id_ in ids:
                found[id_].tests.append(f"{path.relative_to(ROOT)}: {name}")
    return found


def _marked(path: Path, decorator: str) -> list[tuple[str, list[str]]]:
    """Functions and classes under ``@decorator("id", …)`` in one file."""
    marked = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for mark in getattr(node, "decorator_list", []):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == decorator:
                ids = [str(arg.value) for arg in mark.args if isinstance(arg, ast.Constant)]
                marked.append((str(getattr(node, "name", "")), ids))
    return marked


def by_section() -> dict[str, list[Answer]]:
    """Answers under the order's section letters."""
    sections: dict[str, list[Answer]] = {}
    for answer in answers().values():
        sections.setdefault(answer.duty.id[0], []).append(answer)
    return sections


def sections() -> list[dict[str, Any]]:
    """Each section with its letter, its title as the register heads it, and its duties' answers."""
    titles = dict(re.findall(r"^## ([A-Z]) (.+)$", REGISTER.read_text(encoding="utf-8"), flags=re.M))
    return [{"letter": letter, "title": titles[letter], "answers": found} for letter, found in by_section().items()]


def summary() -> dict[str, int]:
    counts: dict[str, int] = {}
    for answer in answers().values():
        counts[answer.state] = counts.get(answer.state, 0) + 1
    return counts


def as_json() -> dict[str, Any]:
    return {
        "duties": [
            {
                "id": a.duty.id,
                "title": a.duty.title,
                "kinds": list(a.duty.kinds),
                "state": a.state,
                "people": a.people,
                "code": a.code,
                "tests": a.tests,
            }
            for a in answers().values()
        ],
        "summary": summary(),
    }
