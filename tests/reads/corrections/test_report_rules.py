"""How a report of a wrong read stands, what may be said and who decides: rules, and their twins in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alpr_portal.policy.parameters import RETENTION
from alpr_portal.policy.refusal import BadInput
from reads.corrections import actions, rules
from reads.corrections.rules import Life, Right
from reads.models import Correction, ReadReport
from tests import make
from tests.corpus import table

ROWS = [row.values for row in table("report_life.csv")]
SEEN = Right("8ABC123", "CA")


def said(confirmed):
    return {"": None, "yes": True, "no": False}[confirmed]


@pytest.mark.clause("C.2.A.1-age", "G")
@pytest.mark.parametrize(("confirmed", "hours", "life", "flagged"), ROWS)
class TestLife:
    def test_the_rule(self, confirmed, hours, life, flagged):
        now = timezone.now()
        uploaded = now - timedelta(hours=float(hours))
        stands = rules.life(confirmed=said(confirmed), uploaded_at=uploaded, now=now, retention=RETENTION.now)
        assert (stands, rules.is_flagged(said(confirmed))) == (life, flagged == "yes")

    @pytest.mark.django_db
    def test_the_database_says_the_same(self, confirmed, hours, life, flagged, officer, supervisor):
        now = timezone.now()
        uploaded = now - timedelta(hours=float(hours))
        query = make.query(officer)
        look = query.accesses.model.objects.write(by=officer, kind="read", query=query, read_id=query.pk)
        values = {"read_id": query.pk, "upload_day": uploaded.date(), "uploaded_at": uploaded, "kind": "misread"}
        with make.as_owner(), connection.cursor() as cursor:  # the read need not be there for this
            for table_ in ("readreport", "correction"):
                cursor.execute(f"ALTER TABLE reads_{table_} DISABLE TRIGGER USER")
            report = ReadReport.objects.write(by=officer, access=look, **values)
            if confirmed:
                said_ = {"confirmed": said(confirmed), "ground": "picture", "access": look}
                Correction.objects.write(by=supervisor, report=report, reported_by=officer, **said_)
            cursor.execute("SELECT reads_is_flagged(%s)", [query.pk])
            assert cursor.fetchone() == (flagged == "yes",)
        found = actions.with_life(ReadReport.objects.all(), now).get()
        assert (found.life, found.flagged) == (life, flagged == "yes")
        assert actions.flagged().exists() is (flagged == "yes")
        assert actions.decidable_by(supervisor, now).exists() is (life == "open")
        assert not actions.decidable_by(officer, now).exists()


@pytest.mark.clause("C.2.A.1-age")
class TestWhatReadsRight:
    @pytest.mark.parametrize(
        ("plate", "state", "kind", "right"),
        [
            ("", "", "no_plate", None),
            (" ", "", "misread", None),
            ("8abc-128", "", "misread", Right("8ABC128", "CA")),
            ("8ABC128", "nv", "misread", Right("8ABC128", "NV")),
            ("", "Nevada", "wrong_state", Right("8ABC123", "NV")),
        ],
    )
    def test_what_is_left_out_stays_as_observed(self, plate, state, kind, right):
        assert rules.read_right(plate, state, kind=kind, seen=SEEN) == right

    @pytest.mark.parametrize(
        ("plate", "state", "kind", "code", "field"),
        [
            ("8ABC128", "", "wrong_time", "right.unwanted", "right_plate"),
            ("8ABC123", "CA", "misread", "right.same", "right_plate"),
            ("8ABC128", "Narnia", "misread", "state.unknown", "right_state"),
            ("8AB*", "", "misread", "plate.bad_char", "right_plate"),
            ({"a": 1}, "", "misread", "plate.type", "right_plate"),
        ],
    )
    def test_what_cannot_be_taken_names_its_field(self, plate, state, kind, code, field):
        with pytest.raises(BadInput) as caught:
            rules.read_right(plate, state, kind=kind, seen=SEEN)
        assert (caught.value.code, caught.value.field) == (code, field)

    def test_what_cannot_be_told_is_not_confirmed(self):
        assert rules.check_ground("unclear", confirmed=False) == "unclear"
        with pytest.raises(BadInput, match="not confirmed"):
            rules.check_ground("unclear", confirmed=True)


@pytest.mark.clause("C.2.A.1-age")
@pytest.mark.parametrize(
    ("decider", "life", "code"),
    [
        ("b", Life.OPEN, None),
        ("a", Life.OPEN, "correction.own"),
        ("b", Life.CONFIRMED, "correction.decided"),
        ("b", Life.REJECTED, "correction.decided"),
        ("b", Life.GONE, "read.gone"),
    ],
)
def test_another_person_decides_once_while_the_read_is_there(decider, life, code):
    refusal = rules.may_decide(decider=decider, reported_by="a", life=life)
    assert (refusal.code if refusal else None) == code
