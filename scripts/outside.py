"""Find a PostgreSQL and a Redis on localhost that the tests may use: `.ci/run` goes through the suite again on them.

Prints NAME=address lines for what serves, and on standard error what was looked for and found. Only servers that
let us in without a password count, and of Redis only an empty database 15: others belong to somebody.
"""

from __future__ import annotations

import getpass
import sys

import psycopg
import redis

POSTGRES, REDIS = (15, "127.0.0.1", 5432), (7, "127.0.0.1", 6379)  # the oldest version we run on, and where
TEST_DATABASE = 15


def postgres() -> tuple[str, str]:
    """(address, what was found) of a PostgreSQL where we are a superuser; an empty address when there is none."""
    oldest, host, port = POSTGRES
    found = f"no PostgreSQL answers on {host}:{port}"
    for user in dict.fromkeys(("postgres", getpass.getuser())):
        address = f"postgresql://{user}@{host}:{port}/postgres"
        try:
            with psycopg.connect(address, connect_timeout=3) as connection:
                version = connection.info.server_version // 10000
                row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        except psycopg.Error as error:
            if "refused" not in str(error):
                found = f"the PostgreSQL on {host}:{port} lets nobody in without a password"
            continue
        if row and row[0] and version >= oldest:
            return address, f"PostgreSQL {version} on {host}:{port}"
        found = f"the PostgreSQL {version} on {host}:{port} is older than {oldest}, or {user} is no superuser there"
    return "", found


def empty_redis() -> tuple[str, str]:
    """(address, what was found) of an empty Redis database; an empty address when there is none."""
    oldest, host, port = REDIS
    try:
        with redis.Redis(host, port, db=TEST_DATABASE, socket_connect_timeout=3) as client:
            version, size = str(client.info("server")["redis_version"]), client.dbsize()
    except redis.RedisError:
        return "", f"no Redis answers on {host}:{port}"
    if int(version.split(".", maxsplit=1)[0]) < oldest:
        return "", f"the Redis {version} on {host}:{port} is older than {oldest}"
    if size:
        return "", f"database {TEST_DATABASE} of the Redis on {host}:{port} is in use"
    return f"redis://{host}:{port}/{TEST_DATABASE}", f"Redis {version} on {host}:{port}"


if __name__ == "__main__":
    for name, (address, found) in (("DATABASE_URL", postgres()), ("REDIS_URL", empty_redis())):
        print(f"  {found}", file=sys.stderr)
        if address:
            print(f"{name}={address}")
