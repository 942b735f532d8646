"""What every test stands on: the worker's database, the cast, clients, and a closed network."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import settings as hypothesis_settings

from . import cast, database

# a slow machine is no fault of the code
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Connections leave this machine over no door: only local sockets and the loopback address."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise PermissionError(f"a test tried to connect to {address[0]}")
        return real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), database.worker_database() as name:
        yield name


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Rate limits of one test do not reach the next."""
    cache.clear()


@pytest.fixture
def committed(django_db_setup: str, django_db_blocker: Any) -> Iterator[None]:
    """For tests that touch reads: real transactions on every role's connection, swept afterwards."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            database.sweep(django_db_setup)


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """A signed-in client of a member."""

    def make(member: Any, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
        return confirmed(client)

    return make


def confirmed(client: Client) -> Client:
    """A client whose member has just shown the second factor."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


def _person(name: str) -> Any:
    def build(request: pytest.FixtureRequest) -> Any:
        if "committed" not in request.fixturenames:
            request.getfixturevalue("db")
        return cast.CAST[name]()

    return pytest.fixture(name=name)(build)


for _name in cast.CAST:
    globals()[_name] = _person(_name)
