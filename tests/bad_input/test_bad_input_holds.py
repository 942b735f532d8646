"""The corpus of bad inputs through the request for a hold: its case, its reason, the reads it names, its paper."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reads.holds import words
from reads.models import Hold, HoldItem
from tests import make
from tests.corpus import bad_inputs
from tests.logs import listening
from tests.reads.holds.typed import typed
from training.models import StoredFile

from .messages import told
from .test_bad_input_form import typed as sendable

pytestmark = pytest.mark.usefixtures("committed")
TAKEN = {"accept", "normalise", "store_safely", "unchanged", "escape"}


@pytest.fixture
def ask(officer, client_of):
    """Ask for one read to be kept, with an answer changed: (the hold, or the codes that refused it)."""
    client, query, read_id = client_of(officer), make.query(officer), make.read()

    def post(**values):
        said = typed(**{"reads": [str(read_id)], "confirmed": "yes", **values})
        answer = client.post(reverse("ask_hold", args=[query.pk]), said)
        if answer.status_code == 302:
            return Hold.objects.get(), set()
        assert not Hold.objects.exists()
        if answer.status_code == 403:
            return None, {"refused"}
        assert answer.status_code == 422
        data = answer.context["form"].errors.as_data()
        return None, {error.code for errors in data.values() for error in errors}

    return post


@pytest.mark.parametrize("case", bad_inputs("case_number"))
def test_bad_input_case_number(ask, case):
    hold, codes = ask(case_number="" if case.value is None else case.value)
    if case.expect in TAKEN:
        assert hold.case_number == case.normalised
    else:
        assert codes == {case.code}


@pytest.mark.parametrize("case", bad_inputs("justification"))
def test_bad_input_justification(ask, case):
    value = sendable(case)
    with listening() as log:
        hold, codes = ask(reason=value)
    assert not told(log(), value)
    if case.expect in TAKEN:
        assert hold.reason == value.strip()
    elif case.expect in {"hold", "ask"}:  # a second person decides in any case, and is told what the screens raise
        assert codes <= {case.code, "refused"}
        assert hold is None or words.screening_of(hold)
    else:
        assert codes == {case.code}


@pytest.mark.parametrize("case", bad_inputs("object_id"))
def test_bad_input_reads(ask, case):
    """A read that is none is not among those asked for; with no other, nothing is."""
    value = case.value if isinstance(case.value, str) else str(case.value)
    _, codes = ask(reads=[value])
    assert codes == {"refused"}
    assert not HoldItem.objects.exists()


@pytest.mark.clause("G.3")
@pytest.mark.parametrize("case", bad_inputs("document"))
def test_bad_input_document(ask, case):
    content = case.value if isinstance(case.value, bytes) else case.value.encode("latin-1")
    paper = SimpleUploadedFile(case.filename, content, content_type="application/pdf")
    _, codes = ask(ground="legal_obligation", obligation_of="District Attorney", file=paper)
    assert codes
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    "value", ["", "\x00", "x" * 5000, "' OR 1=1 --", "<script>alert(1)</script>", "\u202e", "9" * 300]
)
def test_nothing_typed_breaks_it(ask, value):
    for name in ("ground", "review_on", "case_number"):
        assert ask(**{name: value})[1]
    said = dict.fromkeys(("obligation_of", "bulk_reason", "kept", "answer_case_pattern"), value)
    hold, codes = ask(**said)
    assert hold is not None or codes
