"""The traps of each vendor's messages: wrappers, units, zones, signs of life, two letters that are no state."""

import json
from datetime import timedelta

import pytest

from reads.adapters import NormalRead
from tests.corpus import outcome

from .messages import FRAME, GROUP, JPEG, MS, THEN, V1, V2, codes, one, parse, stream


class TestOpenALPR:
    def test_a_group_in_our_words(self):
        assert one("openalpr", GROUP) == NormalRead(
            plate_seen="7ABC123",
            plate="7ABC123",
            captured_at=THEN,
            camera="101",
            external_id="A1-101-7",
            state="CA",
            confidence=0.915,
            lat=37.8044,
            lon=-122.2712,
            direction="182",
            make="honda",
            model="civic",
            colour="silver-gray",
            body="sedan-compact",
            images=(JPEG, JPEG + b"2"),
            kinds=("plate", "vehicle"),
        )

    @pytest.mark.parametrize(
        "wrapped",
        [
            {"data_type": "alpr_group", "group": GROUP | {"data_type": None}},
            {"agent": {"uid": "A1"}, "message": {"body": GROUP | {"data_type": None}}},
            {"data_type": "alpr_alert", "epoch_time": MS, "group": GROUP},
            [GROUP],
        ],
    )
    def test_a_group_is_found_in_its_wrapper(self, wrapped):
        assert one("openalpr", wrapped) == one("openalpr", GROUP)

    def test_nothing_of_an_alert_but_its_group_is_kept(self):
        alert = {
            "data_type": "alpr_alert",
            "description": "Jo Doe",
            "alert_list": "Does",
            "group": GROUP | {"user": "Doe"},
        }
        assert "Doe" not in repr(parse("openalpr", alert))

    @pytest.mark.parametrize(
        "message",
        [
            {"data_type": "heartbeat", "video_streams": []},
            {"heartbeat": 1},
            {"openalpr_webhook": "test"},
            GROUP | {"is_preview": True},
        ],
    )
    def test_signs_of_life_tests_and_previews_bring_no_read_and_say_so(self, message):
        parsed = parse("openalpr", message)
        assert parsed.items == []
        assert "nothing to store" in parsed.note

    def test_a_frame_holds_several_plates_under_one_id(self):
        parsed = parse("openalpr", FRAME)
        assert [(read.plate, read.external_id, read.state) for read in parsed.items] == [
            ("7ABC123", "A1-101-8", "CA"),
            ("9XYZ999", "A1-101-8-1", "NV"),
        ]

    def test_a_frame_without_an_id_gets_one_for_each_plate(self):
        ids = [read.external_id for read in parse("openalpr", FRAME | {"uuid": None}).items]
        assert len(set(ids)) == 2
        assert all(id_.startswith("d-") for id_ in ids)

    @pytest.mark.parametrize(
        ("said", "degrees"), [(359.6, "0"), (360, "0"), (360.5, ""), (-1, ""), ("45", ""), (True, "")]
    )
    def test_degrees_in_the_picture(self, said, degrees):
        assert one("openalpr", GROUP | {"travel_direction": said}).direction == degrees

    def test_several_frames_of_one_car_are_kept_apart_by_their_ids_and_the_same_frame_is_the_same(self):
        ids = [parse("openalpr", FRAME | {"uuid": uuid}).items[0].external_id for uuid in ("f-1", "f-2", "f-1")]
        assert ids == ["f-1", "f-2", "f-1"]

    @pytest.mark.parametrize(
        ("country", "region", "state"),
        [
            *(("us", "ca", "CA"), ("us", "us-nv", "NV"), ("eu", "de", ""), ("eu", "eu-de", ""), (None, "ca", "CA")),
            *(("ca", "ca", ""), ("ca", "on", "ON"), ("us", None, ""), ("mx", "mx-nle", "MX"), ("us", 7, "")),
        ],
    )
    def test_two_letters_are_a_state_only_in_our_country(self, country, region, state):
        assert one("openalpr", GROUP | {"country": country, "best_region": region}).state == state

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"best_uuid_epoch_ms": MS // 1000}, "time.too_old"),
            ({"best_uuid_epoch_ms": MS / 7}, "time.type"),
            ({"best_uuid_epoch_ms": None, "epoch_start": None}, "field.missing"),
            ({"best_confidence": 100.1}, "confidence.range"),
            ({"best_plate_number": "", "best_plate": None}, "field.missing"),
            ({"best_plate_number": 7}, "plate.type"),
            ({"camera_id": None}, "field.missing"),
            ({"best_uuid": ["x"]}, "text.type"),
            ({"gps_latitude": 34.05, "gps_longitude": -118.24}, "geo.outside"),
        ],
    )
    def test_what_is_refused(self, change, code):
        assert codes(parse("openalpr", GROUP | change)) == [code]

    @pytest.mark.parametrize("fix", [(0, 0), (-1, -1), (None, None)])
    def test_an_agent_without_gps_says_nothing_of_the_place(self, fix):
        read = one("openalpr", GROUP | {"gps_latitude": fix[0], "gps_longitude": fix[1]})
        assert (read.lat, read.lon) == (None, None)

    def test_what_is_odd_about_vehicle_or_picture_does_not_lose_the_read(self):
        odd = {
            "vehicle": {"color": [7], "make": "x", "make_model": [{"name": ["y"]}]},
            "vehicle_crop_jpeg": "not base64!",
        }
        read = one("openalpr", GROUP | odd | {"overview_jpeg": "https://example.com/a.jpg", "travel_direction": "left"})
        assert (read.make, read.model, read.colour, read.direction, read.kinds) == ("", "", "", "", ("plate",))

    @pytest.mark.parametrize(
        "message", [{}, [], "x", None, [7], {"a": {"b": {"c": {"d": GROUP}}}}, {"data_type": "other"}]
    )
    def test_what_is_none_of_its_messages(self, message):
        if message == []:
            assert parse("openalpr", message).items == []
        else:
            assert outcome(parse, "openalpr", message) == ("reject", "json.shape")


class TestPlateRecognizer:
    @pytest.mark.parametrize("result", [V1, V2])
    def test_both_versions_in_our_words(self, result):
        read = one("platerecognizer", stream(result))
        assert read == NormalRead(
            plate_seen="8abc123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=-420,
            camera="gate-2",
            external_id=read.external_id,
            state="CA",
            confidence=0.902,
            direction="225",
            make="honda",
            model="civic",
            colour="silver",
            body="sedan",
        )

    def test_a_form_brings_the_message_and_the_picture(self):
        text = json.dumps(stream(V1))
        for part in (text, text.encode()):
            read = one("platerecognizer", b"", {"json": part, "upload": JPEG})
            assert (read.plate, read.images, read.kinds) == ("8ABC123", (JPEG,), ("overview",))
        assert one("platerecognizer", b"", {"json": text, "upload": b"GIF89a"}).images == ()
        assert outcome(parse, "platerecognizer", b"", {"upload": JPEG}) == ("reject", "json.shape")

    def test_several_results_of_one_message_are_several_reads(self):
        parsed = parse("platerecognizer", stream(V1, V1 | {"plate": "9xyz999"}, V1 | {"plate": "b\u00e4d"}))
        assert codes(parsed) == ["8ABC123", "9XYZ999", "plate.non_ascii"]
        assert len({read.external_id for read in parsed.items[:2]}) == 2
        assert parse("platerecognizer", stream(V1)).items[0].external_id == parsed.items[0].external_id

    def test_a_vehicle_without_a_plate_is_no_read_and_is_counted(self):
        parsed = parse("platerecognizer", stream(V2, V2 | {"plate": None}, V1 | {"plate": ""}))
        assert codes(parsed) == ["8ABC123"]
        assert parsed.note == "Vehicles without a plate, not stored: 2."

    @pytest.mark.parametrize(
        ("stamp", "local", "captured", "offset"),
        [
            ("2026-06-15T11:59:58Z", None, THEN, 0),
            ("2026-06-15 11:59:58.123456", None, THEN + timedelta(microseconds=123456), None),
            ("2026-06-15 11:59:58", "2026-06-15 04:59:58-07:00", THEN, -420),
            ("2026-06-15T04:59:58-07:00", "2026-06-15 04:59:58", THEN, -420),
            (None, "2026-06-15 04:59:58-07:00", THEN, -420),
        ],
    )
    def test_times_with_and_without_a_zone(self, stamp, local, captured, offset):
        read = one("platerecognizer", stream(V1, timestamp=stamp, timestamp_local=local))
        assert (read.captured_at, read.offset_minutes) == (captured, offset)

    @pytest.mark.parametrize(
        ("code", "state"), [("us-nv", "NV"), ("in", ""), ("ca", ""), ("ca-qc", "QC"), ("mx", "MX"), ("gb", ""), (7, "")]
    )
    def test_two_bare_letters_are_a_country_here(self, code, state):
        assert one("platerecognizer", stream(V1 | {"region": {"code": code}})).state == state

    def test_other_events_bring_no_read_and_say_so(self):
        parsed = parse("platerecognizer", stream(V1) | {"hook": {"event": "image"}})
        assert (parsed.items, parsed.note) == ([], "This was no recognition: there is nothing to store.")

    def test_a_message_without_its_hook_and_a_list_of_messages(self):
        assert codes(parse("platerecognizer", stream(V1)["data"])) == ["8ABC123"]
        assert codes(parse("platerecognizer", [stream(V1), stream(V1 | {"plate": "7abc123"})])) == [
            "8ABC123",
            "7ABC123",
        ]

    def test_nothing_else_of_a_result_is_kept(self):
        assert "a person" not in repr(parse("platerecognizer", stream(V1)))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"timestamp": "15/06/2026"}, "time.format"),
            ({"timestamp": 1781524798}, "time.type"),
            ({"timestamp": "2026-06-01T00:00:00Z"}, "time.too_old"),
            ({"timestamp": None, "timestamp_local": None}, "field.missing"),
            ({"camera_id": None}, "field.missing"),
            ({"results": [7]}, "field.missing"),
            ({"results": [V1 | {"score": 90.2}]}, "confidence.range"),
            ({"results": [V1 | {"plate": 7}]}, "plate.type"),
        ],
    )
    def test_what_is_refused(self, change, code):
        assert codes(parse("platerecognizer", stream(V1, **change))) == [code]

    @pytest.mark.parametrize("message", [{}, 7, {"data": {}}, {"data": {"results": {}}}, [stream(V1), 7]])
    def test_what_is_none_of_its_messages(self, message):
        assert outcome(parse, "platerecognizer", message) == ("reject", "json.shape")
