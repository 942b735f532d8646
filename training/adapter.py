"""What allauth may and may not do here: no self sign-up, and no guessing of passwords even where the cache is lost."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from alpr_portal.policy.clauses import clause

from .models import SignIn

MOST_FAILURES, WITHIN = 5, timedelta(minutes=15)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the department, never from a form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @clause("K.login")
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth counts failures in the cache; the records of the last quarter hour count where that is lost."""
        super().pre_authenticate(request, **credentials)
        username = str(credentials.get("username", ""))
        recent = SignIn.objects.filter(by__username__iexact=username, at__gt=timezone.now() - WITHIN)
        since = recent.filter(kind=SignIn.Kind.IN).order_by("-at").values_list("at", flat=True).first()
        failed = recent.filter(kind=SignIn.Kind.FAILED, **({"at__gt": since} if since else {})).count()
        if failed >= MOST_FAILURES:
            raise self.validation_error("too_many_login_attempts")

    def get_client_ip(self, request: HttpRequest) -> Any:
        try:
            return super().get_client_ip(request)
        except Exception:  # allauth raises where the proxy chain is shorter than configured
            return request.META.get("REMOTE_ADDR")
