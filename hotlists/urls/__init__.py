"""Addresses of hotlists: no plate and no name in any of them."""

from . import entries, hits, lists, stops

urlpatterns = [*lists.urlpatterns, *entries.urlpatterns, *hits.urlpatterns, *stops.urlpatterns]
