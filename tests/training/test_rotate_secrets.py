"""F.1: secrets of second factors change to a newer key, as often as one likes, and a wrong key never starts the portal."""

from __future__ import annotations

import base64
import os

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings as configured
from django.core.management import call_command
from django.core.management.base import CommandError

from alpr_portal import checks
from tests import make
from tests.doors import sign_in
from training.management.commands.rotate_secrets import Command
from training.second_factor import box

pytestmark = pytest.mark.clause("F.1")
OLD, NEW = configured.SECOND_FACTOR_KEYS[0], Fernet.generate_key().decode()


def secrets():
    """Every stored secret."""
    found = Authenticator.objects.exclude(type="webauthn").order_by("pk").values_list("data", flat=True)
    return [data.get("secret") or data["seed"] for data in found]


def opened_by(key):
    """How many of the secrets this key alone opens."""
    opened = 0
    for secret in secrets():
        try:
            Fernet(key).decrypt(secret.encode())
            opened += 1
        except InvalidToken:
            continue
    return opened


@pytest.fixture
def three(officer, supervisor, client_of, settings):
    """Three secrets, one of them of recovery codes, under the old key; the new one is set before it."""
    client_of(officer).post("/accounts/2fa/recovery-codes/generate/")
    settings.SECOND_FACTOR_KEYS = [NEW, OLD]


@pytest.mark.django_db
class TestRotateSecrets:
    def test_all_open_with_the_new_key_alone(self, three, settings, capsys):
        assert (opened_by(OLD), opened_by(NEW)) == (3, 0)
        call_command("rotate_secrets")
        assert (opened_by(OLD), opened_by(NEW)) == (0, 3)
        assert "3 encrypted anew" in capsys.readouterr().out
        settings.SECOND_FACTOR_KEYS = [NEW]
        assert sign_in("okoro")[1]["Location"] == "/home/"

    def test_until_then_both_keys_open(self, three):
        assert sign_in("okoro")[1]["Location"] == "/home/"

    def test_a_dry_run_changes_nothing(self, three, capsys):
        before = secrets()
        call_command("rotate_secrets", dry_run=True)
        assert secrets() == before
        assert "3 would be encrypted anew" in capsys.readouterr().out

    def test_stopped_halfway_it_goes_on_and_leaves_alone_what_is_done(self, three, monkeypatch, capsys):
        real, done = Command.rotate, []

        def stops(self, pk, *, dry_run):
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(pk)
            return real(self, pk, dry_run=dry_run)

        monkeypatch.setattr(Command, "rotate", stops)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_secrets")
        half = secrets()
        assert opened_by(NEW) == 2
        monkeypatch.setattr(Command, "rotate", real)
        call_command("rotate_secrets")
        assert opened_by(NEW) == 3
        assert secrets()[:2] == half[:2]
        assert "1 encrypted anew, 2 under the newest key already" in capsys.readouterr().out

    def test_a_lost_key_is_said_and_the_others_are_done(self, three, settings):
        lost = Authenticator.objects.exclude(type="webauthn").first()
        lost.data["secret"] = Fernet(Fernet.generate_key()).encrypt(make.SECRET.encode()).decode()
        lost.save()
        with pytest.raises(CommandError, match=f"1 secrets are opened by no key .*numbers {lost.pk}"):
            call_command("rotate_secrets")
        assert opened_by(NEW) == 2

    def test_the_database_holds_no_secret_that_opens_something(self, three):
        call_command("rotate_secrets")
        assert make.SECRET not in str(list(Authenticator.objects.values_list("data", flat=True)))


class TestKeys:
    @pytest.mark.parametrize(
        ("keys", "production", "ids"),
        [
            ([NEW], True, []),
            ([NEW, " " + Fernet.generate_key().decode()], True, []),
            ([OLD], False, []),
            ([OLD], True, ["alpr.E004"]),
            ([NEW, OLD], True, ["alpr.E004"]),
            (["short"], False, ["alpr.E003"]),
            ([""], True, ["alpr.E003"]),
            ([base64.b64encode(os.urandom(16)).decode()], True, ["alpr.E003"]),
            (["\u00e9" * 44], True, ["alpr.E003"]),
        ],
    )
    def test_a_key_that_opens_nothing_or_that_everybody_knows_is_refused(self, settings, keys, production, ids):
        settings.SECOND_FACTOR_KEYS, settings.PRODUCTION = keys, production
        found = checks.second_factor_keys(None)
        assert [error.id for error in found] == ids
        assert all(error.msg.startswith("SECOND_FACTOR_KEYS") for error in found)

    def test_the_start_fails_and_names_the_setting(self, settings):
        from django.apps import apps

        settings.SECOND_FACTOR_KEYS = ["short"]
        with pytest.raises(SystemExit, match="SECOND_FACTOR_KEYS: key 1 is no 32 bytes"):
            apps.get_app_config("training").ready()

    def test_the_first_key_encrypts(self, settings):
        settings.SECOND_FACTOR_KEYS = [NEW, OLD]
        assert Fernet(NEW).decrypt(box().encrypt(b"seed")) == b"seed"
