"""Addresses of hot lists, their file templates, files and receipts."""

from __future__ import annotations

from django.urls import path

from ..views import list_files, list_templates, lists

urlpatterns = [
    path("hot-lists/", lists.list_hot_lists, name="list_hot_lists"),
    path("hot-lists/new/", lists.add_hot_list, name="add_hot_list"),
    path("hot-lists/<uuid:pk>/", lists.view_hot_list, name="view_hot_list"),
    path("hot-lists/<uuid:pk>/edit/", lists.edit_hot_list, name="edit_hot_list"),
    path("hot-lists/<uuid:pk>/file/", list_files.deliver_list_file, name="deliver_list_file"),
    path("hot-lists/<uuid:pk>/template/", list_templates.propose_template, name="propose_template"),
    path("hot-lists/templates/<uuid:pk>/", list_templates.view_template, name="view_template"),
    path("hot-lists/templates/<uuid:pk>/decide/", list_templates.decide_template, name="decide_template"),
    path("hot-lists/files/<uuid:pk>/", list_files.view_list_file, name="view_list_file"),
    path("hot-lists/files/<uuid:pk>/decide/", list_files.decide_refresh, name="decide_refresh"),
]
