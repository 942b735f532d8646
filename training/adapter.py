"""What allauth may and may not do here: no self sign-up, no e-mail that carries data."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the department, never from a form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> Any:
        try:
            return super().get_client_ip(request)
        except Exception:  # allauth raises where the proxy chain is shorter than configured
            return request.META.get("REMOTE_ADDR")
