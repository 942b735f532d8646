"""Addresses of hits: queue, incident, verification, news."""

from __future__ import annotations

from django.urls import path

from ..views import events, hits, incident

urlpatterns = [
    path("hits/", hits.list_hits, name="list_hits"),
    path("hits/candidates/", hits.list_candidates, name="list_candidates"),
    path("hits/<uuid:pk>/", incident.view_incident, name="view_incident"),
    path("hits/<uuid:pk>/take/", incident.take_incident, name="take_incident"),
    path("hits/<uuid:pk>/assign/", incident.assign_incident, name="assign_incident"),
    path("hits/<uuid:pk>/mute/", incident.mute_incident, name="mute_incident"),
    path("hits/<uuid:pk>/verify/", incident.verify_hit, name="verify_hit"),
    path("hits/<uuid:pk>/close/", incident.close_hit, name="close_hit"),
    path("hits/<uuid:pk>/reads/<uuid:read_id>/images/<int:number>/", incident.view_hit_image, name="view_hit_image"),
    path("hits/<uuid:pk>/reads/<uuid:read_id>/report/", incident.report_hit, name="report_hit"),
    path("events/hits/", events.hit_events, name="hit_events"),
]
