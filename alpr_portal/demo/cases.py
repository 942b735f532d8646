"""What the demo's officers search for and how they put it: ordinary cases, doubtful ones, and ones that are refused."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A reason to search. ``often``: how often it is drawn; the screen and the rules say what becomes of it.

    ``asks``: "plate" (all of it), "part" (with wildcards), "place" (an area, a make and a colour for some hours).
    """

    often: int
    purpose: str
    offence: str
    facts: str
    need: str
    asks: str = "plate"
    document: str = ""
    outside: bool = False


INVESTIGATES = "I am assigned to this case and look for the vehicle"
RESPONDS = "I responded to this call and follow the vehicle up"
ASSISTS = "I assist the assigned investigator with the vehicle"

CASES = (
    Case(9, "violent_crime", "211 PC", "Armed robbery of a shop at {street}; the clerk gave the plate of the {colour} {make} they fled in", INVESTIGATES),
    Case(9, "violent_crime", "245(a)(2) PC", "Shots fired from a {colour} {make} at {street}, two casings found; a witness took down the plate", INVESTIGATES),
    Case(5, "violent_crime", "215(a) PC", "Carjacking at gunpoint at {street}; the victim's own {make} was taken and we look for where it went", RESPONDS),
    Case(4, "violent_crime", "187(a) PC", "Homicide at {street}; video shows the {colour} {make} leaving a minute after the shots", INVESTIGATES),
    Case(4, "violent_crime", "664/187(a) PC", "Attempted murder at {street}; the victim named the driver's {colour} {make}, plate from the report", INVESTIGATES),
    Case(3, "violent_crime", "207 PC", "Kidnapping from {street}; a neighbour saw the victim pushed into a {colour} {make} with this plate", RESPONDS),
    Case(4, "violent_crime", "245(a)(1) PC", "Assault with a bat after a collision at {street}; the suspect drove off in the {colour} {make}", RESPONDS),
    Case(4, "violent_crime", "211 PC", "Robbery series along {street}; video shows part of the plate of a {colour} {make}", INVESTIGATES, "part"),
    Case(3, "violent_crime", "246 PC", "Shooting at an inhabited house at {street}; a {colour} {make} was seen, no plate", INVESTIGATES, "place"),
    Case(8, "burglary", "459 PC", "Burglary of a house at {street}; the doorbell camera shows the {colour} {make} with this plate", INVESTIGATES),
    Case(4, "burglary", "459 PC", "Storage units broken open at {street}; the guard wrote down part of the plate of a {colour} {make}", ASSISTS, "part"),
    Case(2, "burglary", "459 PC", "Smash and grab at {street} by people in a {colour} {make}, plate not readable on the video", INVESTIGATES, "place"),
    Case(4, "grand_theft", "487(a) PC", "Cargo worth over 9,000 dollars taken at {street}; the dispatcher has the plate of the {colour} {make}", INVESTIGATES),
    Case(2, "grand_theft", "487(d)(1) PC", "A car was taken at {street} and found stripped; the {colour} {make} followed it on video", ASSISTS),
    Case(5, "missing_or_at_risk_person", "", "Missing person at risk, 74, has dementia; left {street} this morning in the family's {colour} {make}", RESPONDS),
    Case(3, "missing_or_at_risk_person", "", "Missing juvenile, 14; last seen at {street} getting into a {colour} {make}", RESPONDS),
    Case(3, "witness_locate", "", "The driver of this {colour} {make} saw the shooting at {street} and left before officers came", INVESTIGATES),
    Case(3, "court_order", "", "The warrant covers the movements of this {colour} {make} since the robbery at {street}", INVESTIGATES, "plate", "Superior Court of Alameda County, search warrant 26-{serial}"),
    # wait for a supervisor
    Case(6, "grand_theft", "10851(a) VC", "Vehicle taken from {street} without consent; the owner reported the {colour} {make} this morning", RESPONDS),
    Case(2, "violent_crime", "647(b) PC; 236.1(a) PC", "A person was forced to work at {street}; the {colour} {make} brings and fetches the victim each night", ASSISTS),
    Case(2, "violent_crime", "20001(a) VC", "Hit and run with injury at {street}; a bystander gave the plate of the {colour} {make}", RESPONDS),
    Case(1, "violent_crime", "245(a)(2) PC", "Shots fired at the end of a protest march at {street}; the {colour} {make} left at speed with this plate", INVESTIGATES),
    Case(1, "burglary", "459 PC", "Burglary of a church at {street} on Sunday; the sexton took down the plate of a {colour} {make}", INVESTIGATES),
    Case(1, "grand_theft", "487(a) PC", "A federal agency asked about the {colour} {make} seen at {street}, in a theft of cargo", ASSISTS),
    Case(1, "violent_crime", "9999 PC", "Criminal threats with a knife at {street} by the driver of a {colour} {make}; the code is the dispatcher's", RESPONDS),
    # refused
    Case(3, "violent_crime", "25850 PC", "A loaded handgun was reported in the {colour} {make} parked at {street}", RESPONDS),
    Case(2, "grand_theft", "594 PC", "A fence at {street} was painted over; the {colour} {make} stood beside it", RESPONDS),
    Case(1, "violent_crime", "211 PC", "ICE asked where the {colour} {make} of a man with an old robbery case is parked at night", ASSISTS),
    Case(1, "missing_or_at_risk_person", "", "My ex-wife drives this {colour} {make} and does not answer my calls", "I want to know where she is"),
    Case(1, "violent_crime", "245(a)(2) PC", "Shooting at {street}; the detective of another city asks for the {colour} {make}", ASSISTS, "plate", "", True),
)  # fmt: skip

APPROVALS = (
    "Read the report; the vehicle is tied to the offence and the offence serves a listed purpose.",
    "Spoke with the officer. The facts stand by themselves and nobody outside asked for it.",
    "The word means something else here: it names the place. The case is real and assigned.",
    "Taken by force according to the report, so it is a violent crime.",
)
DENIALS = (
    "The report names an offence that is none of the purposes. Search again if the investigation shows another.",
    "The facts do not tie this vehicle to the offence. Add what does, and state it again.",
    "A request by another agency goes to the request desk, not through us.",
)
