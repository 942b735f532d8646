"""Reads a member's words before a search runs, because the order forbids uses that a reason sometimes gives away.

A tripwire, not a lock: the lock is the closed list of purposes, the case number, the question whether anyone outside
asked, sampling and the rule on repeated plates. What is looked for stands in ``screening_terms.csv``; ``terms`` reads
the table, ``text`` sees through disguised letters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from .clauses import clause
from .inputs.characters import BIDI, BLANKS, CONTROL, label
from .refusal import BadInput
from .terms import Row, Spelling, Terms
from .text import plain, split
from .vocabulary import Outcome, ScreenCategory

TABLE = Path(__file__).with_name("screening_terms.csv")
TERMS_VERSION = hashlib.sha256(TABLE.read_bytes()).hexdigest()[:12]
REFUSED = frozenset(
    {ScreenCategory.IMMIGRATION_ENFORCEMENT, ScreenCategory.REPRODUCTIVE_CARE, ScreenCategory.PERSONAL_USE}
)
LIMIT = 4000  # characters of the facts field
READ = 20_000  # characters that a screen reads; what it has not read it cannot clear
WORDS_ENOUGH, WORDS_OF_DEED = 5, 3  # words that say something, where no offence is named; where a deed is told
WORDS_UNSURE = 4  # where an offence is named, but beside "maybe", "the usual" and the like
VAGUE_CLAUSE = "C.2.B"
OFFENCE, DEED, HEDGE = "{specific} | {paper}", "{deed}", "{hedge}"
TAKEN = "~"
VOWEL = re.compile("[aeiouy]")
NOISE = re.compile(r"(.)\1\1|[bcdfghjklmnpqrstvwxz]{6}|^(.{2,4})\2+$|^(.)\3+$|qwert|asdf|zxcv|hjkl")
VALUE = re.compile("[0-9@]")  # personal data has one or the other


class AsJson(TypedDict):
    text: str
    categories: list[str]
    words: list[str]
    outcome: str


@dataclass(frozen=True)
class Screening:
    """What a screen says of a text.

    ``categories`` and ``clauses`` in the order of the closed list, ``words`` the folded words that fired (a kind, never
    the value, where they are personal data), ``outcome`` of vocabulary.Outcome. ``clarify``: every word that fired is a
    known ambiguous one, so the form asks one plain question and records the answer.
    """

    text: str
    categories: tuple[str, ...]
    words: tuple[str, ...]
    outcome: str
    clauses: tuple[str, ...]
    clarify: bool

    def as_json(self) -> AsJson:
        return {
            "text": self.text,
            "categories": list(self.categories),
            "words": list(self.words),
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class Hit:
    """A row that fired and the words it fired on."""

    category: str
    clause: str
    words: str
    ask: bool


TOO_LONG = Hit(ScreenCategory.VAGUE.value, VAGUE_CLAUSE, "too long to be read whole", False)


@clause("C.3.2", "C.3.3", "C.3.4", "C.3.5", "C.3.repro", "E.2", "E.3")
def screen(text: str) -> Screening:
    """What the order says against a reason in these words: refuse, wait for a supervisor, or run.

    Refused are immigration enforcement (E.3), reproductive care (C.3.repro) and personal use (C.3.4); whatever else
    fires waits. Time grows with the length, up to ``READ`` characters; a longer text waits.
    """
    hits = list(_hits(text[:READ]))
    if len(text) > READ:
        hits.append(TOO_LONG)
    return _judged(text, hits)


def screen_fields(*texts: str) -> Screening:
    """Several fields of one form, each read by itself: an offence named in one excuses nothing in another.

    Only the first, the facts, can say too little; ``text`` is the fields one per line.
    """
    hits = [hit for text in texts[:1] for hit in _hits(text[:READ])]
    for text in texts[1:]:
        hits += [hit for hit in _hits(text[:READ]) if hit.category != ScreenCategory.VAGUE.value]
    if any(len(text) > READ for text in texts):
        hits.append(TOO_LONG)
    return _judged("\n".join(texts), hits)


@clause("C.2.B", "C.3.c")
def read_facts(text: object, *, field: str = "facts", limit: int = LIMIT) -> str:
    """The stated facts as they were given, without outer whitespace: at most ``limit`` characters.

    Raises just.type, just.too_long, just.control, just.bidi, just.blank, just.too_vague. Words that a screen refuses or
    holds are not too vague: they are screened, and the attempt is kept.
    """
    name = label(field)
    if not isinstance(text, str):
        raise BadInput("just.type", f"{name}: give text.", field)
    if len(text) > limit:
        raise BadInput("just.too_long", f"{name}: shorten it to {limit} characters.", field)
    if CONTROL.search(text.replace("\r\n", "\n")):
        raise BadInput("just.control", f"{name}: a control character is in it. Type it again.", field)
    if BIDI.search(text):
        raise BadInput("just.bidi", f"{name}: a mark that turns the reading direction is in it. Remove it.", field)
    if all(char.isspace() or char in BLANKS or not plain(char) for char in text):
        raise BadInput("just.blank", f"{name}: state the facts of the case.", field)
    if ScreenCategory.VAGUE.value in screen(text).categories:
        raise BadInput(
            "just.too_vague",
            f"{name}: say which crime or missing person it is and what ties this vehicle to it.",
            field,
        )
    return text.strip()


def _judged(text: str, hits: list[Hit]) -> Screening:
    certain = {hit.category for hit in hits if not hit.ask}
    outcome = Outcome.WAIT if hits else Outcome.RUN
    if certain & {category.value for category in REFUSED}:
        outcome = Outcome.REFUSE
    order = [category.value for category in ScreenCategory]
    hits = sorted(hits, key=lambda hit: order.index(hit.category))
    return Screening(
        text=text,
        categories=tuple(dict.fromkeys(hit.category for hit in hits)),
        words=_without_parts([hit.words for hit in hits]),
        outcome=outcome.value,
        clauses=tuple(dict.fromkeys(hit.clause for hit in hits)),
        clarify=bool(hits) and not certain,
    )


@cache
def _table() -> tuple[Terms, Spelling]:
    terms = Terms(TABLE, OFFENCE, DEED, HEDGE)
    return terms, Spelling(terms, terms.lists["{acronym}"])


def _hits(text: str) -> Iterator[Hit]:
    terms, spelling = _table()
    folded = plain(text)
    words = spelling.mend(split(folded, terms.known))
    reading = Reading(terms, folded, words)
    found = list(reading.hits())
    yield from found
    if not found and _is_vague(words, reading):
        said = " ".join(word for word in words if word.isalpha())[:80].strip()
        yield Hit(ScreenCategory.VAGUE.value, VAGUE_CLAUSE, said or "no words", False)


class Reading:
    """One text while it is being read: its words, and for each category a copy from which innocent words are taken."""

    def __init__(self, terms: Terms, folded: str, words: list[str]):
        self.terms, self.folded = terms, folded
        self.line = f" {' '.join(words)} "
        self.possible = {number for word in dict.fromkeys(words) for number in terms.candidates(word)}
        found: dict[Row, list[int]] = {}
        for number in sorted(self.possible):
            for row in terms.rows_of.get(number, ()):
                found.setdefault(row, []).append(number)
        self.rows = sorted(found.items(), key=lambda item: item[0].number)
        self.copies: dict[str, str] = {}
        self.standing: dict[frozenset[int], bool] = {}

    def hits(self) -> Iterator[Hit]:
        for row, numbers in self._rows("pass"):
            self._take(row, numbers)
        for row, numbers in self._rows("ask"):
            yield from (Hit(row.category, row.clause, words, True) for words in self._take(row, numbers))
        for row, numbers in self._rows("doubt", "term"):
            if found := self._find(row, numbers):
                words = row.note if row.category == ScreenCategory.PERSONAL_DATA.value else found
                yield Hit(row.category, row.clause, words, row.kind == "doubt" and self._stands(row.unless))
        if VALUE.search(self.folded):
            for row in self.terms.shapes:
                if row.shape and row.shape.search(self.folded) and not self._stands(row.unless):
                    yield Hit(row.category, row.clause, row.note, False)

    def says(self, cell: str) -> bool:
        """Does one of the phrases of a cell that was asked for stand in the text?"""
        return self._stands(self.terms.asked[cell])

    def count(self, cell: str) -> int:
        """How many phrases of such a cell stand in the text?"""
        return sum(bool(self._search(number, self.line)) for number in self.terms.asked[cell] & self.possible)

    def _rows(self, *kinds: str) -> Iterator[tuple[Row, list[int]]]:
        for row, numbers in self.rows:
            if row.kind in kinds and (row.kind == "doubt" or not self._stands(row.unless)):
                yield row, numbers

    def _stands(self, numbers: frozenset[int]) -> bool:
        """Does one of these phrases stand in the text? Each cell is looked for once."""
        if numbers not in self.standing:
            line = self._copy("unless")
            self.standing[numbers] = any(self._search(number, line) for number in numbers & self.possible)
        return self.standing[numbers]

    def _search(self, number: int, line: str) -> re.Match[str] | None:
        return self.terms.phrases[number].pattern.search(line)

    def _copy(self, category: str) -> str:
        return self.copies.get(category, self.line)

    def _find(self, row: Row, numbers: list[int]) -> str:
        line = self._copy(row.category)
        matches = (self._search(number, line) for number in numbers)
        return next((_clean(match[0]) for match in matches if match), "")

    def _take(self, row: Row, numbers: list[int]) -> list[str]:
        """Take every phrase of the row out of the category's copy; answers what was taken."""
        taken: list[str] = []
        for number in numbers:
            line = self._copy(row.category)
            if self._search(number, line):
                pattern = self.terms.phrases[number].pattern
                taken += [_clean(match[0]) for match in pattern.finditer(line)]
                self.copies[row.category] = pattern.sub(f" {TAKEN}", line)
        return taken


def _clean(words: str) -> str:
    return words.replace(TAKEN, "").strip(" .")


def _without_parts(found: list[str]) -> tuple[str, ...]:
    """Each once, and none that is a part of another."""
    unique = list(dict.fromkeys(found))
    return tuple(
        words for words in unique if not any(words != other and f" {words} " in f" {other} " for other in unique)
    )


def _is_vague(words: list[str], reading: Reading) -> bool:
    """Too few words that are not said of every search: no offence is named, or one that is hedged about."""
    real = [word for word in words if word != "."]
    if len(real) > 2 and len(set(real)) == 1:
        return True
    telling = {word for word in real if _tells(word) and word not in _generic()}
    if reading.says(OFFENCE):
        return reading.says(HEDGE) and len(telling) < WORDS_UNSURE
    chinese = sum(1 for word in telling if not word.isascii())
    deeds = reading.count(DEED)
    return len(telling) - chinese + chinese // 2 + deeds < (WORDS_OF_DEED if deeds else WORDS_ENOUGH)


@cache
def _generic() -> frozenset[str]:
    return frozenset(_table()[0].lists["{generic}"])


def _tells(word: str) -> bool:
    """Is this a word, rather than a number, an initial or a hand on the keyboard?"""
    if not word.isascii():
        return True
    return len(word) > 2 and word.isalpha() and bool(VOWEL.search(word)) and not NOISE.search(word)
