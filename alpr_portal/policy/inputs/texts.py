"""Free text, names, mail addresses and file names: stored as they were meant, never able to steer what shows them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from ..refusal import BadInput
from .characters import BIDI, CONTROL, kind, label

NAME_LIMIT, EMAIL_LIMIT, FILENAME_LIMIT = 200, 254, 100
SPACE = " \t\r\n\xa0"

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@({LABEL}(?:\.{LABEL})+)")
# E: the domains from which federal agencies write; every name below one of them counts too.
FEDERAL = frozenset(
    re.findall(
        r"\S+",
        "mil fed.us dhs.gov ice.gov cbp.gov uscis.gov tsa.gov fema.gov secretservice.gov doj.gov usdoj.gov "
        "justice.gov fbi.gov dea.gov atf.gov usmarshals.gov bop.gov eoir.gov uscourts.gov state.gov "
        "treasury.gov irs.gov fincen.gov uspis.gov usps.gov doi.gov nps.gov blm.gov usda.gov hhs.gov va.gov "
        "ssa.gov dol.gov dot.gov ed.gov energy.gov doe.gov hud.gov gsa.gov opm.gov epa.gov nasa.gov sec.gov "
        "dni.gov cia.gov nsa.gov whitehouse.gov senate.gov house.gov",
    )
)

OVERRIDDEN = re.compile("\u202e([^\u202c]*)\u202c?")
CUTS = re.compile(r'[/\\":;=]')
DEVICES = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))])


def read_text(value: object, *, field: str, limit: int, one_line: bool = False) -> str:
    """Free text in composed form without outer spaces, at most ``limit`` characters; None reads as empty.

    Line ends become ``\\n``; ``one_line`` refuses them. Raises text.type, text.too_long, text.control, text.bidi.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput("text.type", f"{label(field)}: give text.", field)
    if len(value) > limit:
        raise BadInput("text.too_long", f"{label(field)}: shorten it to {limit} characters.", field)
    if value.isascii() and value.isprintable():
        return value.strip(" ")
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip(SPACE)
    if CONTROL.search(text) or (one_line and ("\n" in text or "\t" in text)):
        raise BadInput("text.control", f"{label(field)}: a control character is in it. Type it again.", field)
    if BIDI.search(text):
        raise BadInput(
            "text.bidi", f"{label(field)}: a mark that turns the reading direction is in it. Remove it.", field
        )
    text = unicodedata.normalize("NFC", text)
    if len(text) > limit:  # a few scripts grow when composed
        raise BadInput("text.too_long", f"{label(field)}: shorten it to {limit} characters.", field)
    return text


def read_person_name(value: object, *, field: str = "name") -> str:
    """A person's name in any script, composed, otherwise as written. It is escaped wherever it is shown.

    Raises name.type, name.missing, name.too_long, name.control, name.invisible, name.no_letter.
    """
    if not isinstance(value, (str, type(None))):
        raise BadInput("name.type", "Name: give text.", field)
    if value and len(value) > NAME_LIMIT:
        raise BadInput("name.too_long", f"Name: shorten it to {NAME_LIMIT} characters.", field)
    text = unicodedata.normalize("NFC", value or "").strip(" \xa0")
    if not text:
        raise BadInput("name.missing", "Name: enter it.", field)
    kinds = {kind(char) for index, char in enumerate(text) if not _joins(text, index)}
    if "control" in kinds:
        raise BadInput("name.control", "Name: a line end or control character is in it. Type it again.", field)
    if "invisible" in kinds:
        raise BadInput("name.invisible", "Name: a character that cannot be seen is in it. Type it again.", field)
    if not any(map(str.isalpha, text)):
        raise BadInput("name.no_letter", "Name: it needs at least one letter.", field)
    return text


def read_email(value: object, *, domains: Collection[str] | None = None, field: str = "email") -> str:
    """A mail address, its domain in small letters and its local part as written.

    ``domains`` are the only ones taken, each exactly: a subdomain counts where it is listed; None takes any that is
    not federal (E). Raises email.missing, email.too_long, email.non_ascii, email.format, email.federal, email.domain.
    """
    if not isinstance(value, (str, type(None))):
        raise BadInput("email.format", "E-mail: give one address, such as name@example.org.", field)
    if value and len(value) > EMAIL_LIMIT:
        raise BadInput("email.too_long", f"E-mail: shorten it to {EMAIL_LIMIT} characters.", field)
    text = (value or "").strip(SPACE)
    if not text:
        raise BadInput("email.missing", "E-mail: enter an address.", field)
    if not text.isascii():
        raise BadInput("email.non_ascii", "E-mail: a letter is not a plain one. Type the address again.", field)
    match = EMAIL.fullmatch(text)
    if not match or text.index("@") > 64:
        raise BadInput("email.format", "E-mail: give one address, such as name@example.org.", field)
    domain = match[1].lower()
    labels = domain.split(".")
    if any(".".join(labels[start:]) in FEDERAL for start in range(len(labels))):
        raise BadInput("email.federal", "E-mail: federal addresses are not taken here.", field)
    if domains is not None and domain not in domains:
        raise BadInput("email.domain", "E-mail: use the address of an agency that is registered here.", field)
    return f"{text[: match.start(1)]}{domain}"


def read_filename(value: object, *, suffix: str = ".pdf") -> str:
    """A file name to show, ending in ``suffix``: no path, device, formula or second header. Never raises."""
    text = unicodedata.normalize("NFC", value[:2000]) if isinstance(value, str) else ""
    text = OVERRIDDEN.sub(lambda match: match[1][::-1], text)  # as it was shown, not as it was typed
    text = CUTS.split(text)[-1]
    text = "".join(char for char in text if char not in "<>|*?" and kind(char) not in {"control", "invisible"})
    stem = text[: -len(suffix)] if text.lower().endswith(suffix) else text
    stem = stem.lstrip(" .+-@'").rstrip(" .")[: FILENAME_LIMIT - len(suffix)] or "document"
    if stem.split(".")[0].strip().upper() in DEVICES:
        stem = f"file-{stem}"
    return f"{stem}{suffix}"


def _joins(text: str, index: int) -> bool:
    """A joiner or non-joiner between two letters of Arabic or Indic script, which spells the name."""
    if text[index] not in "\u200c\u200d" or not 0 < index < len(text) - 1:
        return False
    return all("\u0600" <= char <= "\u0dff" for char in (text[index - 1], text[index + 1]))
