"""Plates as people write them and cameras see them, turned into what is matched: A-Z and 0-9, nothing guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from alpr_portal.policy.inputs.characters import is_separator, worst
from alpr_portal.policy.refusal import BadInput

LONGEST, RAW_LONGEST = 10, 64
FEWEST_KNOWN, MOST_STARS = 3, 2
INDEXED_RUN = 3  # known characters side by side: what the index of three-letter parts wants
SHORTEST_MISREAD = FEWEST_KNOWN + 1
EDGES = " \t\r\n"
LOOK_ALIKES = str.maketrans("OQDILSBZ", "00011582")
NOT_PLATE = re.compile(r"[^A-Z0-9]")
NOT_PATTERN = re.compile(r"[^A-Z0-9*?]")
WILD = re.compile(r"[*?]+")

SAYS = {
    "type": "send it as text.",
    "empty": "enter at least one letter or digit.",
    "too_long": f"a plate has at most {LONGEST} letters and digits.",
    "control": "a line end or control character is in it. Type it again.",
    "symbol": "leave out hearts, stars and other pictures: they are not part of the number.",
    "invisible": "a character that cannot be seen is in it. Type it again instead of pasting it.",
    "non_ascii": "use the letters A to Z and the digits 0 to 9 only.",
    "bad_char": "use letters and digits only; spaces and hyphens are dropped.",
}
SAYS_OF_PATTERN = SAYS | {
    "bad_char": "use letters, digits, * for any number of characters and ? for exactly one.",
    "too_broad": f"give at least {FEWEST_KNOWN} known characters.",
    "too_many_stars": f"use * at most {MOST_STARS} times.",
}


def read_plate(value: object, *, field: str = "plate") -> str:
    """The match key of a plate: upper-case A-Z and 0-9, without separators; 1 to 10 characters.

    Raises plate.type, plate.too_long, plate.control, plate.symbol, plate.invisible, plate.non_ascii, plate.bad_char,
    plate.empty.
    """
    if isinstance(value, str) and len(value) <= LONGEST and value.isascii() and value.isalnum():
        return value.upper()
    return _known(value, "plate", NOT_PLATE, SAYS, field)


def fold(plate: str) -> str:
    """A plate with look-alikes made one (0 O Q D, 1 I L, 5 S, 8 B, 2 Z): an aid to match, never shown as a plate."""
    return plate.translate(LOOK_ALIKES)


@dataclass(frozen=True)
class Pattern:
    """A plate to search: exact, or with ``*`` (any number of characters) and ``?`` (exactly one).

    ``text`` holds A-Z, 0-9 and the two wildcards only, so nothing in it needs escaping for SQL or a regular expression.
    """

    text: str

    @property
    def is_exact(self) -> bool:
        return not WILD.search(self.text)

    @property
    def known(self) -> int:
        """How many characters are known."""
        return sum(map(str.isalnum, self.text))

    @property
    def longest_run(self) -> int:
        """The longest run of known characters side by side; an index of three-letter parts wants three."""
        return max(map(len, WILD.split(self.text)))

    @property
    def like(self) -> str:
        """For SQL LIKE over the match key."""
        return self.text.replace("*", "%").replace("?", "_")

    @property
    def folded(self) -> str:
        """The pattern over folded plates."""
        return fold(self.text)

    @property
    def fold_like(self) -> str:
        """For SQL LIKE over folded plates."""
        return fold(self.like)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The twin of ``like`` for ``fullmatch``."""
        return re.compile(self.text.replace("*", "[A-Z0-9]*").replace("?", "[A-Z0-9]"))


def read_pattern(value: object, *, field: str = "plate") -> Pattern:
    """A plate or a part of one. Stars side by side are one star.

    Raises the codes of ``read_plate`` under ``pattern.``, and pattern.too_many_stars, pattern.too_broad.
    """
    text = re.sub(r"\*+", "*", _known(value, "pattern", NOT_PATTERN, SAYS_OF_PATTERN, field))
    pattern = Pattern(text)
    if text.count("*") > MOST_STARS:
        raise _bad("pattern", "too_many_stars", SAYS_OF_PATTERN, field)
    if not pattern.is_exact and pattern.known < FEWEST_KNOWN:
        raise _bad("pattern", "too_broad", SAYS_OF_PATTERN, field)
    return pattern


@dataclass(frozen=True)
class OneOff:
    """The plates that a camera may have made of one by a single character: another one, one too many, one too few.

    Whatever the slip, the first half of the plate or its second half stays: ``prefix`` and ``suffix`` find candidates by
    an index, ``patterns`` decide. All are for SQL LIKE, and need no escaping.
    """

    plate: str

    @property
    def prefix(self) -> str:
        return self.plate[: len(self.plate) // 2] + "%"

    @property
    def suffix(self) -> str:
        return "%" + self.plate[len(self.plate) // 2 :]

    @cached_property
    def patterns(self) -> list[str]:
        """Patterns of the plate itself and of every plate that is one character off; ``_`` is any one character."""
        cuts = [(self.plate[:place], self.plate[place:]) for place in range(len(self.plate) + 1)]
        other = [f"{before}_{after[1:]}" for before, after in cuts if after]
        extra = [f"{before}_{after}" for before, after in cuts]
        missing = [f"{before}{after[1:]}" for before, after in cuts if after]
        return list(dict.fromkeys([*other, *extra, *missing]))


def one_off(pattern: Pattern, *, field: str = "misread") -> OneOff:
    """What a plate may have been misread as. Raises misread.part for a part of a plate, misread.too_short."""
    if not pattern.is_exact:
        raise BadInput("misread.part", "Misread: give the whole plate, or use ? and * alone.", field)
    if pattern.known < SHORTEST_MISREAD:
        said = (
            f"Misread: the plate needs at least {SHORTEST_MISREAD} characters for this; else too many others are meant."
        )
        raise BadInput("misread.too_short", said, field)
    return OneOff(pattern.text)


def _known(value: object, prefix: str, refused: re.Pattern[str], says: dict[str, str], field: str) -> str:
    if not isinstance(value, str):
        raise _bad(prefix, "type", says, field)
    if len(value) > RAW_LONGEST:  # before any work on its characters
        raise _bad(prefix, "too_long", says, field)
    text = "".join(char for char in value.strip(EDGES) if not is_separator(char))
    if not text:
        raise _bad(prefix, "empty", says, field)
    if fault := worst(text):
        raise _bad(prefix, fault, says, field)
    text = text.upper()
    if refused.search(text):
        raise _bad(prefix, "bad_char", says, field)
    if len(text.replace("*", "")) > LONGEST:
        raise _bad(prefix, "too_long", says, field)
    return text


def _bad(prefix: str, fault: str, says: dict[str, str], field: str) -> BadInput:
    return BadInput(f"{prefix}.{fault}", f"Plate: {says[fault]}", field)


US = dict(
    re.findall(
        r"(\w\w):([a-z ]+)",
        "AL:alabama|AK:alaska|AZ:arizona|AR:arkansas|CA:california|CO:colorado|CT:connecticut|DE:delaware|"
        "DC:district of columbia|FL:florida|GA:georgia|HI:hawaii|ID:idaho|IL:illinois|IN:indiana|IA:iowa|KS:kansas|"
        "KY:kentucky|LA:louisiana|ME:maine|MD:maryland|MA:massachusetts|MI:michigan|MN:minnesota|MS:mississippi|"
        "MO:missouri|MT:montana|NE:nebraska|NV:nevada|NH:new hampshire|NJ:new jersey|NM:new mexico|NY:new york|"
        "NC:north carolina|ND:north dakota|OH:ohio|OK:oklahoma|OR:oregon|PA:pennsylvania|RI:rhode island|"
        "SC:south carolina|SD:south dakota|TN:tennessee|TX:texas|UT:utah|VT:vermont|VA:virginia|WA:washington|"
        "WV:west virginia|WI:wisconsin|WY:wyoming|"
        "AS:american samoa|GU:guam|MP:northern mariana islands|PR:puerto rico|VI:virgin islands",
    )
)
CANADA = dict(
    re.findall(
        r"(\w\w):([a-z ]+)",
        "AB:alberta|BC:british columbia|MB:manitoba|NB:new brunswick|NL:newfoundland and labrador|NS:nova scotia|"
        "NT:northwest territories|NU:nunavut|ON:ontario|PE:prince edward island|QC:quebec|SK:saskatchewan|YT:yukon",
    )
)
STATES = US | CANADA | {"MX": "mexico"}  # by code; the states of Mexico have no two letters of their own
BY_NAME = {name: code for code, name in STATES.items()}


def read_state(value: object) -> str:
    """Two letters of a US state or territory, a Canadian province or Mexico: ``us-ca``, ``California``, ``CA``.

    Empty where the value says nothing or names a place that is none of these: a state is a help, never a reason to
    refuse a read.
    """
    if not isinstance(value, str) or len(value) > 40:
        return ""
    if value in STATES:
        return value
    text = value.strip().lower().replace("_", "-")
    country, _, region = text.partition("-")
    if country == "mx":
        return "MX"
    if region and country in {"us", "ca"}:
        code = region.upper()
        return code if code in (US if country == "us" else CANADA) else ""
    return text.upper() if text.upper() in STATES else BY_NAME.get(text.replace("-", " "), "")
