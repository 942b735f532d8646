"""Addresses of hotlists: no plate and no name in any of them."""

from . import entries, hits, holds, lists, stops

urlpatterns = [
    *lists.urlpatterns,
    *entries.urlpatterns,
    *hits.urlpatterns,
    *holds.urlpatterns,
    *stops.urlpatterns,
]
