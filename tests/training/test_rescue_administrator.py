"""K.login: the only system administrator starts anew by two people at the console, and by nobody else's way."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError
from django.test import Client

from tests import cast, make
from tests.commands.run import run
from training.models import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login")]
WORDS = ("--operator", "Rita Roe", "--second", "Paul Poe", "--reason", "Lost the phone and the codes")


def rescue(username, *words):
    try:
        return run("rescue_administrator", username, *(words or WORDS))
    except CommandError as error:
        return str(error)


def test_the_only_one_gets_an_invitation_and_no_factor(system_administrator):
    said = rescue("sato")
    assert "Rita Roe and Paul Poe" in said
    assert not Authenticator.objects.filter(user=system_administrator).exists()
    assert SignIn.objects.get(kind="factor_removed").note == "At the console by Rita Roe and Paul Poe"
    way = re.search(r"/accounts/invitation/\S+", said)[0]
    assert Client().get(way).status_code == 200


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("another one", "Another system administrator can do this"),
        ("no administrator", "Only a system administrator's open account"),
        ("closed", "Only a system administrator's open account"),
        ("one person", "A rescue takes two people"),
        ("nobody", "No account has this user name"),
    ],
)
def test_otherwise_it_is_refused_and_nothing_changes(case, told, officer, system_administrator):
    username, words = "sato", WORDS
    if case == "another one":
        cast.member("second", "Sven Second", "system_administrator", trained=False)
    elif case == "no administrator":
        username = "okoro"
    elif case == "closed":
        make.closed(system_administrator)
    elif case == "one person":
        words = ("--operator", "Rita Roe", "--second", "rita  roe", "--reason", "Lost the phone")
    else:
        username = "nobody"
    assert told in rescue(username, *words)
    assert Authenticator.objects.filter(user__username="sato").exists()
    assert not SignIn.objects.filter(kind="factor_removed").exists()
