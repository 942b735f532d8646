"""Which purpose of the order an offence falls under, because members type statute codes and the order names purposes.

``offence_codes.csv`` is the mapping: dated rows that the ALPR Administrator approves. A row says *violent_crime* where
the offence is on the list of Penal Code 667.5(c), or where force or a threat of force against a person is an element;
what the order names is taken literally; what none of the purposes covers is ``not_authorised``; every reading that
would stretch the order is ``administrator``: open until the Administrator decides. A likely typing error is suggested,
never mapped.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypedDict

from .clauses import clause
from .refusal import BadInput
from .vocabulary import Purpose

TABLE = Path(__file__).with_name("offence_codes.csv")
NOT_AUTHORISED, ADMINISTRATOR, UNKNOWN = "not_authorised", "administrator", "unknown"
AUTHORISED = frozenset(p.value for p in Purpose if p is not Purpose.COURT_ORDER)  # a court's paper is never inferred

CODE = re.compile(r"([A-Z]{2}) ([0-9]+(?:\.[0-9]+)?[a-z]{0,2})((?:\([a-z0-9]+\))*)")
# A code's name may follow a section without a space: 211PC, 273aPC, 273abPC; 499bPC is 499b of the Penal Code.
AND = r"(?: ?[&/] ?|\. ?)?"
GLUED_PC = r"(?!(?:(?<=[0-9])|(?<=[0-9][a-z]))bp\.? ?c)"
NAME = re.compile(
    r"(?:(?<![a-z])|(?<=[0-9][a-z])|(?<=[0-9][a-z][a-z]))(?:"
    r"(?P<PC>(?:penal|pen\.?) code|(?:(?<![0-9])c\.?)?p\.? ?c\.?(?: code)?)"
    r"|(?P<VC>(?:vehicle|veh\.?) code|(?:c\.?)?v\.? ?c\.?(?: code)?)"
    rf"|(?P<HS>health (?:and|&) safety(?: code)?|h{AND}s\.?c?\.?(?: code)?)"
    rf"|(?P<WI>welfare (?:and|&) institutions(?: code)?|w{AND}i\.?c?\.?(?: code)?)"
    rf"|(?P<BP>business (?:and|&) professions(?: code)?|{GLUED_PC}b{AND}p\.?c?\.?(?: code)?)"
    rf"|(?P<FG>fish (?:and|&) game(?: code)?|f{AND}g\.?c?\.?(?: code)?)"
    r"|(?P<GC>(?:government|govt\.?|gov\.?) code|g(?:\. ?)?c\.?(?: code)?)"
    r")(?![a-z])"
)
TOKEN = re.compile(
    r"(?P<name>[A-Z]{2})"
    r"|(?P<word>(?<![a-z0-9])[1-4](?:st|nd|rd|th)(?![a-z0-9])|[a-z]+)"
    r"|(?<![a-z0-9.])(?P<section>[0-9]{1,6}(?:\.[0-9]{1,3})?)(?![0-9])"
    r"(?P<tail>(?:[a-z]{1,2}(?![a-z]))?"
    r"(?: ?\( ?[a-z0-9]{1,3} ?\)|(?<=[0-9)])[a-z](?![a-z])|(?<=[a-z)])[0-9]{1,2}(?![0-9]))*)"
    r"|(?P<joint>[/&\-\u2013\u2014:])|(?P<quiet>[\s.,'\"§()\[\]#*!])|(?P<odd>.)",
    re.DOTALL,
)
BARE = ("PC", "VC", "HS", "WI")  # a number without its code's name: the first of these that knows it
LONGEST = 2_000  # characters; longer than any list of offences
ATTEMPT = {"att", "attempt", "attempted"}
BESIDE_LABEL = ATTEMPT | {"a", "an", "the", "of", "and", "or", "inv", "invest", "investigation", "case", "related"}
BESIDE_CODE = BESIDE_LABEL | {
    "in", "with", "w", "section", "sec", "code", "ca", "cal", "california", "offense", "violation", "charge", "felony",
    "misdemeanor", "f", "m", "degree", "first", "second", "1st", "2nd", "suspect", "susp", "vehicle", "veh", "progress",
}  # fmt: skip


@dataclass(frozen=True)
class Offence:
    """One row of the table. ``code`` is canonical ("PC 245(a)(2)") or a label ("Robbery"); no approver: still open."""

    code: str
    title: str
    purpose: str
    reason: str
    from_on: date
    approved_by: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """What a typed offence means.

    ``codes`` are canonical, ``purpose`` is a Purpose value (never court_order), "not_authorised", "administrator" or
    "unknown"; ``title`` and ``reason`` are for people. ``suggestion`` is the text a typing error may have meant, and
    is only given while the purpose is unknown.
    """

    text: str
    codes: tuple[str, ...]
    purpose: str
    title: str = ""
    suggestion: str | None = None
    reason: str = ""


class LoggedReason(NamedTuple):
    """One row of a published search log: the search's id ("" where the log has none) and the reason as it stands."""

    search_id: str
    text: str


class Summary(TypedDict):
    """What ``summarise`` answers. ``codes`` hold code, n and purpose."""

    rows: int
    unique: int
    by_purpose: dict[str, int]
    codes: list[dict[str, str | int]]
    suggestions: dict[str, str]


def _load() -> tuple[str, tuple[Offence, ...]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    if not (version := re.match(r"# version (\d+)", lines[0])):
        raise ValueError(f"{TABLE.name}: the first line must read '# version N'")
    offences = []
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        aliases = tuple(alias.strip() for alias in row.pop("aliases").split("|") if alias.strip())
        from_on = date.fromisoformat(row.pop("from_on"))
        offences.append(Offence(**row, from_on=from_on, aliases=aliases))
        if offences[-1].purpose not in AUTHORISED | {NOT_AUTHORISED, ADMINISTRATOR}:
            raise ValueError(f"{TABLE.name}: {offences[-1].code} has a purpose that the order does not know")
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{version[1]}-{digest[:12]}", tuple(offences)


TABLE_VERSION, OFFENCES = _load()
EDITIONS = sorted({offence.from_on for offence in OFFENCES})


def in_force(on: date | None = None) -> tuple[Offence, ...]:
    """The rows in force on a day, one per code; without a day the newest of each."""
    newest: dict[str, Offence] = {}
    for offence in sorted(OFFENCES, key=lambda o: o.from_on):
        if on is None or offence.from_on <= on:
            newest[offence.code] = offence
    return tuple(newest.values())


class _Index:
    """The rows of one day: by name of the code, section and subsections; and by the words of their labels."""

    def __init__(self, offences: Iterable[Offence]):
        self.sections: dict[str, dict[str, dict[tuple[str, ...], Offence]]] = {}
        self.labels: dict[tuple[str, ...], Offence] = {}
        for offence in offences:
            code = CODE.fullmatch(offence.code)
            if code:
                subs = tuple(re.findall(r"[a-z0-9]+", code[3]))
                self.sections.setdefault(code[1], {}).setdefault(code[2], {})[subs] = offence
            for label in offence.aliases if code else (offence.code, *offence.aliases):
                if self.labels.setdefault(_key(label), offence) is not offence:
                    raise ValueError(f"{TABLE.name}: two rows answer to the label {label!r}")

    def row(self, name: str, section: str, subs: tuple[str, ...]) -> Offence | None:
        """The exact row, else the nearest parent: 245(a)(9), 245(a), 245."""
        rows = self.sections.get(name, {}).get(section, {})
        return next((rows[subs[:n]] for n in range(len(subs), -1, -1) if subs[:n] in rows), None)


@lru_cache(maxsize=64)
def _index_of(edition: date | None) -> _Index:
    return _Index(in_force(edition) if edition else ())


def _index(on: date | None) -> _Index:
    return _index_of(max((edition for edition in EDITIONS if on is None or edition <= on), default=None))


class _Found(NamedTuple):
    """One offence in a text: canonical code and row; without a row, what else may have been meant."""

    code: str
    offence: Offence | None
    typed: tuple[str | None, str, str] | None = None  # code's name, section, tail
    attempt: bool = False


def _clean(text: str) -> str:
    """Compatibility forms folded, invisible characters gone, lower case, single spaces; line breaks stay."""
    text = "".join(ch for ch in unicodedata.normalize("NFKC", text) if unicodedata.category(ch) != "Cf").lower()
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _stem(word: str) -> str:
    word = "offense" + word[7:] if word.startswith("offence") else word
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _key(text: str) -> tuple[str, ...]:
    words = [_stem(word) for word in re.findall(r"[a-z0-9]+", _clean(text).replace("'", ""))]
    return tuple(word for word in words if word not in BESIDE_LABEL) or tuple(words)


def _spellings(number: str, tail: str) -> list[tuple[str, tuple[str, ...]]]:
    """How number and tail may be meant: 266(h) is 266h where the code has it, 245a2 is 245(a)(2), 273aa is 273a(a)."""
    parts = tuple(re.findall(r"[a-z]+|[0-9]+", tail))
    spelt = [(number, parts)]
    if parts and parts[0].isalpha():
        spelt.append((number + parts[0], parts[1:]))
        if len(parts[0]) == 2:
            spelt.append((number + parts[0][0], (parts[0][1], *parts[1:])))
            spelt.append((number, (*parts[0], *parts[1:])))
        if not tail.lstrip().startswith("("):
            spelt.append(spelt.pop(0))  # letters without brackets belong to the section first
    return spelt


def _resolve(index: _Index, name: str | None, shared: str | None, number: str, tail: str) -> _Found:
    """The row of one section; ``name`` stands beside it, ``shared`` elsewhere in the item."""
    if number == "664":
        name = shared = None  # attempts stand in the Penal Code, whatever the other section's code
    short = name is None and shared is None and len(number.partition(".")[0]) < 3  # "32" alone is a beat, not a statute
    names: tuple[str, ...] = (name,) if name else ((shared,) if shared else ()) + (() if short else BARE)
    spelt = _spellings(number, tail)
    for candidate in names:
        known = index.sections.get(candidate, {})
        exact = (s for s in spelt if s[1] in known.get(s[0], {}))
        if best := next(exact, None) or next((s for s in spelt if s[0] in known), None):
            code = f"{candidate} {best[0]}" + "".join(f"({sub})" for sub in best[1])
            return _Found(code, index.row(candidate, *best), (name, number, tail))
    return _Found("", None, (name, number, tail))


def _slip(typed: str, known: str) -> int | None:
    """One slip made ``typed`` of ``known``: 1 doubled, swapped or a point lost, 2 lost or extra, 3 wrong; else None."""
    if len(typed) == len(known):
        wrong = [i for i, (a, b) in enumerate(zip(typed, known, strict=True)) if a != b]
        swapped = len(wrong) == 2 and typed[wrong[0]] == known[wrong[1]] and typed[wrong[1]] == known[wrong[0]]
        if swapped and wrong[1] - wrong[0] == 1:
            return 1
        return 3 if len(wrong) == 1 else None
    long, short = sorted((typed, known), key=len, reverse=True)
    at = next((i for i, (a, b) in enumerate(zip(long, short, strict=False)) if a != b), len(short))
    if len(long) - len(short) != 1 or long[:at] + long[at + 1 :] != short:
        return None
    twin = long[at] in (long[at - 1 : at], long[at + 1 : at + 2], ".")
    return 1 if twin else 2


def _only_best(ranked: list[tuple[int, str]]) -> str | None:
    best = sorted(set(ranked))[:2]
    return best[0][1] if best and (len(best) == 1 or best[0][0] < best[1][0]) else None


def _suggest(index: _Index, found: _Found, item: str) -> str | None:
    """The one known code or label that a single slip explains best; None where two do equally well, or none."""
    if found.typed is None:
        key = " ".join(_key(item))
        if not 6 <= len(key) <= 60:
            return None
        return _only_best([(s, row.code) for label, row in index.labels.items() if (s := _slip(key, " ".join(label)))])
    name, number, tail = found.typed
    ranked = []
    for section, subs in _spellings(number, tail):
        rest = "".join(f"({sub})" for sub in subs)
        for known_name, known in index.sections.items():
            if name and known_name != name and section in known:
                ranked.append((0, f"{known_name} {section}{rest}"))  # right number, wrong code
            if known_name == name or (name is None and known_name in BARE and len(number) > 3):
                slips = ((_slip(section, other), other) for other in known)
                ranked += [(s, f"{known_name} {other}{rest}") for s, other in slips if s and s <= (3 if name else 1)]
    best = _only_best(ranked)
    return _attempt(best) if best and found.attempt else best


def _read_codes(index: _Index, item: str, tokens: list[re.Match[str]]) -> list[_Found]:
    """The sections of one item, and one unknown more where the words beside them say something else."""
    names = [t["name"] for t in tokens if t["name"]]
    prefix = next(t for t in tokens if t["name"] or t["section"])["name"] is not None
    shared = names[0] if len(set(names)) == 1 else None
    found = []
    for i, token in enumerate(tokens):
        if token["section"]:
            before = tokens[i - 1]["name"] if i else None
            after = tokens[i + 1]["name"] if i + 1 < len(tokens) else None
            name = (before or after) if prefix else (after or before)
            found.append(_resolve(index, name, shared, token["section"], token["tail"]))
    words = [_stem(t["word"]) for t in tokens if t["word"]]
    aimed = [one for one in found if one.code.partition("(")[0] != "PC 664"]
    if aimed and (len(aimed) < len(found) or ATTEMPT.intersection(words)):
        found = [one._replace(code=_attempt(one.code), attempt=True) for one in aimed]
    said = [word for word in words if word not in BESIDE_CODE]
    titles = {_stem(w) for one in found if one.offence for w in re.findall(r"[a-z]+", one.offence.title.lower())}
    label = index.labels.get(_key(" ".join(said))) if said else None
    if label and label.purpose not in {one.offence.purpose for one in found if one.offence}:
        found.append(_Found(label.code, label))
    if any(t["odd"] for t in tokens) or (not label and not titles.issuperset(said)):
        found.append(_Found("", None))
    return found


def _attempt(code: str) -> str:
    return f"PC 664/{code.removeprefix('PC ')}" if code else ""


def _read(index: _Index, text: str) -> list[tuple[_Found, str]]:
    """Every offence in a cleaned text, with the item it stood in. A whole label comes before the pieces of one."""
    if label := index.labels.get(_key(text)):
        return [(_Found(label.code, label), text)]
    found: list[tuple[_Found, str]] = []
    for item in filter(None, (part.strip() for part in re.split(r"[;,\n|+]", text))):
        tokens = [t for t in TOKEN.finditer(NAME.sub(lambda m: f" {m.lastgroup} ", item)) if not t["quiet"]]
        if any(t["section"] for t in tokens):
            found += [(one, "") for one in _read_codes(index, item, tokens)]
            continue
        whole = index.labels.get(_key(item))
        parts = [item] if whole else re.split(r"/|&| and ", item)
        labels = [index.labels.get(_key(part)) for part in parts]
        found += [(_Found(one.code, one), item) for one in labels if one] if all(labels) else [(_Found("", None), item)]
    return found


@clause("C.2.B")
def map_offence(text: str, on: date | None = None) -> Mapping:
    """The purpose of the order that a typed offence falls under, by the rows in force on a day (C.2.B).

    ``text`` is anything a member types or a vendor's log holds, several offences too. Several that agree have their
    common purpose; several that the order all allows have the first one's; any other mixture is for the Administrator;
    one that cannot be read makes the whole unknown, and so does a text of over 2,000 characters. Raises nothing.
    """
    index = _index(on)
    read = _read(index, _clean(text)) if len(text) <= LONGEST else []
    found = [one for one, _ in read]
    rows = [one.offence for one in found if one.offence]
    purposes = list(dict.fromkeys(row.purpose for row in rows))
    suggestion = None
    if not rows or len(rows) < len(found):
        purpose = UNKNOWN
        suggestion = _corrected(index, read)
    elif len(purposes) == 1 or AUTHORISED.issuperset(purposes):
        purpose = purposes[0]
    else:
        purpose = ADMINISTRATOR
    codes = tuple(dict.fromkeys(one.code for one in found if one.offence))
    titles = [("Attempt: " if one.attempt else "") + one.offence.title for one in found if one.offence]
    return Mapping(text, codes, purpose, _each(titles), suggestion, _each(row.reason for row in rows))


def _each(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def _corrected(index: _Index, read: list[tuple[_Found, str]]) -> str | None:
    """The whole text with its slips mended, where every unread piece has one likely reading and there are few."""
    if len(read) > 8:  # prose, not a slip
        return None
    mended = [one.code if one.offence else _suggest(index, one, item) for one, item in read]
    return "; ".join(code for code in mended if code) or None if all(mended) else None


@clause("C.2.B", "C.2.B-log")
def summarise(reasons: Iterable[LoggedReason | str], on: date | None = None) -> Summary:
    """What a published log says, counted by purpose: ``rows`` read, ``unique`` searches, and the rest per search.

    Adjacent files overlap, so a search id counts once, with the reason it had first; a reason without an id is a
    search of its own. ``codes`` are the reasons as they stand in the log, the most frequent first.
    """
    rows, seen, counts = 0, set[str](), Counter[str]()
    for reason in reasons:
        search_id, text = ("", reason) if isinstance(reason, str) else reason
        rows += 1
        if search_id and search_id in seen:
            continue
        seen.add(search_id)
        counts[text] += 1
    mapped = {text: map_offence(text, on) for text in counts}
    by_purpose = Counter(mapped[text].purpose for text in counts.elements())
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "rows": rows,
        "unique": counts.total(),
        "by_purpose": dict(by_purpose.most_common()),
        "codes": [{"code": text, "n": n, "purpose": mapped[text].purpose} for text, n in ordered],
        "suggestions": {text: fix for text, _ in ordered if (fix := mapped[text].suggestion)},
    }


def read_reasons(path: str | Path) -> Iterator[LoggedReason]:
    """The reasons of one published search log (CSV; column "reason", and "id" where there is one), row by row.

    Copes with a byte order mark, undecodable bytes, short rows and a header repeated in the middle. Raises BadInput
    "log.unreadable" and "log.columns", at the first row.
    """
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            table = csv.reader(file)
            header = [cell.strip().casefold() for cell in next(table, [])]
            if "reason" not in header:
                remedy = "The log has no column named reason. Export it as CSV with its header line."
                raise BadInput("log.columns", remedy, "reason")
            at, id_at = header.index("reason"), header.index("id") if "id" in header else None
            for row in table:
                if row and [cell.strip().casefold() for cell in row] != header:
                    search_id = row[id_at].strip() if id_at is not None and id_at < len(row) else ""
                    yield LoggedReason(search_id, row[at] if at < len(row) else "")
    except (OSError, csv.Error) as error:
        remedy = "The log cannot be read as CSV. Check the file and export it again."
        raise BadInput("log.unreadable", remedy, "file") from error
