"""G: what was sealed opens as it was, and nothing else opens."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.backup import BackupError, seal

pytestmark = pytest.mark.clause("G")
KEY = "ZmljdGlvbmFsLWtleS10aGF0LXNlYWxzLWJhY2t1cHM="


def sealed(data: bytes) -> bytes:
    out = io.BytesIO()
    sealer = seal.Sealer(out)
    for start in range(0, len(data), 700_000):
        sealer.write(data[start : start + 700_000])
    sealer.close()
    return out.getvalue()


def opened(data: bytes) -> bytes:
    opener = seal.Opener(io.BytesIO(data))
    found = b""
    while part := opener.read(300_000):
        found += part
    return found


class TestSeal:
    @pytest.mark.parametrize(
        "size", [0, 1, seal.PIECE - 1, seal.PIECE, seal.PIECE + 1, 2 * seal.PIECE, 3 * seal.PIECE - 5]
    )
    def test_it_opens_as_it_was(self, size):
        data = bytes(n % 251 for n in range(size))
        assert opened(sealed(data)) == data

    def test_the_same_twice_is_not_the_same_sealed(self):
        assert sealed(b"ZQX7K3M") != sealed(b"ZQX7K3M")
        assert b"ZQX7K3M" not in sealed(b"ZQX7K3M")

    WHOLE = None

    @given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def test_a_changed_byte_anywhere_is_noticed(self, place, bit):
        data = TestSeal.WHOLE = TestSeal.WHOLE or sealed(bytes(2 * seal.PIECE + 9))
        changed = bytearray(data)
        changed[int(place * len(data))] ^= 1 << bit
        with pytest.raises(BackupError):
            opened(bytes(changed))

    @pytest.mark.parametrize("cut", [1, 9, 25, 26, seal.PIECE + seal.TAG])
    def test_a_cut_file_is_noticed_also_between_two_pieces(self, cut):
        data = sealed(bytes(2 * seal.PIECE + 9))
        with pytest.raises(BackupError, match="cut off"):
            opened(data[:-cut])

    def test_something_added_is_noticed(self):
        with pytest.raises(BackupError):
            opened(sealed(b"x") + b"y")

    def test_pieces_in_another_order_are_noticed(self):
        data, piece = sealed(bytes(3 * seal.PIECE)), seal.PIECE + seal.TAG
        head, first, second = data[: seal.HEAD], data[seal.HEAD :][:piece], data[seal.HEAD + piece :][:piece]
        with pytest.raises(BackupError, match="was changed"):
            opened(head + second + first + data[seal.HEAD + 2 * piece :])

    def test_another_key_is_told_apart_from_damage(self, settings):
        data = sealed(b"x")
        settings.BACKUP_KEY = KEY
        with pytest.raises(BackupError, match="another BACKUP_KEY"):
            opened(data)

    def test_another_file_is_none(self):
        with pytest.raises(BackupError, match="no backup of the portal"):
            opened(b"PGDMP and so on, longer than the head of ours is")

    @pytest.mark.parametrize("key", ["", "eA==", "no base64"])
    def test_without_a_key_nothing_is_sealed(self, settings, key):
        settings.BACKUP_KEY = key
        with pytest.raises(BackupError, match="BACKUP_KEY is not set here"):
            sealed(b"x")
