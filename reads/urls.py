"""Addresses of reads: no plate and no name in any of them."""

from django.urls import path

from . import api
from .views import cameras, columns, log, read, search

urlpatterns = [
    path("searches/", log.list_queries, name="list_queries"),
    path("searches/export/<str:format>/", log.export_queries, name="export_queries"),
    path("searches/new/", search.run_query, name="run_query"),
    path("searches/waiting/", log.list_waiting, name="list_waiting"),
    path("searches/<uuid:pk>/", search.view_query, name="view_query"),
    path("searches/<uuid:pk>/decide/", log.decide_query, name="decide_query"),
    path("searches/<uuid:pk>/run/", search.run_approved, name="run_approved"),
    path("searches/<uuid:pk>/case-number/", search.supply_case_number, name="supply_case_number"),
    path("searches/<uuid:pk>/record.pdf", search.view_record, name="view_record"),
    path("searches/<uuid:pk>/export/<str:format>/", read.export_reads, name="export_reads"),
    path("searches/<uuid:pk>/reads/<uuid:read_id>/", read.view_read, name="view_read"),
    path("searches/<uuid:pk>/reads/<uuid:read_id>/sheet.pdf", read.export_sheet, name="export_sheet"),
    path("searches/<uuid:pk>/reads/<uuid:read_id>/images/<int:number>/", read.view_image, name="view_image"),
    path("cameras/", cameras.list_cameras, name="list_cameras"),
    path("cameras/new/", cameras.edit_camera, name="add_camera"),
    path("cameras/<uuid:pk>/", cameras.view_camera, name="view_camera"),
    path("cameras/<uuid:pk>/edit/", cameras.edit_camera, name="edit_camera"),
    path("cameras/<uuid:pk>/siting/", cameras.attest_siting, name="attest_siting"),
    path("sources/", cameras.list_sources, name="list_sources"),
    path("sources/new/", cameras.edit_source, name="add_source"),
    path("sources/<uuid:pk>/", cameras.view_source, name="view_source"),
    path("sources/<uuid:pk>/edit/", cameras.edit_source, name="edit_source"),
    path("sources/<uuid:pk>/columns/", columns.edit_columns, name="edit_columns"),
    path("sources/<uuid:pk>/key/", cameras.issue_key, name="issue_key"),
    path("api/v1/reads", api.post_reads, name="post_reads"),
    path("api/v1/openapi.json", api.openapi, name="openapi"),
    path("api/docs/", api.docs, name="api_docs"),
]
