"""The vehicles of the demo: invented plates on likely cars, a few of which the searches are about."""

from __future__ import annotations

import random
import string
from typing import NamedTuple

from reads.geo import BOXES

COUNT, COMMUTERS = 18_000, 420
FIRST = "IOQ"  # never the first letter of a California passenger plate
LAST = "".join(letter for letter in string.ascii_uppercase if letter not in FIRST)
LOOKS = {"O": "0", "Q": "O", "I": "1", "B": "8", "S": "5", "Z": "2", "0": "O", "1": "I", "8": "B", "5": "S", "2": "Z"}
COLOURS = ("white", "black", "gray", "silver", "blue", "red", "green", "brown", "gold", "orange")
HOW_MANY_COLOURS = (24, 20, 18, 14, 10, 7, 3, 2, 1, 1)
STATES, HOW_MANY_STATES = ("CA", "NV", "OR", "AZ", "WA", ""), (930, 22, 16, 14, 8, 10)
CATALOGUE = (  # make, model, body, how many
    ("toyota", "camry", "sedan", 90), ("toyota", "corolla", "sedan", 85), ("toyota", "prius", "hatchback", 80),
    ("toyota", "rav4", "suv", 75), ("toyota", "tacoma", "pickup", 60), ("honda", "civic", "sedan", 90),
    ("honda", "accord", "sedan", 85), ("honda", "cr-v", "suv", 70), ("honda", "odyssey", "van", 30),
    ("ford", "f-150", "pickup", 60), ("ford", "explorer", "suv", 40), ("ford", "transit", "van", 35),
    ("chevrolet", "silverado", "pickup", 50), ("chevrolet", "malibu", "sedan", 35), ("chevrolet", "tahoe", "suv", 25),
    ("nissan", "altima", "sedan", 55), ("nissan", "sentra", "sedan", 45), ("nissan", "rogue", "suv", 35),
    ("tesla", "model 3", "sedan", 60), ("tesla", "model y", "suv", 55), ("hyundai", "elantra", "sedan", 40),
    ("kia", "forte", "sedan", 35), ("subaru", "outback", "suv", 35), ("bmw", "3 series", "sedan", 30),
    ("mercedes-benz", "c-class", "sedan", 25), ("volkswagen", "jetta", "sedan", 25), ("dodge", "charger", "sedan", 30),
    ("ram", "1500", "pickup", 25), ("gmc", "sierra", "pickup", 25), ("lexus", "rx", "suv", 25),
    ("mazda", "cx-5", "suv", 25), ("infiniti", "g37", "sedan", 15), ("", "", "", 12),
)  # fmt: skip


class Vehicle(NamedTuple):
    """A car as cameras see it, and the police area it keeps to."""

    plate: str
    state: str
    make: str
    model: str
    colour: str
    body: str
    area: str


# The vehicles that the demo's cases are about; they are on the road every day.
FEATURED = (
    Vehicle("7IKB204", "CA", "infiniti", "g37", "black", "sedan", "3"),
    Vehicle("8OLM518", "CA", "ford", "transit", "white", "van", "1"),
    Vehicle("6QTR330", "CA", "toyota", "prius", "blue", "hatchback", "4"),
    Vehicle("9IBD815", "CA", "dodge", "charger", "red", "sedan", "6"),
    Vehicle("5OSZ021", "NV", "ram", "1500", "gray", "pickup", "5"),
    Vehicle("8QHE877", "CA", "honda", "accord", "silver", "sedan", "2"),
)


def population() -> tuple[list[Vehicle], list[float]]:
    """All vehicles, the featured ones first and the commuters next, and how often each is seen, cumulated."""
    draw = random.Random("vehicles")  # noqa: S311 - the demo is the same each time
    kinds = draw.choices(CATALOGUE, [entry[3] for entry in CATALOGUE], k=COUNT)
    colours = draw.choices(COLOURS, HOW_MANY_COLOURS, k=COUNT)
    states = draw.choices(STATES, HOW_MANY_STATES, k=COUNT)
    found = {vehicle.plate: vehicle for vehicle in FEATURED}
    for (make, model, body, _), colour, state in zip(kinds, colours, states, strict=True):
        plate = new_plate(draw)
        found.setdefault(
            plate, Vehicle(plate, state, make, model, colour if make else "", body, draw.choice(list(BOXES)))
        )
    vehicles = list(found.values())
    total, cumulated = 0.0, []
    for rank in range(len(vehicles)):
        total += (rank + 20) ** -0.72  # a few are seen often, most of them once or twice
        cumulated.append(total)
    return vehicles, cumulated


def new_plate(draw: random.Random) -> str:
    """A number of the demo's form: a digit, one of I, O and Q, two letters, three digits."""
    return (
        f"{draw.randint(3, 9)}{draw.choice(FIRST)}{draw.choice(string.ascii_uppercase)}{draw.choice(LAST)}"
        f"{draw.randint(0, 999):03}"
    )


def misread(plate: str, draw: random.Random) -> str:
    """The plate with one character taken for one that looks like it; as it is where it has none."""
    places = [place for place, char in enumerate(plate) if char in LOOKS]
    if not places:
        return plate
    place = draw.choice(places)
    return plate[:place] + LOOKS[plate[place]] + plate[place + 1 :]
