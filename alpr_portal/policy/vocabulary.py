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
    ANNUAL_REPORT = "annual_report", "Annual report"


class RecordClass(Listed):
    """K.report: the classes of records by which they are kept, held and disposed of."""

    QUERY = "query", "Query records"
    SHARING = "sharing", "Sharing records"
    HOT_LIST = "hot_list", "Hot-list records"
    TRAINING = "training", "Training records"
    AUDIT = "audit", "Audit records"


class IntakeKind(Listed):
    """J, C.3.b: files of rows that are taken in whole or not at all."""

    ROSTER = "roster", "Roster of completions"
    PERSONNEL = "personnel", "Leavers and transfers"


class ListKind(Listed):
    """C.2.A.1: the hot lists that may be used, and no others."""

    SVS = "svs", "Stolen Vehicle System"
    NCIC = "ncic", "NCIC"
    CA_DOJ = "ca_doj", "CA DOJ"
    AMBER = "amber", "Amber alerts"
    SILVER = "silver", "Silver alerts"
    BOLO = "bolo", "BOLO of the Department"


class Feed(Listed):
    """C.2.B.1, C.2.B.2: where a list's plates come from."""

    FILE = "file", "Files of its source"
    MEMBERS = "members", "Entries that members propose"


class ListFormat(Listed):
    """C.2.B.1: how the rows of a list's files are cut into columns."""

    DELIMITED = "delimited", "Delimited"
    FIXED = "fixed", "Fixed width"


class Via(Listed):
    """C.2.B.1: how a list's file came in."""

    FOLDER = "folder", "Drop folder"
    UPLOAD = "upload", "Upload"
    COMMAND = "command", "Command"


class RefreshOutcome(Listed):
    """C.2.B.1: what became of a list's file."""

    APPLIED = "applied", "Replaced the list"
    HELD = "held", "Held for a person"
    REFUSED = "refused", "Refused, the old list stays"


class Watched(Listed):
    """C.2.B.2: what an entry looks for."""

    PLATE = "plate", "Plate"
    PARTIAL = "partial", "Part of a plate"
    VEHICLE = "vehicle", "Vehicle without a plate"


class Confidentiality(Listed):
    """C.2.B.2: who sees an entry, besides those who decide and those who audit, and who sees its hits."""

    DEPARTMENT = "department", "Everybody who works hits"
    UNIT = "unit", "The unit that asked for it"


class EndedBecause(Listed):
    """C.2.B.2: why an entry ended before its time."""

    FOUND = "found", "Vehicle or person found"
    CLEARED = "cleared", "Case cleared or closed"
    ERROR = "error", "Entered in error"
    OTHER = "other", "Other, see the note"


class Match(Listed):
    """B.1: how a read and a list's plate match; only the first one alerts."""

    EXACT = "exact", "Exact"
    STATE = "state", "Same plate of another state"
    LOOKALIKE = "lookalike", "Look-alike characters"
    PARTIAL = "partial", "Part of a plate"


class Seen(Listed):
    """C.2.A: what came of one comparison with the vehicle."""

    YES = "yes", "Matches"
    NO = "no", "Does not match"
    NOT_POSSIBLE = "not_possible", "Not possible"


class CletsResult(Listed):
    """C.2.A: what the CLETS inquiry answered."""

    CONFIRMED = "confirmed", "Confirms the listing"
    NO_RECORD = "no_record", "No record, or cleared"
    OTHER = "other", "Other, see the note"


class Closing(Listed):
    """C.2.A: how a hit ended."""

    STOP = "stop", "Vehicle stopped"
    MISREAD = "misread", "Plate misread"
    WRONG_STATE = "wrong_state", "Wrong state"
    CLEARED = "cleared", "Entry cleared"
    DUPLICATE = "duplicate", "Duplicate"
    NOT_LOCATED = "not_located", "Vehicle not located"
    FOLLOW_ONLY = "follow_only", "Followed only"


class Disposition(Listed):
    """C.2.A.2: the disposition codes of a stop."""

    ARREST = "arrest", "Arrest"
    CITATION = "citation", "Citation"
    RECOVERY = "recovery", "Vehicle recovered"
    PERSON_FOUND = "person_found", "Missing person found"
    REPORT = "report", "Report taken"
    RELEASED = "released", "Released, no action"


class StopOutcome(Listed):
    """C.2.A.2: what is counted of a stop; people are counted, never named."""

    STOPPED = "stopped", "People stopped"
    ARRESTED = "arrested", "People arrested"
    CITED = "cited", "People cited"
    RELEASED = "released", "People released"
    FOUND = "found", "Missing people found"
    FIREARMS = "firearms", "Firearms recovered"
    VEHICLES = "vehicles", "Vehicles recovered"


class PackFormat(Listed):
    """A.1: the file formats that vehicle readers take a list in."""

    CSV = "csv", "CSV"
    BOSS = "boss", "PIPS BOSS"
    GENETEC = "genetec", "Genetec"


class HoldGround(Listed):
    """G.1 to G.3: the only grounds on which reads are kept past their 720 hours."""

    ACTIVE_INVESTIGATION = "active_investigation", "Active criminal investigation"
    MISSING_OR_AT_RISK_PERSON = "missing_or_at_risk_person", "Missing or at-risk person investigation"
    LEGAL_OBLIGATION = "legal_obligation", "Legal obligation of another agency or a prosecutor"


class HoldScope(Listed):
    """G: what a hold was asked from."""

    READS = "reads", "Chosen reads of a search"
    QUERY = "query", "Everything a search of a plate and a window finds"
    HIT = "hit", "What a hit saw"


class ReadFault(Listed):
    """G: what is wrong with a read."""

    MISREAD = "misread", "Plate misread"
    WRONG_STATE = "wrong_state", "Wrong state"
    NO_PLATE = "no_plate", "No plate at all"
    WRONG_PLACE = "wrong_place", "Wrong camera or place"
    WRONG_TIME = "wrong_time", "Wrong time"


class CorrectionGround(Listed):
    """G: what a decision about a read that was reported wrong rests on."""

    PICTURE = "picture", "Its picture shows it"
    SOURCE = "source", "The camera or its source shows it"
    RECORD = "record", "Another record shows it"
    UNCLEAR = "unclear", "It cannot be told"
