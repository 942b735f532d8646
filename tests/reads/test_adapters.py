"""Whatever a source sends becomes reads in one form, or an answer that says which read is wrong and why."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads.adapters import ADAPTERS, ItemFault, Limits, NormalRead
from reads.openapi import DOCUMENT, FORMATS
from tests.corpus import outcome

from .messages import (
    AXIS,
    FLOCK,
    FRAME,
    FULL,
    GENETEC,
    GROUP,
    MS,
    OWN,
    PNG,
    THEN,
    V1,
    V2,
    b64,
    codes,
    one,
    parse,
    stream,
)

WHOLE = {
    "portal": FULL,
    "openalpr": GROUP,
    "platerecognizer": stream(V1),
    "flock": FLOCK,
    "genetec": GENETEC,
    "axis": AXIS,
}


class TestOurOwnFormat:
    def test_every_field_arrives_in_our_words(self):
        assert one("portal", [FULL]) == NormalRead(
            plate_seen="8abc-123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=-420,
            camera="cam-1",
            external_id="7f3",
            state="CA",
            confidence=0.93,
            lat=37.8044,
            lon=-122.2712,
            direction="N",
            make="honda",
            model="cr-v",
            colour="silver gray",
            body="suv",
            images=(PNG,),
            kinds=("overview",),
        )

    def test_a_bad_read_does_not_sink_the_good_ones_and_is_named_by_its_place(self):
        parsed = parse("portal", {"batch": "b-7", "reads": [OWN, {**OWN, "plate": ""}, 5, {**OWN, "plate": "9XYZ999"}]})
        assert codes(parsed) == ["8ABC123", "plate.empty", "json.shape", "9XYZ999"]
        assert [item.index for item in parsed.items if isinstance(item, ItemFault)] == [1, 2]
        assert parsed.items[1].as_json() == {
            "index": 1,
            "code": "plate.empty",
            "field": "plate",
            "message": "Plate: enter at least one letter or digit.",
        }
        assert parsed.batch_id == "b-7"

    def test_without_an_id_the_same_read_gets_the_same_one_and_another_read_another(self):
        ids = [
            one("portal", [OWN | change]).external_id
            for change in ({}, {"confidence": 0.5}, {"plate": "8ABC 123"}, {"plate": "8ABC124"}, {"camera": "cam-2"})
        ]
        assert ids[0] == ids[1] == ids[2]
        assert len(set(ids)) == 3
        assert one("portal", [OWN | {"captured_at": "2026-06-15T11:59:58Z"}]).external_id == ids[0]
        assert one("portal", [OWN | {"captured_at": "2026-06-15T11:59:59Z"}]).external_id != ids[0]

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"uploaded_at": "2099-01-01T00:00:00Z"}, "field.unknown", ""),
            ({"image_url": "https://example.com/a.png"}, "field.unknown", ""),
            ({"driver": "a person"}, "field.unknown", ""),
            ({"vehicle": {"owner": "a person"}}, "field.unknown", ""),
            ({"vehicle": "Honda"}, "json.shape", "vehicle"),
            ({"vehicle": {"make": 7}}, "text.type", "vehicle.make"),
            ({"vehicle": {"make": "a" * 41}}, "text.too_long", "vehicle.make"),
            ({"plate": None}, "plate.type", "plate"),
            ({"captured_at": "2026-06-15T11:59:58"}, "time.no_offset", "captured_at"),
            ({"captured_at": "2026-06-07T11:59:58Z"}, "time.too_old", "captured_at"),
            ({"captured_at": "2026-06-15T12:05:01Z"}, "time.future", "captured_at"),
            ({"camera": None}, "field.missing", "camera"),
            ({"camera": ["cam"]}, "text.type", "camera"),
            ({"camera": "cam\n1"}, "text.control", "camera"),
            ({"id": "a" * 129}, "text.too_long", "id"),
            ({"state": "ZZ"}, "state.unknown", "state"),
            ({"state": 5}, "state.unknown", "state"),
            ({"confidence": 93}, "confidence.range", "confidence"),
            ({"location": [-122.2712, 37.8044]}, "geo.range", "location"),
            ({"location": [34.05, -118.24]}, "geo.outside", "location"),
            ({"direction": "up"}, "direction.unknown", "direction"),
            ({"direction": -1}, "direction.unknown", "direction"),
            ({"image": "https://example.com/a.png"}, "image.type", "image"),
            ({"image": b64(b"GIF89a")}, "image.type", "image"),
            ({"image": ""}, "image.empty", "image"),
            ({"image": 5}, "image.type", "image"),
            ({"image": f"{b64(PNG)[:4]}!{b64(PNG)[4:]}"}, "image.type", "image"),
        ],
    )
    def test_what_is_refused(self, change, code, field):
        (fault,) = parse("portal", [OWN | change]).items
        assert (fault.code, fault.field) == (code, field)

    @pytest.mark.parametrize("name", ["plate", "captured_at", "camera"])
    def test_what_is_missing_is_named_after_what_is_bad(self, name):
        left = {key: value for key, value in OWN.items() if key != name}
        (missing,) = parse("portal", [left]).items
        (bad,) = parse("portal", [left | {"confidence": 7}]).items
        assert (missing.code, missing.field, bad.code) == ("field.missing", name, "confidence.range")

    @pytest.mark.parametrize(
        ("said", "point"),
        [
            ("n", "N"),
            ("Southwest", "SW"),
            ("north-east", "NE"),
            (0, "N"),
            (22.4, "N"),
            (23, "NE"),
            (359, "N"),
            ("", ""),
        ],
    )
    def test_directions_become_points_of_the_compass(self, said, point):
        assert one("portal", [OWN | {"direction": said}]).direction == point

    @pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
    def test_only_json_is_read(self, content_type):
        assert outcome(parse, "portal", [OWN], None, content_type) == ("reject", "media_type")

    def test_a_character_set_may_be_named(self):
        assert codes(parse("portal", [OWN], None, "Application/JSON; charset=utf-8")) == ["8ABC123"]


NAMES = sorted(
    {
        *(*FULL, *GROUP, *FRAME, *GROUP["vehicle"], *V1, *V2, *stream()["data"], "props", "value", "name", "data"),
        *(*FLOCK, *FLOCK["ocr"], *GENETEC, *GENETEC["Attributes"], *AXIS, *AXIS["geotag"], "SerialNumber"),
    }
)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES |= st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
LEAVES |= st.sampled_from(
    ["8abc123", "2026-06-15T11:59:58Z", "us-ca", MS, str(MS), "cam-1", "15/06/2026", "11:59:58", "93", "lost", "new"]
)
MESSAGES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=15,
)


class TestEveryAdapter:
    @pytest.mark.parametrize("name", sorted(WHOLE))
    @given(MESSAGES, st.data())
    def test_anything_is_reads_faults_or_a_bad_input(self, name, message, data):
        whole = WHOLE[name]
        if data.draw(st.booleans()):
            change = data.draw(st.dictionaries(st.sampled_from(sorted(whole)), MESSAGES, min_size=1, max_size=3))
            message = [whole | change]
        kind, found = outcome(parse, name, message)
        if kind == "reject":
            assert found.partition(".")[0] in {"json", "batch", "field", "text", "number"}
            return
        for item in found.items:
            assert isinstance(item, ItemFault) or (item.plate and item.camera and item.external_id)

    @pytest.mark.parametrize("name", sorted(WHOLE))
    def test_a_malformed_body_sinks_whole(self, name):
        for body, code in (
            (b"[{", "json.syntax"),
            (b'{"a":1,"a":1}', "json.duplicate_key"),
            (b"\xff", "json.encoding"),
        ):
            assert outcome(parse, name, body) == ("reject", code)

    def test_a_thousand_messages_and_no_more(self):
        assert len(parse("openalpr", [{**FRAME, "results": FRAME["results"][:1]}] * 1000).items) == 1000
        assert outcome(parse, "openalpr", [FRAME] * 501) == ("reject", "batch.too_many")

    @pytest.mark.parametrize("name", sorted(WHOLE))
    def test_the_source_limits_how_late_a_read_may_come(self, name):
        body = json.dumps([OWN] if name == "portal" else WHOLE[name]).encode()

        def read(oldest):
            limits = Limits(oldest=oldest)
            return codes(
                ADAPTERS[name].read(body, "application/json", None, now=THEN + timedelta(hours=30), limits=limits)
            )

        assert read(timedelta(hours=24)) == ["time.too_old"]
        assert read(timedelta(days=7)) in (["8ABC123"], ["7ABC123"])

    def test_a_read_has_no_place_for_a_person(self):
        assert set(NormalRead.__struct_fields__) == {
            *("plate_seen", "plate", "state", "confidence", "captured_at", "offset_minutes", "camera", "external_id"),
            *("lat", "lon", "direction", "make", "model", "colour", "body", "images", "kinds"),
        }

    def test_an_adapter_is_known_by_its_name(self):
        assert all(adapter.name == name and adapter.label for name, adapter in ADAPTERS.items())
        assert set(ADAPTERS) == {*WHOLE, "platerecognizer_csv", "generic_csv"}

    def test_every_format_is_described_at_the_door_and_in_the_papers(self):
        paper = (Path(__file__).resolve().parents[2] / "docs" / "deployment.md").read_text(encoding="utf-8")
        told = DOCUMENT["paths"]["/api/v1/reads"]["post"]["x-formats"]
        assert [(one["name"], one["label"]) for one in told] == [(a.name, a.label) for a in ADAPTERS.values()]
        assert set(FORMATS) == set(ADAPTERS)
        for adapter in ADAPTERS.values():
            assert f"| {adapter.label} (`{adapter.name}`) |" in paper

    def test_a_fault_is_told_without_the_value(self):
        (fault,) = parse("portal", [OWN | {"plate": "8ABC'123"}]).items
        assert "8ABC" not in fault.message
        with pytest.raises(BadInput) as caught:
            parse("portal", [])
        assert caught.value.code == "batch.empty"
