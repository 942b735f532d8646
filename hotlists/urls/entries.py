"""Addresses of hot-list entries and the decisions on them."""

from __future__ import annotations

from typing import Any

from django.urls import path

from ..views import entries, entry_decisions, entry_files

urlpatterns: list[Any] = [
    path("hot-lists/entries/", entries.list_entries, name="list_entries"),
    path("hot-lists/entries/new/", entries.propose_entry, name="propose_entry"),
    path("hot-lists/entries/file/", entry_files.load_entries, name="load_entries"),
    path("hot-lists/entries/waiting/", entry_decisions.decide_entries, name="decide_entries"),
    path("hot-lists/entries/<uuid:pk>/", entries.view_entry, name="view_entry"),
    path("hot-lists/entries/<uuid:pk>/change/", entries.edit_entry, name="edit_entry"),
    path("hot-lists/entries/<uuid:pk>/decide/", entry_decisions.decide_entry, name="decide_entry"),
    path("hot-lists/entries/<uuid:pk>/confirm/", entry_decisions.confirm_entry, name="confirm_entry"),
    path("hot-lists/entries/<uuid:pk>/end/", entries.end_entry, name="end_entry"),
]
