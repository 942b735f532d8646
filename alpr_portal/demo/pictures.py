"""Images of the demo's reads, drawn by code: the rear of a car with its plate, by day or by night."""

from __future__ import annotations

import io
import random
from datetime import datetime
from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .vehicles import Vehicle

WIDE, HIGH, SMALL = 640, 400, 8
BRIGHTER = [min(255, round(value * 1.22)) for value in range(256)] * 3
PAINT = {
    "white": (226, 228, 230), "black": (34, 35, 38), "gray": (112, 116, 120), "silver": (176, 180, 184),
    "blue": (46, 78, 140), "red": (150, 38, 38), "green": (44, 92, 62), "brown": (96, 68, 48), "gold": (176, 148, 84),
    "orange": (198, 104, 36), "": (140, 142, 145),
}  # fmt: skip
TALL = {"suv": 1.22, "van": 1.45, "pickup": 1.1, "hatchback": 1.06}  # against a sedan

Colour = tuple[int, int, int]


def draw_picture(vehicle: Vehicle, plate: str, camera: str, moment: datetime) -> bytes:
    """A JPEG of 640 × 400. ``plate``: as it was read; ``moment``: on Oakland's clock, which decides day or night."""
    night = not 7 <= moment.hour < 18
    draw_of = random.Random(f"{vehicle.plate} {moment}")  # noqa: S311 - the demo is the same each time
    image = Image.new("RGB", (WIDE, HIGH))
    draw = ImageDraw.Draw(image)
    _street(draw, night, draw_of)
    left, top = 175 + draw_of.randint(-45, 45), 96 + draw_of.randint(-14, 14)
    _car(draw, vehicle, plate, night, left, top)
    if night:
        image = _glow(image, left, top)
    image = image.filter(ImageFilter.SMOOTH)
    _caption(image, f"DEMO  {camera}  {moment:%Y-%m-%d %H:%M:%S %Z}")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=72)
    return out.getvalue()


def _street(draw: ImageDraw.ImageDraw, night: bool, draw_of: random.Random) -> None:
    sky, road = ((16, 19, 27), (30, 31, 35)) if night else ((176, 194, 208), (104, 106, 108))
    draw.rectangle((0, 0, WIDE, 150), sky)
    for _ in range(7):
        x, high, wide = draw_of.randint(-40, WIDE), draw_of.randint(40, 120), draw_of.randint(50, 130)
        shade = draw_of.randint(20, 40) if night else draw_of.randint(120, 165)
        draw.rectangle((x, 150 - high, x + wide, 150), (shade, shade, shade + 6))
    draw.rectangle((0, 150, WIDE, HIGH), road)
    line = (90, 88, 70) if night else (214, 210, 190)
    draw.polygon(((40, HIGH), (62, HIGH), (232, 150), (226, 150)), line)
    draw.polygon(((WIDE - 62, HIGH), (WIDE - 40, HIGH), (414, 150), (408, 150)), line)


def _car(draw: ImageDraw.ImageDraw, vehicle: Vehicle, plate: str, night: bool, left: int, top: int) -> None:
    paint = dim(PAINT.get(vehicle.colour, PAINT[""]), 0.42 if night else 1.0)
    dark, glass = dim(paint, 0.55), (18, 22, 28) if night else (58, 70, 80)
    tall = TALL.get(vehicle.body, 1.0)
    roof, right, floor = round(top - 60 * (tall - 1)), left + 290, top + 205
    draw.ellipse((left - 18, floor - 6, right + 18, floor + 34), (12, 12, 14))
    for x in (left + 10, right - 58):
        draw.rounded_rectangle((x, floor - 40, x + 48, floor + 18), 8, (20, 20, 22))
    draw.polygon(((left + 46, roof), (right - 46, roof), (right - 10, top + 84), (left + 10, top + 84)), paint)
    draw.rounded_rectangle((left, top + 74, right, floor), 20, paint)
    if vehicle.body == "pickup":
        draw.rectangle((left + 14, top + 84, right - 14, top + 96), dark)
    draw.polygon(
        ((left + 60, roof + 12), (right - 60, roof + 12), (right - 34, top + 68), (left + 34, top + 68)), glass
    )
    lamp = (236, 48, 40) if night else (150, 26, 26)
    for x in (left + 8, right - 52):
        draw.rounded_rectangle((x, top + 100, x + 44, top + 130), 6, lamp)
    draw.rounded_rectangle((left + 4, floor - 34, right - 4, floor - 4), 10, dark)
    _plate(draw, plate, vehicle.state, left + 86, top + 112)


def _plate(draw: ImageDraw.ImageDraw, plate: str, state: str, x: int, y: int) -> None:
    draw.rounded_rectangle((x, y, x + 118, y + 54), 5, (238, 240, 238), (90, 92, 94), 2)
    draw.text((x + 59, y + 9), state or "DEMO", (150, 40, 40), font(11), anchor="mm")
    draw.text((x + 59, y + 33), plate, (28, 40, 92), font(23), anchor="mm")


def _glow(image: Image.Image, left: int, top: int) -> Image.Image:
    """Light where the lamps and the plate are; drawn small, because blurring is slow."""
    light = Image.new("RGB", (WIDE // SMALL, HIGH // SMALL))
    draw = ImageDraw.Draw(light)
    for x in (left + 30, left + 260):
        draw.ellipse([part // SMALL for part in (x - 46, top + 70, x + 46, top + 160)], (120, 20, 14))
    draw.ellipse([part // SMALL for part in (left + 76, top + 92, left + 214, top + 186)], (62, 62, 58))
    soft = light.filter(ImageFilter.GaussianBlur(3)).resize(image.size, Image.Resampling.BILINEAR)
    return Image.blend(image, soft, 0.22).point(BRIGHTER)


def _caption(image: Image.Image, text: str) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, HIGH - 22, WIDE, HIGH), (0, 0, 0))
    draw.text((8, HIGH - 11), text, (240, 240, 240), font(13), anchor="lm")


def dim(colour: Colour, factor: float) -> Colour:
    """The colour with less light."""
    red, green, blue = (round(part * factor) for part in colour)
    return red, green, blue


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own letters; no file of the machine."""
    return ImageFont.load_default(size)
