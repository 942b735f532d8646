"""The address under which what a hit saw is kept."""

from __future__ import annotations

from django.urls import path

from ..views import holds

urlpatterns = [path("hits/<uuid:pk>/hold/", holds.ask_hold_of_hit, name="ask_hold_of_hit")]
