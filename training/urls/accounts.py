"""The door: sign-in, second factor, one's own account, locks. The names are allauth's where it looks them up.

Of allauth's own pages only these exist here: nobody signs up, changes a mail address or resets a password by mail.
"""

from allauth.account.views import logout
from django.urls import include, path

from ..views import account, door, invitation, locks, sign_ins

factors = [
    path("", door.ListFactors.as_view(), name="mfa_index"),
    path("authenticate/", door.sign_in_by_code, name="mfa_authenticate"),
    path("reauthenticate/", door.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("totp/activate/", door.AddCodeApp.as_view(), name="mfa_activate_totp"),
    path("totp/deactivate/", door.RemoveCodeApp.as_view(), name="mfa_deactivate_totp"),
    path("recovery-codes/", door.view_codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/generate/", door.MakeCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("webauthn/", door.list_passkeys, name="mfa_list_webauthn"),
    path("webauthn/add/", door.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("webauthn/login/", door.sign_in_by_passkey, name="mfa_login_webauthn"),
    path("webauthn/reauthenticate/", door.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("webauthn/keys/<int:pk>/remove/", door.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("webauthn/keys/<int:pk>/edit/", door.rename_passkey, name="mfa_edit_webauthn"),
]
urlpatterns = [
    path("invitation/<str:token>/", invitation.accept_invitation, name="accept_invitation"),
    path("mine/", account.view_account, name="view_account"),
    path("mine/end/", account.end_session, name="end_session"),
    path("locks/", locks.list_locks, name="list_locks"),
    path("locks/<uuid:pk>/release/", locks.release_lock, name="release_lock"),
    path("sign-ins/", sign_ins.list_sign_ins, name="list_sign_ins"),
    path("refusals/", sign_ins.list_refusals, name="list_refusals"),
    path("login/", door.sign_in, name="account_login"),
    path("logout/", logout, name="account_logout"),
    path("reauthenticate/", door.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("password/change/", door.change_password, name="account_change_password"),
    path("2fa/", include(factors)),
]
