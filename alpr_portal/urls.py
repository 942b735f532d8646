"""Every address of the portal."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.root, name="root"),
    path("home/", views.home, name="home"),
    path("public/", views.public, name="public"),
    path("order/", views.order, name="order"),
    path("health/", views.health, name="health"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("session/stay/", views.stay_signed_in, name="stay_signed_in"),
    path("", include("training.urls")),
    path("", include("reads.urls")),
    path("", include("reads.holds.urls")),
    path("", include("reads.held.urls")),
    path("", include("reads.certificates.urls")),
    path("", include("reads.corrections.urls")),
    path("", include("hotlists.urls")),
    path("", include("audits.urls")),
]
handler400, handler403 = views.error(400), views.error(403)
handler404, handler500 = views.error(404), views.failed
