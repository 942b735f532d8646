"""The closed lists of the order. A value that is not here does not exist; adding one is a decision with a clause."""

from __future__ import annotations

from enum import StrEnum


class Listed(StrEnum):
    """One value of a closed list: ``value`` is what is stored and sent, ``label`` what people read."""

    label: str

    def __new__(cls, value: str, label: str) -> Listed:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def says(cls, value: str) -> str:
        """The label of a stored value; KeyError where it is none of the list."""
        return dict(cls.choices())[value]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


class Purpose(Listed):
    """C.2.B: the five purposes of a historical search, and the court's paper."""

    MISSING_OR_AT_RISK_PERSON = "missing_or_at_risk_person", "Missing or at-risk person"
    WITNESS_LOCATE = "witness_locate", "Locating a witness"
    BURGLARY = "burglary", "Burglary"
    GRAND_THEFT = "grand_theft", "Grand theft"
    VIOLENT_CRIME = "violent_crime", "Violent crime"
    COURT_ORDER = "court_order", "Subpoena, warrant or court order"


class Category(Listed):
    """C.1: who may use the technology; everyone but the first two needs a designation."""

    SWORN = "sworn", "Sworn"
    PST = "pst", "Police Service Technician"
    OTHER = "other", "Other, designated"


class TrainingTopic(Listed):
    """J: the eight topics of department-approved training."""

    LAW = "law", "Applicable federal and state law"
    POLICY = "policy", "Applicable policy"
    EQUIPMENT = "equipment", "Functionality of equipment"
    ACCESSING_DATA = "accessing_data", "Accessing data"
    SAFEGUARDING = "safeguarding", "Safeguarding passwords and data"
    SHARING = "sharing", "Sharing of data"
    REPORTING_BREACHES = "reporting_breaches", "Reporting breaches"
    POST_BREACH = "post_breach", "Post-breach procedures"


class Siting(Listed):
    """C.3.1: why a camera may look where it looks."""

    RIGHT_OF_WAY = "right_of_way", "Public right of way"
    PUBLIC_PLACE = "public_place", "Place open to the public"
    COURT_ORDER = "court_order", "Court order"


class Mount(Listed):
    """A.1: fixed objects or vehicles."""

    FIXED = "fixed", "Fixed"
    VEHICLE = "vehicle", "Vehicle"


class ScreenCategory(Listed):
    """C.3, E: what a screen may find in a text."""

    IMMIGRATION_ENFORCEMENT = "immigration_enforcement", "Immigration enforcement"
    FEDERAL_REQUEST = "federal_request", "Federal or out-of-state request"
    REPRODUCTIVE_CARE = "reproductive_care", "Reproductive health care"
    FIRST_AMENDMENT = "first_amendment", "First Amendment activity"
    PROTECTED_CHARACTERISTIC = "protected_characteristic", "Protected characteristic"
    PERSONAL_USE = "personal_use", "Personal use"
    CIVIL_MATTER = "civil_matter", "Civil matter"
    PERSONAL_DATA = "personal_data", "Personal data in the text"
    VAGUE = "vague", "Says too little"


class Outcome(Listed):
    """What becomes of a search."""

    RUN = "run", "Runs"
    WAIT = "wait", "Waits for a supervisor"
    REFUSE = "refuse", "Refused"


class AccountStep(Listed):
    """F.1, K.login: what two people decide about an account."""

    JOIN = "join", "A new member"
    ROLE = "role", "More roles"
    CATEGORY = "category", "Another category"
    REOPEN = "reopen", "Open a closed account again"
    FACTOR = "factor", "Remove a lost second factor"


class ClosedBecause(Listed):
    """C.3.b: why an account was closed."""

    LEFT = "left", "Left the Department"
    TRANSFERRED = "transferred", "Transferred, needs it no more"
    UNUSED = "unused", "Not used for 90 days"
    REVIEW = "review", "Not confirmed in the yearly review"
    OTHER = "other", "Other, see the note"


class PublicationKind(Listed):
    """L.1, K: the documents that the department publishes in versions."""

    ORDER = "order", "The order"
    GUIDELINES = "guidelines", "Guidelines"
    TRANSFER_PROTOCOL = "transfer_protocol", "Data transfer protocol"
    TRAINING_MATERIAL = "training_material", "Training material"


class IntakeKind(Listed):
    """J, C.3.b: files of rows that are taken in whole or not at all."""

    ROSTER = "roster", "Roster of completions"
    PERSONNEL = "personnel", "Leavers and transfers"
