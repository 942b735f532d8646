"""The addresses of held data."""

from django.urls import path

from . import views

urlpatterns = [
    path("held/<uuid:pk>/", views.search_held, name="search_held"),
    path("held/<uuid:pk>/package/", views.export_held, name="export_held"),
    path("held/<uuid:pk>/reads/<uuid:read_id>/", views.view_held_read, name="view_held_read"),
    path("held/<uuid:pk>/reads/<uuid:read_id>/images/<int:number>/", views.view_held_image, name="view_held_image"),
]
