"""List files for vehicles: take one, see who took which, and what came back under it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused
from training.access import refuse, requires
from training.lists import listed

from .. import packs
from ..models import VehiclePack
from ..pack_files import INFORMATIONAL, key_name, private_key, public_pem
from ..pack_forms import PackFilter, PackTable, TakePack, one_list


@requires(packs.VIEW)
@require_safe
def list_packs(request: MemberRequest) -> HttpResponse:
    """Every list file that left for a vehicle: for which reader, by whom, which versions."""
    found = PackFilter(request.GET, VehiclePack.objects.select_related("camera").defer("manifest"))
    return listed(request, found, PackTable, "hotlists/packs/list_packs.html", "Vehicle packs", **key())


def key() -> dict[str, str]:
    """The key that packs are checked with."""
    public = private_key(settings.PACK_KEY).public_key()
    return {"public_key": public_pem(settings.PACK_KEY), "key_name": key_name(public)}


@requires(packs.TAKE)
@require_http_methods(["GET", "POST"])
def take_pack(request: MemberRequest) -> HttpResponse | FileResponse:
    """Take a signed list file along; on record before its first byte leaves."""
    now = timezone.now()
    form = TakePack(request.POST if request.method == "POST" else None, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            pack, file = packs.take_pack(**form.cleaned_data, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act=packs.TAKE)
        name = f"pack-{pack.camera.code}-{str(pack.pk)[:8]}.zip"
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip", headers=headers)
    wrong = bool(form.is_bound and form.errors)
    context = {"form": form, "heading": "Take a pack", "has_errors": wrong, "notice": INFORMATIONAL, **key()}
    return render(request, "hotlists/packs/take_pack.html", context, status=422 if wrong else 200)


@requires(packs.VIEW)
@require_safe
def view_pack(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One pack: what it held, who took it, how many hits came back under it."""
    pack = get_object_or_404(VehiclePack.objects.select_related("camera"), pk=pk)
    context = {
        "pack": pack,
        "heading": f"Pack {str(pack.pk)[:8].upper()}",
        "lists": [(one, one_list(one)) for one in pack.lists],
        "back": packs.came_back(pack),
        "notice": INFORMATIONAL,
        **key(),
    }
    return render(request, "hotlists/packs/view_pack.html", context)
