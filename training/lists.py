"""Lists of this floor: filtered in the address, sorted by named columns only, paged, a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import DateInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_tables2 import RequestConfig

from alpr_portal.policy.inputs import read_sort
from alpr_portal.policy.refusal import BadInput

SIZES = (25, 50, 100)  # rows of a page
DAY = DateInput(attrs={"type": "date"})


def rows_of(filterset: Any) -> Any:
    """What the filters let through; nothing where one of them cannot be read."""
    return filterset.qs if filterset.form.is_valid() else filterset.queryset.none()


def page_size(request: HttpRequest) -> int:
    """The rows of a page that the address asks for; the smallest size where it asks for none of ``SIZES``."""
    asked = request.GET.get("size", "")
    return next((size for size in SIZES if asked == str(size)), SIZES[0])


def listed(
    request: HttpRequest, filterset: Any, table: Callable[..., Any], template: str, heading: str, **context: Any
) -> HttpResponse:
    """The page of a list. An unknown sort key is refused with 400; a page too far is the last one.

    ``filterset``: a bound ``FilterSet``. ``table``: a ``Table`` class, or what makes one of rows and ``request=``.
    The template gets table, filter, chips, heading, filtered, has_errors and ``context``.
    """
    shown = table(rows_of(filterset), request=request)
    allowed = [sign + name for name in shown.base_columns for sign in ("", "-")]
    try:
        read_sort(request.GET.get("sort", ""), allowed)
    except BadInput as error:
        return render(request, "400.html", {"message": error.message}, status=400)
    size = page_size(request)
    RequestConfig(request, paginate={"per_page": size, "silent": True}).configure(shown)
    shown.caption, shown.sizes = heading, sizes(request, size)
    said = {
        "table": shown,
        "filter": filterset,
        "chips": chips(filterset, request),
        "heading": heading,
        "filtered": bool(filterset.form.changed_data),
        "has_errors": bool(filterset.form.errors),
    }
    return render(request, template, {**said, **context})


def sizes(request: HttpRequest, size: int) -> list[dict[str, Any]]:
    """The page sizes to choose from, each with its address; the page begins anew."""
    rest = request.GET.copy()
    rest.pop("page", None)
    shown = []
    for each in SIZES:
        rest["size"] = str(each)
        shown.append({"size": each, "url": f"?{rest.urlencode()}", "active": each == size})
    return shown


def chips(filterset: Any, request: HttpRequest) -> list[dict[str, str]]:
    """The filters in force, each with the address that takes it away."""
    shown = []
    for name, field in filterset.form.fields.items():
        value = request.GET.get(name, "")
        if not value or name in filterset.form.errors:
            continue
        rest = request.GET.copy()
        rest.pop(name, None)
        rest.pop("page", None)
        label = {str(k): v for k, v in getattr(field, "choices", [])}.get(value, value)
        shown.append({"label": str(field.label), "value": str(label), "remove_url": f"?{rest.urlencode()}"})
    return shown
