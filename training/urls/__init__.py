"""Addresses of who may come in: no name and no plate in any of them."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("training.urls.accounts")),
    path("members/", include("training.urls.members")),
    path("training/", include("training.urls.training")),
    path("documents/", include("training.urls.documents")),
]
