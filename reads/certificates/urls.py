"""The addresses of certificates."""

from django.urls import path

from . import views

urlpatterns = [
    path("certificates/", views.list_certificates, name="list_certificates"),
    path("certificates/month.pdf", views.print_certificates, name="print_certificates"),
    path("certificates/<uuid:pk>/", views.view_certificate, name="view_certificate"),
]
