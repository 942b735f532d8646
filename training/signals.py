"""Every sign-in, sign-out and failure becomes a record (K.login)."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from .models import Member, SignIn


def address(request: Any) -> str | None:
    """The client's address as the last trusted proxy saw it; None where there is no request."""
    if request is None:
        return None
    from allauth.account.adapter import get_adapter

    return get_adapter().get_client_ip(request)


@receiver(user_logged_in)
def signed_in(request: Any, user: Member, **kwargs: Any) -> None:
    SignIn.objects.write(by=user, kind=SignIn.Kind.IN, address=address(request))
    if request is not None:
        request.session["signed_in_at"] = request.session["active_at"] = timezone.now().timestamp()


@receiver(user_logged_out)
def signed_out(request: Any, user: Member | None, **kwargs: Any) -> None:
    if user is not None:
        kind = getattr(request, "signed_out_because", SignIn.Kind.OUT)
        SignIn.objects.write(by=user, kind=kind, address=address(request))


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    member = Member.objects.filter(username=str(credentials.get("username", ""))[:60]).first()
    SignIn.objects.write(by=member, kind=SignIn.Kind.FAILED, address=address(request))
