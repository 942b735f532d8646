"""Every page of members, training and documents as those who use it, on a phone at night: axe finds nothing, nothing is cut."""

from __future__ import annotations

import pytest

from tests import make

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


@pytest.mark.parametrize("who", PAGES)
def test_nothing_is_wrong_with_any(who, visit, axe, request, officer):
    ids = {"officer": officer.pk, "course": make.exam_course().pk, "completion": officer.completions.get().pk}
    page = visit(request.getfixturevalue(who), **PHONE)
    wrong = []
    for address in PAGES[who]:
        answer = page.goto(address.format(**ids))
        wrong += [f"{address}: {fault}" for fault in axe(page)]
        if answer.status != 200 or page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wrong.append(f"{address}: status {answer.status}, or wider than its window")
    assert wrong == []
