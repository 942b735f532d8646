"""The demo in one command: a database, fictional data up to now, and the portal on a local port."""

from __future__ import annotations

import shutil
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

import psycopg
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connections
from psycopg import sql

from alpr_portal import embedded
from alpr_portal.bootstrap import bootstrap_database
from alpr_portal.demo import load, servers
from alpr_portal.demo.cameras import SENDERS
from alpr_portal.demo.cast import CAST, PASSWORD, SEED
from alpr_portal.demo.vehicles import FEATURED
from alpr_portal.management.base import PortalCommand
from alpr_portal.management.commands.bootstrap_database import superuser_address
from alpr_portal.roles import ROLES


class Command(PortalCommand):
    help = (
        "Run the portal with fictional people, cameras, reads and searches, all dated relative to today. A later start "
        "adds what has come since. Everybody signs in with one password, which is printed. Refuses where real members "
        "exist."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=port, default=8000, help="Where the portal listens, on this machine only (8000)."
        )
        parser.add_argument("--no-server", action="store_true", help="Load the data and end.")
        parser.add_argument("--reset", action="store_true", help="Throw the demo's database and images away first.")
        parser.add_argument("--code", action="store_true", help="Show the code of everybody's code app, and end.")
        parser.add_argument("--days", type=days, default=load.DAYS, help="How many days of reads and searches (30).")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT != "demo":
            raise CommandError(
                f"This is {settings.ENVIRONMENT}, not the demo: run `make demo`, or set ENVIRONMENT=demo."
            )
        if options["code"]:
            return self.show_code()
        if not options["no_server"]:
            servers.require_port(options["port"])
        servers.require_room()
        mine = servers.started_here()
        try:
            self.prepare(options["reset"])
            self.load(options["days"])
            if options["no_server"]:
                self.show_people()
            else:
                self.serve(servers.Servers(options["port"]))
        finally:
            connections.close_all()
            if not options["no_server"] and (said := servers.stop_embedded(mine)):
                self.say(said)

    def prepare(self, reset: bool) -> None:
        """A migrated database, made anew where that was asked for."""
        name, address = settings.DATABASES["default"]["NAME"], administrator()
        if reset:
            self.forget(address, name)
        if address:
            bootstrap_database(address, name)
        call_command("migrate", verbosity=0)

    def forget(self, address: str, name: str) -> None:
        """Drop the demo's database and images; never one that holds anything else."""
        if not address:
            raise CommandError("--reset drops the database, which takes a superuser's address: set DATABASE_ADMIN_URL.")
        connections.close_all()
        with psycopg.connect(address, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                with psycopg.connect(address, dbname=name) as inside:
                    load.require_droppable(inside)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        shutil.rmtree(Path(settings.DATA_DIR) / "images", ignore_errors=True)

    def load(self, days: int) -> None:
        with self.progress("Demo data", 1000) as at:
            loaded = load.bring_up_to_now(lambda what, share: at(round(share * 1000)), days=days)
        said = "Loaded" if loaded.first else "Brought up to now"
        self.say(f"{said}: {loaded.reads:,} reads, {loaded.images} images, {loaded.searches} searches added.")

    def serve(self, running: servers.Servers) -> None:
        try:
            with running.running():
                self.show_people()
                if "worker" not in running.processes:
                    self.say("Redis does not answer: the portal runs, its hourly duties do not.")
                self.say(f"\nThe portal: {running.address}   (Ctrl-C stops it; its log: {running.log})")
                running.wait()
        except KeyboardInterrupt:
            self.say("\nThe portal is stopped.")

    def show_code(self) -> None:
        """The code that every account of the demo takes now. A code opens an account once."""
        counter, gone = divmod(int(time.time()), 30)
        self.say(f"{format_hotp_value(hotp_value(SEED, counter))}   (a new one in {30 - gone} s)")

    def show_people(self) -> None:
        """The sign-ins, plates worth a search, and keys for the API."""
        wide = max(len(person.username) for person in CAST)
        role_wide = max(map(len, ROLES))
        self.say(f"\nSign in with one of these user names, the password  {PASSWORD}")
        self.say(f"and a code: `make code` shows it; or put this seed into a code app:  {SEED}\n")
        self.say(f"  {'user name':<{wide}}  {'role':<{role_wide}}  who")
        for person in CAST:
            note = f" ({person.note})" if person.note else ""
            role = person.role.replace("_", " ")
            self.say(
                f"  {person.username:<{wide}}  {role:<{role_wide}}  {person.name}, {person.rank}, {person.unit}{note}"
            )
        self.say(f"\nPlates worth a search: {', '.join(vehicle.plate for vehicle in FEATURED)}")
        self.say("Keys for POST /api/v1/reads: " + ", ".join(f"{sender.key} ({sender.format})" for sender in SENDERS))


def administrator() -> str:
    """A superuser's address, where there is one; "" where the operator made the database and its roles himself."""
    if settings.DATABASE_URL.startswith("embedded:"):
        url = embedded.database_url()
        return url.replace(f"/{embedded.DATABASE}?", "/postgres?")
    try:
        return superuser_address()
    except CommandError:
        return ""
    except psycopg.OperationalError as error:
        raise OperationalError(str(error)) from error


def port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError("give a number from 1 to 65535")
    return int(text)


def days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= load.DAYS:
        raise ArgumentTypeError(f"give a whole number from 1 to {load.DAYS}")
    return int(text)
