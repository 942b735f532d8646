"""Addresses of stops, their spreadsheet, figures, and vehicle packs."""

from __future__ import annotations

from django.urls import path

from ..views import figures, packs, stops

urlpatterns = [
    path("stops/", stops.list_stops, name="list_stops"),
    path("stops/new/", stops.add_stop, name="add_stop"),
    path("stops/export/<str:format>/", stops.export_stops, name="export_stops"),
    path("stops/<uuid:pk>/", stops.view_stop, name="view_stop"),
    path("stops/<uuid:pk>/notes/", stops.add_note, name="add_note"),
    path("stops/steps/<uuid:pk>/", stops.finish_step, name="finish_step"),
    path("hits/<uuid:pk>/stop/", stops.record_stop, name="record_stop"),
    path("packs/", packs.list_packs, name="list_packs"),
    path("packs/new/", packs.take_pack, name="take_pack"),
    path("packs/<uuid:pk>/", packs.view_pack, name="view_pack"),
    path("hits/figures/", figures.view_hit_figures, name="view_hit_figures"),
]
