"""Bad and awkward files of hot lists: each has its outcome, and whatever it is, the old list is whole."""

from __future__ import annotations

import json

import pytest

from hotlists import importer
from hotlists.models import HotList, ListState, Refresh, WatchRow
from tests import make
from tests.corpus import bad_inputs
from tests.hotlists.files import load, ready, watched

pytestmark = [pytest.mark.clause("C.2.B.1"), pytest.mark.django_db]
OUTCOMES = {"accept": "applied", "hold": "held", "reject": "refused"}
OLD = {"1OLD111", "2OLD222"}


@pytest.mark.parametrize("case", bad_inputs("hotlist_file"))
def test_files_of_hot_lists(case, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    svs = ready()
    if case.previous_rows:
        make.refresh(svs, *OLD)
        # the version in force had so many rows in its file
        monkeypatch.setattr(importer, "_in_force", lambda pk: (case.previous_rows, case.previous_rows))
    body = case.value if isinstance(case.value, bytes) else case.value.encode()
    receipt = load(svs, body)
    assert (receipt.outcome, receipt.code) == (OUTCOMES[case.expect], case.code or ""), case.note
    svs = HotList.objects.get(pk=svs.pk)
    if case.expect == "accept":
        assert len(watched(svs)) >= 1
        assert WatchRow.objects.filter(hot_list=svs, refresh_id=receipt.pk).count() == receipt.kept
    elif case.previous_rows:
        assert watched(svs) == OLD
    else:
        assert not ListState.objects.exists()
    assert WatchRow.objects.filter(refresh_id=receipt.pk).count() == receipt.kept
    assert Refresh.objects.count() == (2 if case.previous_rows else 1)
    said = json.dumps([receipt.faults, receipt.says])
    assert "HOT" not in said
    assert "8ABC123" not in said
    assert list(importer.spool().iterdir()) == []
