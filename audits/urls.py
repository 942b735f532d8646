"""The addresses of audits: how long records are kept, legal holds over them, their disposal."""

from __future__ import annotations

from typing import Any

from django.urls import path

from . import views

urlpatterns: list[Any] = [
    path("records/", views.view_records, name="view_records"),
    path("records/reports/new/", views.issue_report, name="issue_report"),
    path("records/holds/", views.list_records_holds, name="list_records_holds"),
    path("records/holds/new/", views.hold_records, name="hold_records"),
    path("records/holds/<uuid:pk>/", views.view_records_hold, name="view_records_hold"),
    path("records/holds/<uuid:pk>/end/", views.end_records_hold, name="end_records_hold"),
    path("records/holds/<uuid:pk>/decide/", views.decide_records_hold_end, name="decide_records_hold_end"),
    path("records/disposals/", views.list_disposals, name="list_disposals"),
    path("records/disposals/new/", views.propose_disposal, name="propose_disposal"),
    path("records/disposals/<uuid:pk>/", views.view_disposal, name="view_disposal"),
    path("records/disposals/<uuid:pk>/decide/", views.decide_disposal, name="decide_disposal"),
]
