"""The cache: Redis where it answers, nothing where it does not. Nothing that matters is kept here."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = structlog.get_logger()


def redis_url(location: str) -> str:
    """The address to connect to; ``embedded:`` starts the embedded server on demand."""
    if location != "embedded:":
        return location
    from . import embedded

    return embedded.redis_url()


class PortalCache(RedisCache):
    """Redis behind Django's cache calls; a lost server costs the cached value, never the page."""

    def __init__(self, server: str, params: dict[str, Any]):
        super().__init__(server, params)
        self._location = server
        self._options: dict[str, Any] = params.get("OPTIONS", {})

    @property
    def _cache(self) -> Any:
        if not hasattr(self, "_client"):
            self._client = RedisCacheClient([redis_url(self._location)], **self._options)
        return self._client

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._soft(super().get, default, key, default, version)

    def add(self, key: str, value: Any, timeout: Any = ..., version: int | None = None) -> Any:
        return self._soft(super().add, True, key, value, self._seconds(timeout), version)

    def set(self, key: str, value: Any, timeout: Any = ..., version: int | None = None) -> Any:
        return self._soft(super().set, None, key, value, self._seconds(timeout), version)

    def delete(self, key: str, version: int | None = None) -> Any:
        return self._soft(super().delete, False, key, version)

    def _seconds(self, timeout: Any) -> Any:
        return self.default_timeout if timeout is ... else timeout

    def _soft(self, call: Any, otherwise: Any, *args: Any) -> Any:
        try:
            return call(*args)
        except RedisError as error:
            log.warning("cache_lost", error=type(error).__name__)
            return otherwise
