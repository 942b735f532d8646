"""The door for new members: a one-time link, behind which they set a password of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from alpr_portal.policy.refusal import Refused

from .. import invitations
from ..access import EVERYBODY, open_to
from ..adapter import record
from ..models import Member, SignIn

LONGEST = 200  # characters; hashing is slow on purpose, and its work grows with the password


class AcceptInvitation(forms.Form):
    """F.1: a password of one's own, typed twice."""

    password = forms.CharField(
        label="Password",
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=" ".join(password_validators_help_texts()),
    )
    again = forms.CharField(
        label="The same password again",
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member = member

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        password, again = values.get("password"), values.get("again")
        if password and again and password != again:
            self.add_error("again", ValidationError("The two do not agree: type both again.", code="password.differs"))
        elif password:
            try:
                validate_password(password, self.member)
            except ValidationError as error:
                self.add_error("password", error)
        return values


@open_to(EVERYBODY)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Set the first password. A link that is unknown, used, replaced or too old answers 404, all alike."""
    invitation = invitations.usable(token, now=timezone.now())
    if invitation is None:
        return closed(request)
    form = AcceptInvitation(request.POST if request.method == "POST" else None, member=invitation.member)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                invitations.accept(invitation, password=form.cleaned_data["password"])
                record(request, invitation.member, SignIn.Kind.PASSWORD, note="by invitation")
        except Refused:
            return closed(request)
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("account_login")
    context = {"form": form, "invitation": invitation}
    return render(request, "training/accept_invitation.html", context, status=422 if form.errors else 200)


def closed(request: HttpRequest) -> HttpResponse:
    """The page of a link that opens nothing."""
    return render(request, "training/accept_invitation.html", {"invitation": None}, status=404)
