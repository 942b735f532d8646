"""The addresses of holds: no plate and no name in any of them."""

from django.urls import path

from .views import asking, deciding, holds

urlpatterns = [
    path("searches/<uuid:pk>/hold/", asking.ask_hold, name="ask_hold"),
    path("holds/", holds.list_holds, name="list_holds"),
    path("holds/<uuid:pk>/", holds.view_hold, name="view_hold"),
    path("holds/<uuid:pk>/document/", holds.view_hold_document, name="view_hold_document"),
    path("holds/<uuid:pk>/decide/", deciding.decide_hold, name="decide_hold"),
    path("holds/<uuid:pk>/review/", deciding.review_hold, name="review_hold"),
    path("holds/<uuid:pk>/members/", deciding.name_member, name="name_hold_member"),
    path("holds/<uuid:pk>/release/", deciding.ask_release, name="ask_release"),
    path("holds/<uuid:pk>/release/decide/", deciding.decide_release, name="decide_release"),
]
