"""C.2.B.1: what a file's columns mean is said on a sample, tried on it, and proposed; nothing of the sample is kept."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from alpr_portal.policy.refusal import BadInput, Refused
from hotlists import layouts, lists
from hotlists.models import ListTemplate
from tests import make

pytestmark = [pytest.mark.clause("C.2.B.1"), pytest.mark.django_db]
SAMPLE = b"LIC;LIS;MKE;Reason;DOE\r\n8ABC123;06;V;stolen;20260102\r\n7XYZ999;32;EZQ;wanted;20260103\r\n"
COLUMN = "column_semicolon_named_"


def given(client, hot_list, body, name="s.csv"):
    return client.post(reverse("propose_template", args=[hot_list.pk]), {"file": SimpleUploadedFile(name, body)})


def answers(**changed):
    said = {
        "sample": SAMPLE.decode(),
        "format": "delimited",
        "delimiter": "semicolon",
        "header": "on",
        "encoding": "utf-8",
        "dates": "compact",
        "default_state": "",
        "widths": "",
        "codes": "state 06 = CA\r\nstate 32 = NV",
        "immigration": "EZQ",
        "note": "As the State sends it",
        "step": "save",
    }
    fields = ("plate", "state", "source", "reason", "entered_on")
    said |= {f"{COLUMN}{number}": field for number, field in enumerate(fields)}
    return {name: value for name, value in {**said, **changed}.items() if value is not None}


@pytest.fixture
def ncic():
    return make.hot_list("ncic", kind="ncic")


def test_a_sample_is_guessed_and_shown(client_of, coordinator, ncic):
    answer = given(client_of(coordinator), ncic, SAMPLE)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert [form[name].value() for name in form.columns] == ["plate", "state", "source", "reason", "entered_on"]
    page = answer.content.decode()
    assert "8ABC123" in page
    assert "0 of 2 rows can be used" in page
    assert not ListTemplate.objects.exists()


def test_tried_again_it_says_what_each_row_would_come_to(client_of, coordinator, ncic):
    answer = client_of(coordinator).post(reverse("propose_template", args=[ncic.pk]), answers(step="try"))
    page = answer.content.decode()
    assert "1 of 2 rows can be used" in page
    assert "It is about immigration" in page
    assert "entered_on: 2026-01-02" in page
    assert not ListTemplate.objects.exists()


@pytest.mark.clause("C.2.A.1")
def test_it_is_proposed_and_counts_only_once_approved(client_of, coordinator, ncic):
    client = client_of(coordinator)
    answer = client.post(reverse("propose_template", args=[ncic.pk]), answers())
    template = ListTemplate.objects.get()
    assert answer.headers["Location"] == reverse("view_template", args=[template.pk])
    assert (template.by, template.number, template.note) == (coordinator, 1, "As the State sends it")
    assert "8ABC123" not in str(template.layout)
    layout = layouts.read_layout(template.layout)
    assert [(column.name, column.field) for column in layout.columns][:2] == [("LIC", "plate"), ("LIS", "state")]
    assert (layout.codes, layout.immigration) == ({"state": {"06": "CA", "32": "NV"}}, ("EZQ",))
    assert layouts.read_layout(layout.as_json()) == layout
    page = client.get(reverse("view_template", args=[template.pk])).content.decode()
    for said in ("It waits for approval", "State 06 → CA", "LIC: Plate", "EZQ", "deported felon"):
        assert said in page


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({f"{COLUMN}0": "ignore"}, "layout.plate"),
        ({f"{COLUMN}1": "plate"}, "layout.twice"),
        ({"codes": "state 06 = Nowhere"}, "layout.codes"),
        ({"codes": "list S = gang"}, "layout.codes"),
        ({"codes": "make F = Ford"}, "layout.codes"),
        ({"codes": "nonsense"}, "layout.codes"),
        ({"default_state": "ZZ"}, "layout.state"),
        ({"format": "fixed"}, "layout.width"),
        ({"format": "fixed", "widths": "plate 1 8\nstate 5 2"}, "layout.width"),
        ({"dates": "year_first"}, "sample.no_row"),
        ({"sample": "a;b\n1;2"}, ""),
        ({"delimiter": "comma"}, ""),
        ({"note": "a\u202eb"}, "text.bidi"),
    ],
)
def test_what_makes_no_sense_is_not_proposed(client_of, coordinator, ncic, changed, code):
    answer = client_of(coordinator).post(reverse("propose_template", args=[ncic.pk]), answers(**changed))
    assert answer.status_code == 422 if code else answer.status_code in {200, 422}
    assert not ListTemplate.objects.exists()
    if code:
        found = {error.code for errors in answer.context["form"].errors.as_data().values() for error in errors}
        assert code in found


@pytest.mark.clause("C.2.A.1")
def test_a_file_of_ncic_tells_immigration_apart(client_of, coordinator, ncic):
    changed = {f"{COLUMN}2": "ignore", f"{COLUMN}3": "ignore"}
    answer = client_of(coordinator).post(reverse("propose_template", args=[ncic.pk]), answers(**changed))
    assert answer.status_code == 403
    svs = make.hot_list("svs")
    assert (
        client_of(coordinator).post(reverse("propose_template", args=[svs.pk]), answers(**changed)).status_code == 302
    )


def test_fixed_width_by_lines(client_of, coordinator, ncic):
    sample = "8ABC123 CAstolen    \n7XYZ999 NVwanted    \n"
    changed = {
        "sample": sample,
        "format": "fixed",
        "header": None,
        "codes": "",
        "widths": "plate 1 8\nstate 9 2\nreason 11 10",
    }
    answer = client_of(coordinator).post(reverse("propose_template", args=[ncic.pk]), answers(**changed))
    assert answer.status_code == 302
    assert ListTemplate.objects.get().layout["columns"][1] == {"field": "state", "start": 9, "width": 2}
    again = given(client_of(coordinator), ncic, sample.encode())
    assert again.context["form"]["widths"].value() == "plate 1 8\nstate 9 2\nreason 11 10"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "hotlist.empty"),
        (b"\xff\xfea\x00,\x00", "hotlist.encoding"),
        (b"PK\x03\x04rest", "hotlist.encoding"),
        (b"A" * 200_000, "hotlist.row_too_long"),
        (b"A,B\n" * 300_000, "sample.too_large"),
    ],
)
def test_samples_that_are_none(client_of, coordinator, ncic, body, code):
    answer = given(client_of(coordinator), ncic, body)
    assert answer.status_code == 422
    assert answer.context["given"].errors.as_data()["file"][0].code == code


def test_a_list_of_members_has_no_template(client_of, coordinator):
    assert client_of(coordinator).get(reverse("propose_template", args=[make.bolo().pk])).status_code == 403
    with pytest.raises(Refused):
        lists.propose_template(make.bolo(), by=coordinator, layout=layouts.read_layout(make.LAYOUT))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "layout.shape"),
        ([], "layout.shape"),
        ({"columns": {"plate": "plate"}}, "layout.shape"),
        ({"columns": [], "format": "delimited"}, "layout.columns"),
        ({"columns": [{"field": "vin", "name": "VIN"}]}, "layout.columns"),
        ({"columns": [{"field": "plate", "name": "P"}], "extra": 1}, "layout.unknown"),
        ({"columns": [{"field": "plate", "name": "P"}], "delimiter": "x"}, "layout.choice"),
        ({"columns": [{"field": "plate", "name": "P"}], "encoding": "utf-7"}, "layout.choice"),
        ({"columns": [{"field": "plate", "name": "P"}], "header": "yes"}, "layout.choice"),
        ({"columns": [{"field": "plate"}]}, "layout.header"),
        ({"columns": [{"field": "plate", "name": "A"}, {"field": "ignore", "name": "A"}]}, "layout.header"),
        ({"columns": [{"field": "plate", "start": 0, "width": 8}], "format": "fixed"}, "layout.width"),
        ({"columns": [{"field": "plate", "start": True, "width": 8}], "format": "fixed"}, "layout.width"),
        ({"columns": [{"field": "plate", "name": "P"}], "immigration": "x"}, "layout.immigration"),
        ({"columns": [{"field": "plate", "name": "P"}], "codes": {"plate": {"a": "b"}}}, "layout.codes"),
    ],
)
def test_layouts_that_are_none(value, code):
    with pytest.raises(BadInput) as error:
        layouts.read_layout(value)
    assert error.value.code == code
