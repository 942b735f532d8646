"""Reads ``screening_terms.csv`` and makes matchers of it, so that what the screens look for stays a table, not code.

How a term is written, in words that a lawyer can read:

    ice hold            these words, one after the other
    deport*             any word that begins so
    wants/asked         one of these words
    the?                may be there or not
    {vehicle}           any member of the list of that name (rows of kind ``list``)
    # and #yo            a number, a number with these letters after it
    .. and ...          up to three and up to eight other words of the same sentence
    ^ and $             the beginning and the end of the text
    a | b               either

Kinds of row: ``term`` fires; ``ask`` fires, but the words are known to be ambiguous; ``pass`` is innocent. What a
``pass`` or an ``ask`` found is taken out before the terms of its category are looked for. ``unless`` keeps a row from
firing where one of its phrases stands anywhere in the text; a ``doubt`` fires all the same then, as an ``ask``.
``shape`` is a regular expression over the folded text (numbers, addresses). ``list``, ``spelling`` and ``correct`` are
vocabulary. What a ``pass`` of the category ``unless`` takes out excuses nothing: a denied offence, a guessed one.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

WEAK = frozenset(
    re.findall(
        r"\S+",
        "a an and any are as at be but by can do for from get go has have he her him his i in is it its just know me my "
        "no not of off on or our out per see she so some that the their them they this to up us use want wants was we "
        "what when where who will with you",
    )
)
GAPS = {"..": "(?: [^ .]+){0,3}?", "...": "(?: [^ .]+){0,8}?"}
EDGES = {"^": r"\A", "$": r"(?=(?: \.)* \Z)"}
VOCABULARY = {"list", "spelling", "correct"}
SHORTEST_STEM = 3
PIECES = 6  # into how many a word may have been broken


@dataclass(frozen=True)
class Phrase:
    """One phrase as a matcher over `` word word . word ``: found only where a word of ``anchors`` is in the text."""

    expression: str
    anchors: frozenset[str]  # a trailing * marks the beginning of a word

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text may need it: most phrases never are."""
        return re.compile(self.expression)


@dataclass(frozen=True, eq=False)
class Row:
    """One row of the table, compiled."""

    number: int
    category: str
    kind: str
    clause: str
    note: str
    phrases: frozenset[int]
    unless: frozenset[int]
    shape: re.Pattern[str] | None = None


class Terms:
    """The table, compiled once, with ``cells`` that are asked for beside its rows.

    Raises ValueError, naming the line, where a row cannot be read.
    """

    def __init__(self, path: Path, *cells: str):
        with path.open(encoding="utf-8", newline="") as file:
            self.raw = list(csv.DictReader(file))
        self.lists: dict[str, list[str]] = defaultdict(list)
        self.spellings: list[str] = []
        self.correct: set[str] = set()
        for raw in self.raw:
            if raw["kind"] == "list":
                self.lists[raw["category"]] += _alternatives(raw["term"])
            elif raw["kind"] == "spelling":
                self.spellings += _alternatives(raw["term"])
            elif raw["kind"] == "correct":
                self.correct |= set(_alternatives(raw["term"]))
        self.phrases: list[Phrase] = []
        self._numbers: dict[str, frozenset[int]] = {}
        self.rows = [self._row(number, raw) for number, raw in enumerate(self.raw, 2) if raw["kind"] not in VOCABULARY]
        self.shapes = [row for row in self.rows if row.shape]
        self.asked = {cell: self.compile(cell) for cell in cells}
        self._index()

    def _row(self, number: int, raw: dict[str, str]) -> Row:
        try:
            shape = re.compile(raw["term"]) if raw["kind"] == "shape" else None
            phrases = frozenset[int]() if shape else self.compile(raw["term"])
            unless = self.compile(raw["unless"]) if raw["unless"] else frozenset[int]()
            return Row(number, raw["category"], raw["kind"], raw["clause"], raw["note"], phrases, unless, shape)
        except (KeyError, ValueError, re.error) as error:
            raise ValueError(f"screening_terms.csv line {number}: {error}") from error

    def compile(self, cell: str) -> frozenset[int]:
        """The numbers of the cell's phrases; a cell met before is not compiled again."""
        if cell not in self._numbers:
            found = []
            for text in self._spread(cell):
                found.append(len(self.phrases))
                self.phrases.append(self._phrase(text))
            self._numbers[cell] = frozenset(found)
        return self._numbers[cell]

    def _spread(self, cell: str) -> Iterator[str]:
        """The alternatives of a cell; a list that stands alone is replaced by its members."""
        for text in _alternatives(cell):
            if re.fullmatch(r"\{\w+\}", text):
                for member in self._members(text):
                    yield from self._spread(member)
            else:
                yield text

    def _members(self, name: str) -> list[str]:
        if name not in self.lists:
            raise ValueError(f"no list {name}")
        return self.lists[name]

    def _phrase(self, text: str) -> Phrase:
        best, weight = frozenset[str](), -1
        for element in text.split():
            if element not in EDGES and element not in GAPS and not element.endswith("?"):
                firsts = self._firsts(element)
                score = min(-1 if word[0] == "#" else 0 if word in WEAK else len(word) for word in firsts)
                if score > weight:
                    best, weight = frozenset(firsts), score
        if weight < 0:
            raise ValueError(f"nothing to find in {text!r}")
        return Phrase(f"{self._expression(text)}(?= )", best)

    def _expression(self, text: str) -> str:
        return "".join(self._element(element) for element in text.split())

    def _element(self, element: str) -> str:
        """One element as a regular expression that begins with the space before it."""
        if element in GAPS or element in EDGES:
            return GAPS.get(element) or EDGES[element]
        if element.endswith("?"):
            return f"(?:{self._element(element[:-1])})?"
        if element.startswith("{"):
            either = [self._expression(member)[1:] for member in self._members(element)]
        else:
            either = [_word(word) for word in element.split("/")]
        return f" {either[0]}" if len(either) == 1 else f" (?:{'|'.join(either)})"

    def _firsts(self, element: str) -> set[str]:
        if element.startswith("{"):
            return {first for member in self._members(element) for first in self._firsts(member.split()[0])}
        return set(element.rstrip("?").split("/"))

    def _index(self) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._stems: dict[str, list[int]] = defaultdict(list)
        for number, phrase in enumerate(self.phrases):
            for word in phrase.anchors:
                (self._stems[word[:-1]] if word.endswith("*") else self._exact[word]).append(number)
        self.rows_of: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            for number in row.phrases:
                self.rows_of[number].append(row)
        self._remembered = lru_cache(maxsize=1 << 15)(self._candidates)

    def candidates(self, word: str) -> tuple[int, ...]:
        """The phrases that may be found because this word is in the text; a word with a digit is not remembered."""
        return self._remembered(word) if word.isalpha() else self._candidates(word)

    def _candidates(self, word: str) -> tuple[int, ...]:
        found = list(self._exact.get(word, ()))
        for length in range(1, len(word) + 1):
            found += self._stems.get(word[:length], ())
        return tuple(found)

    @cached_property
    def sought(self) -> tuple[frozenset[str], frozenset[str]]:
        """Words, and beginnings of words, that fire: what a disguised word may turn out to be."""
        words: set[str] = set(self.spellings)
        for raw in self.raw:
            if raw["kind"] in {"term", "ask", "doubt"}:
                for text in self._spread(raw["term"]):
                    words |= {word for element in text.split() for word in self._words(element)}
        words = {word for word in words if len(word.rstrip("*")) >= SHORTEST_STEM and word not in WEAK}
        return (
            frozenset(word for word in words if not word.endswith("*")),
            frozenset(word[:-1] for word in words if word.endswith("*")),
        )

    def _words(self, element: str) -> Iterator[str]:
        if element in EDGES or element in GAPS:
            return
        if element.startswith("{"):
            for member in self._members(element.rstrip("?")):
                for part in member.split():
                    yield from self._words(part)
        else:
            yield from element.rstrip("?").split("/")

    def known(self, word: str) -> bool:
        """Is this one of the words sought?"""
        words, stems = self.sought
        return word in words or any(word[:length] in stems for length in range(SHORTEST_STEM, len(word) + 1))


def _alternatives(cell: str) -> list[str]:
    return [text.strip() for text in cell.split("|") if text.strip()]


def _word(word: str) -> str:
    if match := re.fullmatch(r"#([a-z]*)", word):
        return rf"[0-9]+{match[1]}"
    if not re.fullmatch(r"[a-z0-9\u3400-\u9fff]+\*?", word):
        raise ValueError(f"cannot read {word!r}")
    return f"{word[:-1]}[^ .]*" if word.endswith("*") else word


class Spelling:
    """Misspelt and broken words put right: ``imigration``, ``immi gration``, ``IC E``. Only words sought are found."""

    def __init__(self, terms: Terms, short: Iterable[str]):
        self.terms, self.short = terms, frozenset(short)
        self.right = frozenset(terms.spellings)
        self.near: dict[str, set[str]] = defaultdict(set)
        for word in terms.spellings:
            once = _without_one(word)
            twice = {less for more in once for less in _without_one(more)} if len(word) >= 10 else set()
            for key in {word, *once, *twice}:
                self.near[key].add(word)
        self._remembered = lru_cache(maxsize=1 << 15)(self._word)

    def word(self, word: str) -> str:
        """The word itself, or the word sought that it is a misspelling of; one with a digit is left alone."""
        return self._remembered(word) if word.isalpha() else word

    def _word(self, word: str) -> str:
        if len(word) <= 4:
            bare = word.replace("l", "i")
            return bare if bare in self.short else word
        if word in self.right or word in self.terms.correct or not word.isascii():
            return word
        squeezed = re.sub(r"(.)\1{2,}", r"\1", word)
        if squeezed != word and self.terms.known(squeezed):
            return squeezed
        if len(word) < 6 or word in self.terms.sought[0]:
            return word
        near = {right for key in (word, *_without_one(word)) for right in self.near.get(key, ())}
        good = [right for right in near if _distance(word, right) <= (1 if len(right) < 10 else 2)]
        return min(good, key=lambda right: (_distance(word, right), right)) if good else word

    def mend(self, words: list[str]) -> list[str]:
        """The words with misspellings put right and pieces joined."""
        mended: list[str] = []
        at = 0
        while at < len(words):
            joined, used = self._joined(words, at)
            mended.append(joined or self.word(words[at]))
            at += used
        return mended

    def _joined(self, words: list[str], at: int) -> tuple[str, int]:
        for used in range(min(PIECES, len(words) - at), 1, -1):
            pieces = words[at : at + used]
            whole = "".join(pieces)
            if whole in self.right:
                return whole, used
            if whole in self.short and not any(piece in WEAK and len(piece) > 1 for piece in pieces):
                return whole, used
        return "", 1


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _distance(left: str, right: str) -> int:
    """How many letters are missing, added, changed or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, 1):
            step = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if last and j > 1 and a == right[j - 2] and left[i - 2] == b:
                step = min(step, last[j - 2] + 1)
            row.append(step)
    return row[-1]
