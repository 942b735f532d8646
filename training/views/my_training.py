"""A member's own training: what holds, until when, and what is missing. The one page of a member who may not enter."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest

from .. import completions, own_training
from ..access import MEMBERS, open_to, opens_data
from ..standing import standing


@open_to(MEMBERS, untrained=True)
@require_safe
def my_training(request: MemberRequest) -> HttpResponse:
    """What covers me today, what is missing, and what to do about it."""
    now, member = timezone.now(), request.user
    papers = standing(member, now)
    held = own_training.own_completions(member)
    covered = own_training.coverage(held, now)
    missing = [each.says.lower() for each in covered if each.state in {"never", "lapsed"}]
    context = {
        "papers": papers,
        "shut": papers.refusal if opens_data(member) else None,
        "needs_training": opens_data(member),
        "covered": covered,
        "missing": missing,
        "lapsing": [each.says.lower() for each in covered if each.state == "lapsing"],
        "offers": own_training.offers(covered),
        "designation": own_training.designation(member, now),
        "completions": [(each, completions.state_of(each, now)) for each in held],
        "attempts": own_training.attempts(member),
        "material": own_training.material(),
        "letters": own_training.letters(member),
        "heading": "My training",
    }
    return render(request, "training/my_training.html", context)
