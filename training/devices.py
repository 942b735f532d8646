"""A browser's own words about itself, in two that a person understands."""

from __future__ import annotations

# The first word that is found wins: most browsers also name the ones they descend from.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(said: str) -> str:
    """``Chrome on Windows``; what it said, shortened, where neither is known; "unknown" for nothing."""
    browser = next((name for word, name in BROWSERS if word in said), "")
    system = next((name for word, name in SYSTEMS if word in said), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or said[:40] or "unknown"
