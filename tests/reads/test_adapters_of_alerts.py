"""The traps of Flock's, Genetec's and Axis's messages: no plate, day before month, several events for one car."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.inputs import Box
from reads.adapters import ADAPTERS, ItemFault, Limits, NormalRead
from tests.corpus import SHARED, outcome, table

from .messages import AXIS, FLOCK, GENETEC, JPEG, MS, NOW, THEN, codes, one, parse

PAYLOADS = SHARED.parent / "payloads"
WORLD = Limits(oldest=timedelta(days=36600), near=Box(-90, 90, -180, 180))


def given_payload(name):
    """A real payload, or a skip with the reason where there is none."""
    path = PAYLOADS / name
    if not path.exists():
        pytest.skip(f"no {name} beside the project")
    return path.read_text(encoding="utf-8")


class TestFlock:
    def test_an_alert_in_our_words(self):
        assert one("flock", FLOCK) == NormalRead(
            plate_seen="8abc123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=0,
            camera=FLOCK["deviceExternalId"],
            external_id=FLOCK["objectId"],
            state="CA",
            confidence=0.93,
            lat=37.8044,
            lon=-122.2712,
        )

    def test_no_address_and_no_word_of_a_hot_list_is_kept(self):
        kept = repr(parse("flock", FLOCK))
        assert not re.search("http|NCIC|Stolen|0815|Oakland|Foothill", kept)
        assert one("flock", FLOCK).images == ()

    @pytest.mark.parametrize("ocr", [None, {}, {"label": None}, {"label": ""}, {"label": "  "}, {"labelConfidence": 1}])
    def test_an_alert_whose_plate_nobody_read_is_no_read_and_no_fault(self, ocr):
        parsed = parse("flock", [FLOCK | {"ocr": ocr}, FLOCK])
        assert (codes(parsed), parsed.note) == (["8ABC123"], "Alerts without a plate, not stored: 1.")

    def test_an_alert_without_the_field_is_none_either(self):
        assert parse("flock", {name: value for name, value in FLOCK.items() if name != "ocr"}).items == []

    def test_one_read_on_two_lists_is_one_read(self):
        again = FLOCK | {"sources": [{"name": "Custom", "reason": "x"}]}
        assert one("flock", FLOCK).external_id == one("flock", again).external_id

    @pytest.mark.parametrize(
        ("said", "state"), [("california", "CA"), ("CA", "CA"), ("us-nv", "NV"), ("Bavaria", ""), (None, ""), (7, "")]
    )
    def test_a_state_helps_and_is_never_a_reason_to_refuse(self, said, state):
        assert one("flock", FLOCK | {"ocr": FLOCK["ocr"] | {"state": said}}).state == state

    @pytest.mark.parametrize("place", [(0, 0), (None, None), (-1, -1)])
    def test_a_camera_without_a_place_says_nothing_of_it(self, place):
        read = one("flock", FLOCK | {"deviceLat": place[0], "deviceLong": place[1]})
        assert (read.lat, read.lon) == (None, None)

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"eventTime": "2026-06-15T11:59:58"}, "time.no_offset", "eventTime"),
            ({"eventTime": "06/15/2026 11:59"}, "time.format", "eventTime"),
            ({"eventTime": MS}, "time.type", "eventTime"),
            ({"eventTime": None}, "field.missing", "captured_at"),
            ({"objectId": None}, "field.missing", "objectId"),
            ({"deviceExternalId": ""}, "field.missing", "camera"),
            ({"ocr": "8ABC123"}, "json.shape", "ocr"),
            ({"ocr": ["8ABC123"]}, "json.shape", "ocr"),
            ({"ocr": {"label": 7}}, "plate.type", "plate"),
            ({"ocr": {"label": "8ABC123", "labelConfidence": 93}}, "confidence.range", "confidence"),
            ({"deviceLat": 34.05, "deviceLong": -118.24}, "geo.outside", "location"),
            ({"deviceLat": None}, "geo.type", "location"),
        ],
    )
    def test_what_is_refused(self, change, code, field):
        (fault,) = parse("flock", FLOCK | change).items
        assert (fault.code, fault.field) == (code, field)

    @pytest.mark.parametrize("message", [{}, 7, "x", None, [FLOCK, 7], {"alert": FLOCK}, {"ocr": FLOCK["ocr"]}])
    def test_what_is_none_of_its_messages(self, message):
        assert outcome(parse, "flock", message) == ("reject", "json.shape")

    def test_every_field_of_the_vendors_own_schema_is_taken_or_left_out_knowingly(self):
        schema = given_payload("flock_lpr_alert_asyncapi.yml").partition("LprHotlistAlert:\n      type: object")[2]
        assert set(re.findall(r"^        (\w+):", schema, re.MULTILINE)) >= {*FLOCK}
        needed = re.search(r"required: \[(.*)\]", schema)
        alert = {name: FLOCK[name] for name in needed[1].split(", ")} | {"ocr": {"label": "8abc123"}}
        assert one("flock", alert).plate == "8ABC123"


class TestGenetec:
    def test_an_event_in_our_words(self):
        read = one("genetec", GENETEC)
        assert read == NormalRead(
            plate_seen="8ABC123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=0,
            camera="Gate 2",
            external_id=read.external_id,
            state="CA",
            confidence=0.93,
            make="honda",
            model="civic",
            colour="silver",
            body="sedan",
            images=(JPEG,),
            kinds=("overview",),
        )
        assert read.external_id == one("genetec", GENETEC | {"ConfidenceScore": "12"}).external_id

    @pytest.mark.parametrize(("day", "time", "expected", "note"), table("adapter_genetec_dates.csv"))
    def test_the_day_stands_before_the_month(self, day, time, expected, note):
        body = json.dumps(GENETEC | {"DateUtc": day, "TimeUtc": time}).encode()
        now = datetime(2027, 1, 1, tzinfo=UTC)
        (item,) = ADAPTERS["genetec"].read(body, "application/json", now=now, limits=WORLD).items
        found = item.code if isinstance(item, ItemFault) else item.captured_at.replace(tzinfo=None).isoformat()
        assert found == expected
        if expected == "time.format":
            assert item.field == ("DateUtc" if time == "11:59:58" else "TimeUtc")

    def test_an_american_date_is_told_what_to_send(self):
        (fault,) = parse("genetec", GENETEC | {"DateUtc": "12/31/2026"}).items
        assert fault.field == "DateUtc"
        assert "the day before the month" in fault.message
        assert "12/31" not in fault.message

    @given(st.dates(min_value=datetime(1990, 1, 1).date()), st.times())
    def test_any_date_is_read_back_or_refused_for_its_age_alone(self, day, time):
        said = GENETEC | {"DateUtc": f"{day:%d/%m/%Y}", "TimeUtc": f"{time:%H:%M:%S}"}
        (item,) = parse("genetec", said).items
        moment = datetime.combine(day, time.replace(microsecond=0), tzinfo=UTC)
        if isinstance(item, ItemFault):
            assert item.code == ("time.future" if moment > NOW else "time.too_old")
        else:
            assert item.captured_at == moment

    @given(st.dates(min_value=datetime(1990, 1, 1).date()))
    def test_no_date_with_the_month_first_is_ever_turned_round(self, day):
        (item,) = parse("genetec", GENETEC | {"DateUtc": f"{day:%m/%d/%Y}"}).items
        if day.day > 12:
            assert (item.code, item.field) == ("time.format", "DateUtc")
        elif isinstance(item, NormalRead):
            assert (item.captured_at.day, item.captured_at.month) == (day.month, day.day)

    @pytest.mark.parametrize(
        ("said", "confidence"), [("93", 0.93), (93, 0.93), ("93,5", 0.935), ("", None), (None, None), ("100", 1)]
    )
    def test_confidence_is_text_up_to_a_hundred(self, said, confidence):
        assert one("genetec", GENETEC | {"ConfidenceScore": said}).confidence == pytest.approx(confidence)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"ConfidenceScore": "high"}, "confidence.type"),
            ({"ConfidenceScore": "101"}, "confidence.range"),
            ({"Plate": ""}, "field.missing"),
            ({"Plate": None}, "field.missing"),
            ({"Plate": 7}, "plate.type"),
            ({"CameraName": None}, "field.missing"),
            ({"DateUtc": None}, "field.missing"),
            ({"TimeUtc": ""}, "field.missing"),
            ({"TimeUtc": 115958}, "time.format"),
            ({"DateUtc": 15062026}, "time.format"),
            ({"DateUtc": "01/06/2026"}, "time.too_old"),
        ],
    )
    def test_what_is_refused(self, change, code):
        assert codes(parse("genetec", GENETEC | change)) == [code]

    @pytest.mark.parametrize("attributes", [None, [], "x", {"Vehicle Color": 7, "Vehicle Make": ["x"]}])
    def test_what_is_odd_about_vehicle_or_picture_does_not_lose_the_read(self, attributes):
        read = one("genetec", GENETEC | {"Attributes": attributes, "ContextImage": "https://example.com/a.jpg"})
        assert (read.make, read.colour, read.images) == ("", "", ())

    @pytest.mark.parametrize("message", [{}, 7, None, [GENETEC, 7], {"Event": GENETEC}])
    def test_what_is_none_of_its_messages(self, message):
        assert outcome(parse, "genetec", message) == ("reject", "json.shape")


class TestAxis:
    def test_the_last_event_of_a_car_in_our_words(self):
        read = one("axis", AXIS)
        assert read == NormalRead(
            plate_seen="8abc123",
            plate="8ABC123",
            captured_at=THEN,
            camera="ACCC8E000101",
            external_id=read.external_id,
            confidence=0.93,
            lat=37.8044,
            lon=-122.2712,
        )

    @pytest.mark.parametrize("state", ["new", "update", "updated", "New", 7, ["lost"]])
    def test_events_of_a_car_still_in_sight_bring_no_read(self, state):
        parsed = parse("axis", [AXIS | {"carState": state}, AXIS])
        assert (codes(parsed), parsed.note) == (["8ABC123"], "Events of cars still in sight, not stored: 1.")

    def test_a_car_without_a_plate_is_no_read(self):
        parsed = parse("axis", AXIS | {"plateUTF8": "", "plateText": None})
        assert (parsed.items, parsed.note) == ([], "Cars without a plate, not stored: 1.")

    def test_a_car_is_the_same_read_when_it_is_sent_or_told_again(self):
        first = one("axis", AXIS).external_id
        assert one("axis", AXIS | {"packetCounter": "8"}).external_id == first
        assert one("axis", AXIS | {"capture_timestamp": str(MS - 4000)}).external_id == first

    @pytest.mark.parametrize(
        "change",
        [
            {"plateUTF8": "9XYZ999"},
            {"carID": "42"},
            {"carID": None},
            {"camera_info": {"SerialNumber": "ACCC8E000102"}},
            {"capture_timestamp": str(MS - 86_400_000)},
        ],
    )
    def test_another_car_is_another_read_also_where_the_count_began_anew(self, change):
        assert one("axis", AXIS | change).external_id != one("axis", AXIS).external_id

    def test_without_a_count_each_moment_is_a_read(self):
        blank = AXIS | {"carID": ""}
        assert one("axis", blank).external_id != one("axis", blank | {"capture_timestamp": str(MS - 1)}).external_id

    @pytest.mark.parametrize(
        ("country", "state"),
        [
            *(("USA", ""), ("POL", ""), ("CAN", ""), ("CA", ""), ("USA-CA", "CA"), ("us_nv", "NV"), ("DEU-CA", "")),
            *(("USA-ZZ", ""), (None, ""), (7, "")),
        ],
    )
    def test_a_country_is_no_state(self, country, state):
        assert one("axis", AXIS | {"plateCountry": country}).state == state

    def test_in_and_out_are_no_points_of_the_compass(self):
        assert [one("axis", AXIS | {"carMoveDirection": way}).direction for way in ("in", "out", "unk")] == ["", "", ""]

    def test_a_form_brings_the_event_and_its_picture(self):
        for kind, ours in (("plate", "plate"), ("mmrcrop", "vehicle"), ("frame", "overview"), (None, "overview")):
            text = json.dumps(AXIS | {"imageType": kind})
            read = one("axis", b"", {"event": text, "image": JPEG})
            assert (read.plate, read.images, read.kinds) == ("8ABC123", (JPEG,), (ours,))
        assert one("axis", b"", {"event": json.dumps(AXIS).encode()}).images == ()
        assert outcome(parse, "axis", b"", {"image": JPEG}) == ("reject", "json.shape")

    def test_no_address_of_a_picture_is_kept(self):
        assert "tools.cgi" not in repr(parse("axis", AXIS))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"carState": None}, "field.missing"),
            ({"capture_timestamp": None}, "field.missing"),
            ({"capture_timestamp": "2026-06-15"}, "time.type"),
            ({"capture_timestamp": str(MS // 1000)}, "time.too_old"),
            ({"capture_timestamp": "9" * 20}, "time.future"),
            ({"camera_info": None}, "field.missing"),
            ({"camera_info": {"MACAddress": "AC:CC:8E:00:01:01"}}, "field.missing"),
            ({"plateConfidence": "93"}, "confidence.range"),
            ({"plateConfidence": "sure"}, "confidence.type"),
            ({"plateUTF8": ["8ABC123"]}, "plate.type"),
            ({"geotag": {"lat": 50.418114, "lon": 30.476213}}, "geo.outside"),
            ({"carID": ["x"]}, "text.type"),
        ],
    )
    def test_what_is_refused(self, change, code):
        assert codes(parse("axis", AXIS | change)) == [code]

    @pytest.mark.parametrize("said", [{"capture_timestamp": MS}, {"carID": 41}, {"plateConfidence": 0.93}])
    def test_numbers_may_be_numbers(self, said):
        assert one("axis", AXIS | said) == one("axis", AXIS)

    @pytest.mark.parametrize("message", [{}, 7, None, [AXIS, 7], {"event": AXIS}])
    def test_what_is_none_of_its_messages(self, message):
        assert outcome(parse, "axis", message) == ("reject", "json.shape")

    def test_a_real_event_of_such_a_camera(self):
        body = given_payload("axis_event.json").encode()
        (read,) = ADAPTERS["axis"].read(body, "application/json", now=NOW, limits=WORLD).items
        assert (read.plate, read.camera, read.state) == ("RLE11684", "ACCC8ED3290D", "")
        assert read.captured_at == datetime(2021, 6, 11, 10, 5, 38, 252000, tzinfo=UTC)
        assert read.confidence == pytest.approx(0.719034)
        (fault,) = ADAPTERS["axis"].read(body, "application/json", now=NOW, limits=Limits()).items
        assert fault.code == "time.too_old"
