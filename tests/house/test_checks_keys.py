"""G: production does not start with the images' keys among the images."""

from __future__ import annotations

import pytest

from alpr_portal import checks


@pytest.mark.parametrize(
    ("keys", "production", "refused"),
    [("/data/keys", True, True), ("/data", True, True), ("/keys", True, False), ("/data/keys", False, False)],
)
def test_where_the_keys_may_lie(settings, keys, production, refused):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR, settings.PRODUCTION = "/data", keys, production
    assert [error.id for error in checks.keys_apart(None)] == ["alpr.E002"] * refused


@pytest.mark.parametrize(
    ("key", "production", "refused"),
    [
        ("ZmljdGlvbmFsLWtleS10aGF0LXNpZ25zLWEtcGFjay0=", True, []),
        ("DEVELOPMENT", False, []),
        ("DEVELOPMENT", True, ["alpr.E006"]),
        ("eA==", False, ["alpr.E005"]),
        ("no base64", True, ["alpr.E005"]),
    ],
)
def test_what_signs_list_files(settings, key, production, refused):
    settings.PACK_KEY = settings.DEVELOPMENT_KEY if key == "DEVELOPMENT" else key
    settings.PRODUCTION = production
    assert [error.id for error in checks.pack_key(None)] == refused
