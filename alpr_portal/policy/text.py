"""Folds what a member typed to plain small letters and words, because a screen must read what a person reads.

``plain`` sees through full-width, mathematical, circled and look-alike letters, marks and invisible characters;
``split`` makes words of the result and joins letters that were spelled out (``I.C.E.``, ``I C E``). Nothing here is
stored: the text itself is kept as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .inputs.characters import BLANKS

# Letters of other scripts and signs that look like an ASCII one: code points in hexadecimal, by what they look like.
LOOKALIKES = {
    "a": "0391 03b1 0410 0430 0251 13aa a4ee 15c5 237a",
    "b": "0392 03b2 0412 0432 044c 042c 13f4 15f7 a4d0 0184 0185",
    "c": "03f2 03f9 0421 0441 13df 1455 a4da 2ca4 2ca5 00a9 00a2",
    "d": "0501 0500 13a0 15de a4d3 00d0 00f0 0256 0257",
    "e": "0395 03b5 0404 0454 0415 0435 04bd 13ac a4f0 212e 20ac 0259 025b 0190",
    "f": "03dc 0192 a4dd 15b4 0584 a798",
    "g": "0261 050c 050d 0581 13c0 13f3 a4d6",
    "h": "0397 041d 043d 04bb 0570 13bb 13c2 a4e7 2c8e 157c",
    "i": "0399 03b9 0406 0456 04c0 04cf 0131 0269 13a5 01c0 a4f2 2c92 2c93 2223",
    "j": "0408 0458 037f 03f3 13ab a4d9 0575",
    "k": "039a 03ba 041a 043a 13e6 a4d7 2c94 2c95",
    "l": "13de a4e1 053c 14aa 00a3",
    "m": "039c 041c 043c 13b7 a4df 2c98 20a5",
    "n": "039d 03b7 041f 043f 0418 0438 0578 057c a4e0 2c9a",
    "o": "039f 03bf 03c3 041e 043e 0555 0585 a4f3 2c9e 2c9f 12d0 3007",
    "p": "03a1 03c1 0420 0440 13e2 a4d1 2ca2 2ca3 146d",
    "q": "051a 051b 0566 a4d2",
    "r": "0433 0413 042f 044f 13d2 1587 a4e3 00ae",
    "s": "0405 0455 054f 13da 13d5 a4e2 00a7",
    "t": "03a4 03c4 0422 0442 13a2 a4d4 2ca6 2ca7 22a4 2020",
    "u": "03c5 057d 0446 054d 144c a4f4 222a 028b 00b5 03bc",
    "v": "03bd 0474 0475 13d9 142f a4e6 2228 221a",
    "w": "03c9 0428 0448 0429 0449 051c 051d 0561 13b3 a4ea 20a9",
    "x": "03a7 03c7 0425 0445 04b2 a4eb 2cac 166d 00d7 2573",
    "y": "03a5 03b3 0423 0443 04ae 04af 13a9 13bd a4ec 2ca8 00a5",
    "z": "0396 13c3 a4dc 0290",
}
NAMED = re.compile(
    r"LATIN (?:SMALL|CAPITAL) LETTER "
    r"(?:(?:TURNED|REVERSED|SCRIPT|OPEN|BARRED|LONG|DOTLESS|INVERTED|SMALL CAPITAL) )?([A-Z])(?: |$)"
    r"|LATIN LETTER SMALL CAPITAL ([A-Z])(?: |$)|SYMBOL LETTER ([A-Z])$"
)
LONGEST = 40  # letters of a word; what comes after is not read
VOWELS = "aeiouy"
SPECIAL = {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "¡": "!", "¿": "", "\u2044": "/"}
LEET = str.maketrans("0134578$@!|(+", "oieastbsaiict")


class _Folding(dict[int, str]):
    """The table of ``str.translate``, filled as characters are met; one entry per character that ever came."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = folded = SPECIAL[char] if char in SPECIAL else _fold(char)
        return folded


def _fold(char: str) -> str:
    if char <= "\x7f":
        return char.lower() if char.isprintable() or char == "\n" else " "
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category in {"Cf", "Mn", "Me", "Cs", "Cc"} or char in BLANKS:
        return ""
    if category == "Pd":
        return "-"
    if category in {"Pi", "Pf"} or char in "\u02bc\u2032":
        return "'"
    if match := NAMED.search(unicodedata.name(char, "")):
        return "".join(filter(None, match.groups())).lower()
    parts = unicodedata.normalize("NFKD", char).lower()
    if parts != char:
        return "".join(FOLDING[ord(part)] for part in parts)
    if "\u3400" <= char <= "\u9fff":
        return f" {char} "  # a word of its own: Chinese has no spaces
    return char


FOLDING = _Folding({int(code, 16): letter for letter, codes in LOOKALIKES.items() for code in codes.split()})

SPELLED = re.compile(
    r"(?<![a-z0-9$@!|])[a-z0-9$!|]([ .\-_*\u00b7\u2022,:/+~]{1,3})(?:[a-z0-9]\1)+[a-z0-9](?![a-z0-9])\.?"
)
INITIALS = re.compile(r"(?<![a-z0-9.])([a-z])\.([a-z])\b\.?|(?<![a-z0-9/])([a-z])/([a-z])(?![a-z0-9/])")
OWNER = re.compile(r"(?<!\bhe)(?<!\bshe)(?<!\bwho)(?<!\bwhere)'s(?![a-z0-9])|'")
ABBREVIATED = re.compile(
    r"\b(approx|ave|blvd|dept|det|dr|imm|immig|inv|lt|mr|mrs|ms|no|ofc|poss|sgt|st|susp|veh|vic|vs)\.(?=\s)"
)
STOP = re.compile(r"[.;?](?=\s|$)")
WORD = re.compile(r"[$@!|]?(?<![^\W_])[^\W_]+(?:[$@!|*(]{1,2}[^\W_]+)+[$@!|]?|[$@!|]?[^\W_]+|(?<= )\.(?= )")
SIGN = re.compile(r"[$@!|*(]+")
TAIL = re.compile(r"([a-z]{3,})(\d{2,})|(\d+)((?:pc|cvc|vc|hs)\d?)")


def plain(text: str) -> str:
    """The text in small ASCII letters as far as it has any; other scripts, digits and punctuation stay. Linear."""
    return text.translate(FOLDING)


def split(text: str, known: Callable[[str], bool]) -> list[str]:
    """The words of plain text in order, ``.`` standing for the end of a sentence.

    ``known`` says whether a word is one that a screen looks for: only then is ``1CE`` read as letters.
    """
    text = SPELLED.sub(_spelled, text)
    text = INITIALS.sub(lambda match: "".join(filter(None, match.groups())), text)
    text = OWNER.sub("", STOP.sub(" . ", ABBREVIATED.sub(r"\1", text)))
    words: list[str] = []
    for word in WORD.findall(text):
        if word.isalpha() or word == ".":
            words.append(word[:LONGEST])
        else:
            words.extend(_unmask(word, known))
    return words


def _spelled(match: re.Match[str]) -> str:
    letters = re.sub(r"[^a-z0-9$!|]", "", match[0])
    return f"{letters} " if sum(map(str.isalpha, letters)) > 1 else match[0]


def _unmask(word: str, known: Callable[[str], bool]) -> list[str]:
    """One word with digits or signs in it: as letters where that is a word looked for, else its parts."""
    if len(word) > LONGEST:
        return [word[:LONGEST]]
    for bare in {word.replace("*", vowel).replace("(", "c"): None for vowel in (*VOWELS, "")}:
        letters = bare.translate(LEET)
        if sum(map(str.isalpha, bare)) * 2 >= len(bare) and known(letters):
            return [letters]
        letters = bare.replace("1", "l").replace("|", "l").translate(LEET)
        if len(letters) > 4 and known(letters):
            return [letters]
    parts: list[str] = []
    for part in SIGN.split(word.replace("*", "")):
        if match := TAIL.fullmatch(part):
            parts.extend(filter(None, match.groups()))
        elif part:
            parts.append(part)
    return parts
