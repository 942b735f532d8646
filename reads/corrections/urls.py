"""The addresses of corrections."""

from django.urls import path

from . import views

urlpatterns = [
    path("searches/<uuid:pk>/reads/<uuid:read_id>/report/", views.report_read, name="report_read"),
    path("corrections/", views.list_corrections, name="list_corrections"),
    path("corrections/<uuid:pk>/", views.view_correction, name="view_correction"),
    path("corrections/<uuid:pk>/decide/", views.decide_correction, name="decide_correction"),
]
