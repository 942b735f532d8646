"""Every page of members, training, documents and hot lists as those who use it, on a phone at night: axe, nothing cut."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hotlists import packs
from hotlists.models import Incident
from tests import make
from tests.hotlists import stopped

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
PAGES = {
    "system_administrator": (
        *(
            "/home/",
            "/members/",
            "/members/proposals/",
            "/members/personnel/",
            "/members/reviews/",
            "/members/changes/",
        ),
        *("/accounts/locks/", "/documents/", "/documents/gaps/", "/members/{officer}/", "/members/{officer}/edit/"),
        *("/members/{officer}/close/", "/members/{officer}/invitation/", "/members/{officer}/second-factor/"),
    ),
    "supervisor": (
        *("/home/", "/members/", "/members/new/", "/members/reviews/sign/", "/documents/training-report/"),
        *("/documents/training-report/members/", "/training/courses/", "/training/completions/"),
        *("/members/{officer}/roles/", "/members/{officer}/category/"),
    ),
    "administrator": (
        *("/home/", "/documents/publish/", "/members/loans/", "/members/loans/new/", "/members/designations/"),
    ),
    "chief": ("/home/", "/members/designations/", "/members/reviews/"),
    "training_officer": (
        *("/home/", "/training/courses/", "/training/courses/add/", "/training/questions/", "/training/questions/add/"),
        *(
            "/training/completions/",
            "/training/completions/enter/",
            "/training/rosters/",
            "/training/courses/{course}/",
        ),
        *("/training/completions/{completion}/", "/training/completions/{completion}/correct/"),
    ),
    "coordinator": ("/documents/gaps/", "/documents/gaps/add/"),
    "officer": ("/home/", "/training/mine/", "/documents/files/", "/accounts/mine/"),
    "auditor": ("/home/", "/accounts/sign-ins/", "/accounts/refusals/"),
    "untrained_officer": ("/training/mine/",),
}


LISTS = ("/hot-lists/", "/hot-lists/{list}/", "/hot-lists/templates/{template}/", "/hot-lists/files/{file}/")
ENTRIES = ("/hot-lists/entries/", "/hot-lists/entries/{entry}/")
STOPS = ("/stops/", "/stops/{stop}/")
FIGURES = ("/hits/figures/",)
DRIVES = (
    *("/hot-lists/entries/new/", "/hot-lists/entries/file/", "/packs/", "/packs/new/", "/packs/{pack}/"),
    *("/stops/new/", "/hits/{incident}/stop/"),
)
OF_HOT_LISTS = {
    "officer": (*LISTS, *ENTRIES, *STOPS, *DRIVES, "/hot-lists/entries/{waiting}/change/"),
    "supervisor": (*LISTS, *ENTRIES, *STOPS, *DRIVES, *FIGURES, "/stops/{stop}/notes/", "/hits/{incident}/assign/"),
    "administrator": (
        *(*LISTS, *ENTRIES, *STOPS, *FIGURES, "/hot-lists/entries/new/", "/hot-lists/entries/waiting/"),
        *("/hot-lists/entries/{waiting}/decide/", "/hot-lists/entries/{entry}/end/"),
        "/hot-lists/templates/{proposed}/",
    ),
    "coordinator": (
        *(*LISTS, *ENTRIES, *STOPS, *FIGURES, "/hot-lists/new/", "/hot-lists/{list}/edit/", "/hot-lists/{list}/file/"),
        *("/hot-lists/{list}/template/", "/hot-lists/templates/{proposed}/"),
    ),
    "chief": (*LISTS, *FIGURES),
    "auditor": (*LISTS, *ENTRIES, *STOPS, *FIGURES),
    "independent_auditor": (*LISTS, *ENTRIES, *STOPS, *FIGURES),
}


def faults(page, axe, addresses, ids):
    """What is wrong with these pages: their answer, what axe finds, what is cut."""
    wrong = []
    for address in addresses:
        answer = page.goto(address.format(**ids))
        wrong += [f"{address}: {fault}" for fault in axe(page)]
        if answer.status != 200 or page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wrong.append(f"{address}: status {answer.status}, or wider than its window")
    return wrong


@pytest.mark.parametrize("who", PAGES)
def test_nothing_is_wrong_with_any(who, visit, axe, request, officer):
    ids = {"officer": officer.pk, "course": make.exam_course().pk, "completion": officer.completions.get().pk}
    assert faults(visit(request.getfixturevalue(who), **PHONE), axe, PAGES[who], ids) == []


@pytest.fixture
def hot_lists(committed, officer, supervisor):
    """Lists old and new, entries, hits, stops and a pack; each as the addresses name it."""
    now = timezone.now()
    stale = make.hot_list("amber", title="Amber alerts", kind="amber", priority=1)
    make.refresh(stale, "9AMB001", at=now - timedelta(hours=31))
    refresh = make.listed("8ABC123", "7XYZ987", "6DEF456")
    for plate in ("8ABC123", "7XYZ987", "9AMB001", "6DEF4S6"):
        make.read(plate)
    hit, stop_of, _ = Incident.objects.order_by("at", "pk")[:3]
    make.verification(hit, officer)
    make.verification(stop_of, officer, outcome="stop")
    stop = stopped.keep(officer, incident=stop_of, seen=stopped.PLATE, people={"stopped": 1})
    stopped.late(stop, officer)
    stopped.keep(officer)
    entry = make.active(officer, "5GHI789", make="honda", model="civic", colour="red")
    waiting = make.entry(officer, "4JKL012")
    reader = make.camera("car-1", mount="vehicle")
    pack, file = packs.take_pack(
        camera=reader, shift="Second watch", format="csv", lists=[refresh.hot_list], by=officer, now=now
    )
    file.close()
    return {
        "list": refresh.hot_list_id,
        "template": refresh.template_id,
        "proposed": make.template(refresh.hot_list, approved=False).pk,
        "file": refresh.delivery_id,
        "incident": hit.pk,
        "stop": stop.pk,
        "entry": entry.pk,
        "waiting": waiting.entry_id,
        "pack": pack.pk,
    }


@pytest.mark.parametrize("who", OF_HOT_LISTS)
def test_nothing_is_wrong_with_hot_lists(who, visit, axe, request, hot_lists):
    assert faults(visit(request.getfixturevalue(who), **PHONE), axe, OF_HOT_LISTS[who], hot_lists) == []
