"""The forms of the second factor: what is typed is tried in turn and counted, what is sent by a browser is not trusted."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput

from . import locks
from .adapter import address, device
from .models import SignIn
from .second_factor import box, spend, step_of

LONGEST_CODE = 40
LONGEST_CREDENTIAL = 20_000
KEPT = ("type", "id", "rawId")  # of what a browser says of a new passkey
MALFORMED = (  # what the parsers of JSON, CBOR and keys raise
    *(TypeError, ValueError, LookupError, AttributeError, RecursionError, AssertionError, ArithmeticError),
    *(NotImplementedError, EOFError, struct.error, UnsupportedAlgorithm),
)
WRONG_PASSKEY = "This passkey did not open the account. Try again, or use another way."


def code_field(label: str, help_text: str = "") -> forms.CharField:
    """A code as it is typed from a phone or a printed sheet."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )


class SpendsCode:
    """A code of the app, or a recovery code; works once, and a wrong one counts towards the lock."""

    reauthentication = False

    def clean_code(self: Any) -> str:
        with locks.in_turn(self.user):
            refusal = locks.confirm_refusal(self.user) if self.reauthentication else locks.refusal(self.user)
            self.authenticator = None if refusal else spend(self.user, self.cleaned_data["code"])
        if refusal:
            raise ValidationError(f"{refusal.sentence} {refusal.remedy}", code=refusal.code)
        if self.authenticator is None:
            fail(self.user, Authenticator.objects.filter(user=self.user).first(), again=self.reauthentication)
            raise ValidationError(
                "This code is wrong, was used, or has run out. Wait for the next one.", code="code.wrong"
            )
        self.authenticator.user = self.user
        return str(self.cleaned_data["code"])


def fail(member: Any, authenticator: Authenticator | None, *, again: bool) -> None:
    """Tell allauth's signal, which our record and lock hang on."""
    signals.authentication_failed.send(
        sender=Authenticator, request=context.request, user=member, authenticator=authenticator, reauthentication=again
    )


class SignInCode(SpendsCode, AuthenticateForm):
    code = code_field("Code", "Six digits from your code app, or one of your recovery codes.")


class ConfirmCode(SpendsCode, ReauthenticateForm):
    reauthentication = True
    code = code_field("Code", "Six digits from your code app, or one of your recovery codes.")


class AddCodeApp(ActivateTOTPForm):
    """The seed waits in the session encrypted, like everything of it that is stored."""

    code = code_field("Code that the app shows")

    def __init__(self, *args: Any, **kwargs: Any):
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        session = context.request.session
        sealed = session.get(SECRET_SESSION_KEY) if self.is_bound else None
        if not sealed:
            sealed = session[SECRET_SESSION_KEY] = box().encrypt(generate_totp_secret().encode()).decode()
        self.secret = box().decrypt(sealed.encode()).decode()

    def clean_code(self) -> str:
        self.step = step_of(self.secret, self.cleaned_data["code"])
        if self.step is None:
            raise ValidationError(
                "This is not the code of this seed. Type the code that the app shows now.", code="code.wrong"
            )
        return str(self.cleaned_data["code"])


class CredentialField(forms.JSONField):
    """What a browser's passkey answered: JSON of a size that an answer has."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > LONGEST_CREDENTIAL or "\\u0000" in value):
            raise ValidationError(WRONG_PASSKEY, code="passkey.wrong")
        try:
            found = super().to_python(value)
        except (RecursionError, ValidationError):
            raise ValidationError(WRONG_PASSKEY, code="passkey.wrong") from None
        if found is not None and not isinstance(found, dict):
            raise ValidationError(WRONG_PASSKEY, code="passkey.wrong")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        return ""  # a challenge is answered once: nothing to show again


@contextmanager
def one_challenge() -> Iterator[None]:
    """The challenge of this session, taken out of it before it is tried: whatever comes of it, it works once."""
    state = auth.get_state()
    auth.clear_state()
    context.request.session.save()
    if state:
        auth.set_state(state)
    try:
        yield
    except ValidationError as error:
        raise ValidationError(WRONG_PASSKEY, code="passkey.wrong") from error
    except MALFORMED as error:
        raise ValidationError(WRONG_PASSKEY, code="passkey.wrong") from error
    finally:
        auth.clear_state()


class AnswersChallenge:
    """A passkey's answer to the challenge; a wrong one counts towards the lock of the account that is being opened."""

    reauthentication = False

    def clean_credential(self: Any) -> Authenticator:
        credential = self.cleaned_data["credential"]
        refusal = locks.confirm_refusal(self.user) if self.reauthentication else None
        if refusal:
            raise ValidationError(f"{refusal.sentence} {refusal.remedy}", code=refusal.code)
        try:
            with one_challenge():
                auth.parse_authentication_response(credential)
                member = self.user or auth.extract_user_from_response(credential)
                found: Authenticator = auth.complete_authentication(member, credential)
        except ValidationError:
            if self.user:
                fail(self.user, None, again=self.reauthentication)
            else:  # who it claims to be, anybody could write: the address counts, no account does
                said = {"address": address(context.request), "device": device(context.request)}
                locks.failed(None, SignIn.Kind.FACTOR_FAILED, now=timezone.now(), **said)  # type: ignore[arg-type]
            raise
        return found


class SignInPasskey(AnswersChallenge, AuthenticateWebAuthnForm):
    credential = CredentialField()


class PasskeyAlone(AnswersChallenge, LoginWebAuthnForm):
    credential = CredentialField()


class ConfirmPasskey(AnswersChallenge, ReauthenticateWebAuthnForm):
    reauthentication = True
    credential = CredentialField()


def read_name(value: str) -> str:
    """The name of a passkey, or ValidationError."""
    try:
        return read_text(value, field="name", limit=60, one_line=True)
    except BadInput as error:
        raise ValidationError(error.message, code=error.code) from None


class AddPasskey(AddWebAuthnForm):
    """A passkey that knows its owner and can sign in alone."""

    name = forms.CharField(label="Name", max_length=60, required=False, help_text="To tell it from your others.")
    credential = CredentialField()
    passwordless = None  # always

    def clean_name(self) -> str:
        return read_name(self.cleaned_data["name"]) if self.cleaned_data["name"].strip() else str(self.initial["name"])

    def clean(self) -> dict[str, Any]:
        values = forms.Form.clean(self) or {}
        credential = values.get("credential")
        if credential:
            with one_challenge():
                auth.parse_registration_response(credential)
                if not auth.complete_registration(credential).is_user_verified():
                    raise get_adapter().validation_error("incorrect_code")
                values["credential"] = kept(credential)
        return values


def kept(credential: dict[str, Any]) -> dict[str, Any]:
    """Of what a browser said of a new passkey, what is needed to check it later. KeyError where that is missing."""
    answer = credential["response"]
    return {name: str(credential[name]) for name in KEPT} | {
        "response": {name: str(answer[name]) for name in ("clientDataJSON", "attestationObject")},
        "clientExtensionResults": {"credProps": {"rk": True}},
    }


class RenamePasskey(EditWebAuthnForm):
    name = forms.CharField(label="Name", max_length=60)

    def clean_name(self) -> str:
        return read_name(self.cleaned_data["name"])


class ChangePassword(ChangePasswordForm):
    """The password in force is asked for; a wrong one counts like at sign-in."""

    def clean_oldpassword(self) -> str:
        refusal = locks.confirm_refusal(self.user)
        if refusal:
            raise ValidationError(f"{refusal.sentence} {refusal.remedy}", code=refusal.code)
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            said = {"address": address(context.request), "device": device(context.request)}
            locks.failed(self.user, SignIn.Kind.FAILED, now=timezone.now(), again=True, **said)  # type: ignore[arg-type]
            raise
