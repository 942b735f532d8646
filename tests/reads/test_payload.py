"""A body is refused for what readers of JSON forgive in silence, whatever it holds, and read exactly otherwise."""

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads.adapters import ADAPTERS, Limits
from reads.payload import DEPTH, MOST_READS, envelope, items, load, scan
from tests.corpus import bad_inputs, outcome

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
TOKENS = st.lists(
    st.sampled_from(
        [
            *(
                b"[",
                b"]",
                b"{",
                b"}",
                b":",
                b",",
                b'"',
                b"\\",
                b'"a"',
                b'"\\""',
                b'"\\\\"',
                b'":"',
                b'"[{"',
                b'"\\u00e9"',
            ),
            *(
                b'"\\ud83d\\ude00"',
                b'"\\ud800"',
                b'"\\u0000"',
                b'"\\\\u0000"',
                b'"\\ude00\\ud83d"',
                b"1",
                b"-0",
                b"1.5",
            ),
            *(b"1e5", b"1e400", b"9223372036854775808", b"9223372036854775807", b"NaN", b"Infinity", b"true", b"null"),
            *(
                b" ",
                b"\n",
                b"\t",
                b"\0",
                b"\x01",
                b"\xff",
                b"\xc3\xa9",
                b"\xef\xbb\xbf",
                b'"a":1',
                b'"a" :2',
                b'"b":[]',
            ),
        ]
    ),
    max_size=14,
).map(b"".join)


class Bad(Exception):  # noqa: N818 - read as a sentence: "raise Bad"
    """What the plain reader below refuses."""


def plainly(body):
    """The body read by the standard library, made strict one rule at a time."""

    def refuse(*_):
        raise Bad

    def whole(digits):
        number = int(digits) if len(digits) < 25 else refuse()
        return number if -(2**63) <= number < 2**63 else refuse()

    def real(digits):
        return float(digits) if math.isfinite(float(digits)) else refuse()

    def members(pairs):
        return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse()

    try:
        value = json.loads(
            body.decode(), parse_constant=refuse, parse_int=whole, parse_float=real, object_pairs_hook=members
        )
        texts = json.dumps(value, ensure_ascii=False)
        texts.encode()
    except (ValueError, RecursionError) as fault:
        raise Bad from fault
    if "\\u0000" in texts.replace("\\\\", "") or deepest(value) > DEPTH:
        raise Bad
    return value


def deepest(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(deepest, inner), default=0)


def same(body):
    """Whether the scan and the plain reader agree: on the value, or that there is none."""
    try:
        expected = plainly(body)
    except Bad:
        expected = Bad
    kind, found = outcome(load, body)
    if expected is Bad:
        return kind == "reject" and found.startswith(("json.", "number.", "text."))
    return kind == "take" and found == expected and type(found) is type(expected)


class TestAgainstThePlainReader:
    @given(VALUES, st.booleans(), st.sampled_from([None, 1]))
    def test_what_is_well_formed_is_read_exactly(self, value, ascii_only, indent):
        assert same(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())

    @given(VALUES, st.binary(max_size=3), st.integers(0, 60), st.integers(0, 3))
    def test_a_body_with_bytes_changed(self, value, put, place, taken):
        body = json.dumps(value).encode()
        assert same(body[:place] + put + body[place + taken :])

    @given(TOKENS)
    def test_pieces_of_json_in_any_order(self, body):
        assert same(body)

    @given(st.lists(TOKENS, max_size=3), st.sampled_from([b"[%s]", b'{"a":%s}', b'[{"a":1,"b":%s}]']))
    def test_pieces_of_json_in_a_frame(self, pieces, frame):
        assert same(frame % b",".join(pieces))

    @given(st.binary(max_size=40))
    def test_any_bytes(self, body):
        assert same(body)


class TestScan:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "json.syntax"),
            (b"[1]]", "json.syntax"),
            (b"]" + b"[" * 20, "json.syntax"),
            (b'[Na"x"N]', "json.syntax"),
            (b"[1]\0", "json.encoding"),
            (b'["\\u0000"]', "text.control"),
            (b'["\\\\u0000"]', None),
            (b'["\\ud800"]', "json.encoding"),
            (b'["\\ud83d\\\\\\ude00"]', "json.encoding"),
            (b'["\\ud83d\\ude00"]', None),
            (b'["\xed\xa0\x80"]', "json.encoding"),
            ("[]".encode("utf-16"), "json.encoding"),
            (b"[9223372036854775808]", "number.range"),
            (b"[-9223372036854775808]", None),
            (b"[123456789012345678901234567890.5]", None),
            (b'["123456789012345678901234567890"]', None),
            (b"[" + b"1" * 400 + b".0]", "json.not_finite"),
            (b"[-Infinity]", "json.not_finite"),
            (b'["NaN", "1e400", "[[[[[[[[["]', None),
            (b'{"a":{"b":1,"b":1}}', "json.duplicate_key"),
            (b'{"a":1,"\\u0061":1}', "json.duplicate_key"),
            (b'{"a":"b:c","d" : ":"}', None),
            (b"[" * 8 + b"]" * 8, None),
            (b"[" * 9 + b"]" * 9, "json.too_deep"),
            (b'{"a":' * 9 + b"1" + b"}" * 9, "json.too_deep"),
            (b"[" * 9, "json.too_deep"),
            (b"[" * 8, "json.syntax"),
            (b"[" * 2_000_000, "json.too_deep"),
            (b"[]," * 700_000, "json.syntax"),
        ],
    )
    def test_what_is_refused_and_what_is_not(self, body, code):
        assert outcome(scan, body) == (("reject", code) if code else ("take", None))

    def test_a_body_may_have_so_many_bytes_and_no_more(self):
        assert outcome(scan, b"[" + b" " * 2_621_438 + b"]") == ("take", None)
        assert outcome(scan, b"[" + b" " * 2_621_439 + b"]") == ("reject", "body.too_large")

    def test_the_refusal_names_the_body_and_the_remedy_and_shows_none_of_it(self):
        with pytest.raises(BadInput, match=r"^Body: it names a key twice .* Send each key once") as caught:
            scan(b'{"8ABC123":1,"8ABC123":2}')
        assert caught.value.field == "body"
        assert "8ABC123" not in caught.value.message


class TestEnvelope:
    def test_a_list_or_an_object_with_a_batch(self):
        assert items(b"[1,2]") == [1, 2]
        assert envelope({"reads": [1]}) == (None, [1])
        assert envelope({"reads": [1], "batch": " night shift 7 "}) == ("night shift 7", [1])

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ({}, "json.shape"),
            ("text", "json.shape"),
            ({"reads": {}}, "json.shape"),
            ([], "batch.empty"),
            ({"reads": []}, "batch.empty"),
            ([1] * (MOST_READS + 1), "batch.too_many"),
            ({"reads": [1], "uploaded_at": 1}, "field.unknown"),
            ({"reads": [1], "batch": 7}, "text.type"),
            ({"reads": [1], "batch": "a" * 101}, "text.too_long"),
            ({"reads": [1], "batch": "a\nb"}, "text.control"),
        ],
    )
    def test_what_is_no_envelope(self, value, code):
        assert outcome(envelope, value) == ("reject", code)

    def test_a_thousand_reads_are_not_too_many(self):
        assert len(envelope([1] * MOST_READS)[1]) == 1000


@pytest.mark.parametrize("case", bad_inputs("json_payload"))
def test_bad_input_json_payload(case):
    if case.code == "camera.not_yours":
        pytest.skip("whose camera it is, the inventory knows and no payload: proved where reads are stored")
    said = {"plate=": "application/x-www-form-urlencoded", "<?xml ": "application/xml"}
    content_type = said.get(case.value[:6].decode("latin-1"), "application/json")
    kind, found = outcome(ADAPTERS["portal"].read, case.value, content_type, now=NOW, limits=Limits())
    if case.expect == "accept":
        codes = [getattr(item, "code", "stored") for item in found.items]
        assert codes == ["stored", "plate.empty", "stored"], case.note
    elif kind == "take":
        assert {getattr(item, "code", "stored") for item in found.items} == {case.code}, case.note
    else:
        assert (kind, found) == ("reject", case.code), case.note
