"""Times are read to the instant: in UTC from machines, on Oakland's clock from people, and never guessed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alpr_portal.policy import inputs
from alpr_portal.policy.refusal import BadInput, Question
from reads.payload import load
from tests.corpus import bad_inputs, check, outcome, table

OAKLAND = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DELIVERY = {"now": NOW, "field": "captured_at", "oldest": 24 * HOUR, "ahead": timedelta(minutes=5)}
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.text() | st.lists(st.floats())


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


class TestMachineTime:
    @given(st.datetimes(datetime(2026, 6, 14, 12), datetime(2026, 6, 15, 12)), st.integers(-14 * 60, 14 * 60))
    def test_a_time_of_any_zone_comes_back_in_utc_with_its_offset(self, naive, minutes):
        moment = naive.replace(tzinfo=UTC)
        there = moment + timedelta(minutes=minutes)
        sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        text = f"{there.replace(tzinfo=None).isoformat()}{sign}{hours:02}:{rest:02}"
        found, offset = inputs.read_moment(text, **DELIVERY)
        assert (found, found.tzinfo) == (moment, UTC)
        assert offset == (None if text.endswith("-00:00") else minutes)

    @given(st.integers(0, 999_999_999))
    def test_nanoseconds_are_cut(self, nanoseconds):
        found = inputs.read_time(f"2026-06-15T11:00:00.{nanoseconds:09}Z", **DELIVERY)
        assert found.microsecond == nanoseconds // 1000

    def test_both_limits_are_still_in(self):
        for text in ("2026-06-15T12:05:00Z", "2026-06-14T12:00:00Z"):
            assert iso(inputs.read_time(text, **DELIVERY)) == text

    def test_an_unknown_offset_is_not_kept_as_zero(self):
        assert inputs.read_moment("2026-06-15T11:00:00-00:00", **DELIVERY)[1] is None
        assert inputs.read_moment("2026-06-15T11:00:00Z", **DELIVERY)[1] == 0

    def test_a_leap_second_has_its_own_message(self):
        with pytest.raises(BadInput, match="leap second"):
            inputs.read_time("2026-06-15T11:59:60Z", **DELIVERY)

    @pytest.mark.parametrize(
        ("text", "code"),
        [("0001-01-01T00:00:00+01:00", "time.too_old"), ("9999-12-31T23:59:59-01:00", "time.future")],
    )
    def test_the_edges_of_the_calendar(self, text, code):
        assert outcome(inputs.read_time, text, **DELIVERY) == ("reject", code)

    @given(ANYTHING | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?[Zz+-].*"))
    def test_anything_is_a_time_or_a_bad_input(self, value):
        kind, found = outcome(inputs.read_time, value, **DELIVERY)
        if kind == "take":
            assert NOW - 24 * HOUR <= found <= NOW + timedelta(minutes=5)
        else:
            assert found.startswith("time.")

    @pytest.mark.parametrize("case", bad_inputs("timestamp_api"))
    def test_bad_input_timestamp_api(self, case):
        limits = DELIVERY | {"now": utc(case.received_at)}
        value = case.value
        if isinstance(value, bytes):
            check(case, outcome(load, value))
        else:
            check(case, outcome(inputs.read_time, value, **limits), text=iso)


class TestEpoch:
    def test_milliseconds_since_1970(self):
        assert inputs.read_epoch_ms(1781524798123, **DELIVERY) == utc("2026-06-15T11:59:58.123Z")

    def test_seconds_by_mistake_are_too_old(self):
        assert outcome(inputs.read_epoch_ms, 1781524798, **DELIVERY) == ("reject", "time.too_old")

    @given(ANYTHING)
    @example(10**30)
    @example(-(10**30))
    def test_anything_is_a_time_or_a_bad_input(self, value):
        assert outcome(inputs.read_epoch_ms, value, **DELIVERY)[1] in {"time.type", "time.too_old", "time.future"}


class TestLocalTime:
    @pytest.mark.parametrize(("typed", "answer", "expected", "why"), table("oakland_times.csv"))
    def test_the_table(self, typed, answer, expected, why):
        kind, value = outcome(inputs.read_local_time, typed, fold=answer or None, field="start")
        assert {"take": lambda: iso(value), "ask": lambda: f"ask {value}"}.get(kind, lambda: value)() == expected, why

    @given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)), st.sampled_from(["PDT", "PST"]))
    def test_every_minute_is_read_back_or_never_happened(self, naive, answer):
        naive = naive.replace(second=0, microsecond=0)
        kind, found = outcome(inputs.read_local_time, naive.isoformat(" ", "minutes"), fold=answer, field="start")
        seen = naive.replace(tzinfo=OAKLAND).astimezone(UTC).astimezone(OAKLAND).replace(tzinfo=None)
        if seen != naive:
            assert (kind, found) == ("reject", "time.dst_gap")
        else:
            assert found.astimezone(OAKLAND).replace(tzinfo=None) == naive

    def test_the_question_offers_both_hours(self):
        with pytest.raises(Question) as asked:
            inputs.read_local_time("2026-11-01 01:30", field="start")
        answers = [inputs.read_local_time("2026-11-01 01:30", fold=key, field="start") for key in asked.value.choices]
        assert answers[1] - answers[0] == HOUR

    @given(ANYTHING | st.from_regex(r"\s?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}\s?"), ANYTHING)
    def test_anything_is_a_time_or_a_bad_input(self, text, answer):
        kind, found = outcome(inputs.read_local_time, text, fold=answer, field="start")
        assert found.tzinfo is UTC if kind == "take" else found.startswith("time.")

    @pytest.mark.parametrize("case", bad_inputs("timestamp_form"))
    def test_bad_input_timestamp_form(self, case):
        check(case, outcome(inputs.read_local_time, case.value, field="start"))


class TestDateRange:
    def test_both_days_are_in(self):
        found = inputs.read_date_range("2026-06-14", "2026-06-15", now=NOW)
        assert found == (utc("2026-06-14T07:00:00Z"), utc("2026-06-16T07:00:00Z"), False, False)

    def test_a_day_on_which_clocks_jump_has_23_hours(self):
        found = inputs.read_date_range("2026-03-07", "2026-03-08", now=utc("2026-03-09T12:00:00Z"))
        assert found.end_utc - found.start_utc == 47 * HOUR

    def test_the_start_moves_to_the_limit_and_says_so(self):
        assert inputs.read_date_range("2026-05-01", "2026-06-15", now=NOW) == (
            NOW - 720 * HOUR,
            utc("2026-06-16T07:00:00Z"),
            True,
            False,
        )

    @pytest.mark.parametrize(
        ("first", "last", "code"),
        [
            ("", "2026-06-15", "range.missing"),
            ("2026-06-15", None, "range.missing"),
            ("2026-06-15", "2026-06-14", "range.reversed"),
            ("2025-01-01", "2026-06-15", "range.too_wide"),
            ("2026-06-17", "2026-06-18", "time.future"),
            ("9999-12-31", "9999-12-31", "time.future"),
            ("0001-01-01", "0001-01-01", "time.too_old"),
            ("15.06.2026", "2026-06-15", "time.format"),
            ("2026-06-31", "2026-06-31", "time.format"),
            (20260615, "2026-06-15", "time.type"),
        ],
    )
    def test_what_is_no_range(self, first, last, code):
        assert outcome(inputs.read_date_range, first, last, now=NOW) == ("reject", code)

    DAYS = st.dates(date(2024, 1, 1), date(2028, 1, 1))

    @given(DAYS, DAYS, st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
    def test_a_range_is_never_empty_and_says_what_of_it_is_gone(self, first, last, now):
        now = now.replace(tzinfo=UTC)
        kind, found = outcome(inputs.read_date_range, first.isoformat(), last.isoformat(), now=now)
        if kind == "take":
            asked = datetime(first.year, first.month, first.day, tzinfo=OAKLAND).astimezone(UTC)
            assert found.start_utc < found.end_utc
            assert found.gone == (found.end_utc <= now - 720 * HOUR)
            assert found.moved == (asked < now - 720 * HOUR < found.end_utc)
            assert found.start_utc == (now - 720 * HOUR if found.moved else asked)
            assert found.end_utc.astimezone(OAKLAND).date() == last + timedelta(days=1)
        else:
            assert found in {"range.reversed", "range.too_wide", "time.future"}

    def test_instants_are_bound_alike(self):
        found = inputs.bound_range(NOW.astimezone(OAKLAND) - 800 * HOUR, NOW, now=NOW)
        assert found == (NOW - 720 * HOUR, NOW, True, False)
        assert inputs.bound_range(NOW - 721 * HOUR, NOW - 720 * HOUR, now=NOW).gone
        assert outcome(inputs.bound_range, NOW, NOW, now=NOW) == ("reject", "range.reversed")

    @pytest.mark.parametrize("case", bad_inputs("date_range"))
    def test_bad_input_date_range(self, case):
        kind, found = outcome(inputs.read_date_range, case.value["from"], case.value["to"], now=utc(case.now))
        check(case, (kind, found))
        if kind == "take":
            assert found.moved == (case.expect == "normalise")


@pytest.mark.clause("G")
class TestExpiry:
    ZONES = st.sampled_from([UTC, OAKLAND, ZoneInfo("Asia/Kathmandu")])

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(-5, 5), ZONES, ZONES)
    def test_it_is_720_hours_in_any_zone_across_any_clock_change(self, uploaded, seconds, here, there):
        uploaded = uploaded.replace(tzinfo=UTC)
        now = uploaded + 720 * HOUR + timedelta(seconds=seconds)
        assert inputs.is_expired(uploaded.astimezone(here), now.astimezone(there)) == (seconds >= 0)

    @pytest.mark.parametrize("uploaded", ["2026-02-20T20:00:00Z", "2026-10-15T19:00:00Z"])
    def test_on_oakland_clocks_it_is_neither_719_nor_721_hours(self, uploaded):
        at = utc(uploaded).astimezone(OAKLAND)
        last = (utc(uploaded) + 720 * HOUR - timedelta(seconds=1)).astimezone(OAKLAND)
        assert not inputs.is_expired(at, last)
        assert inputs.is_expired(at, (utc(uploaded) + 720 * HOUR).astimezone(OAKLAND))

    @pytest.mark.parametrize("case", bad_inputs("retention_boundary"))
    def test_bad_input_retention_boundary(self, case):
        gone = inputs.is_expired(utc(case.value["uploaded_at"]), utc(case.value["now"]))
        assert gone == (case.expect == "gone"), case.note
