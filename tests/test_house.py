"""The house keeps its own rules: every view names its permission, and reads are reached through one window."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from alpr_portal.roles import ROLES, VERBS
from training.access import LIBRARY_VIEWS, demands

ROOT = Path(__file__).resolve().parent.parent
OURS = ("alpr_portal", "training", "reads", "hotlists", "audits")


def patterns(resolver: Any = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


class TestEveryViewNamesItsPermission:
    def test_ours_all_do(self):
        silent = [
            p.name
            for p in patterns()
            if p.callback.__module__.split(".")[0] in OURS and not any(demands(p.callback, p.name))
        ]
        assert silent == []

    def test_the_walk_saw_the_whole_house(self):
        assert len(list(patterns())) >= 35

    def test_views_of_libraries_are_shut_unless_listed(self):
        theirs = [p for p in patterns() if p.callback.__module__.split(".")[0] not in OURS]
        opened = {p.name for p in theirs if any(demands(p.callback, p.name))}
        assert opened == {
            *("account_login", "account_logout"),
            *("mfa_list_webauthn", "mfa_edit_webauthn", "mfa_view_recovery_codes"),
        }
        ours = {p.name for p in patterns()} - {p.name for p in theirs}
        assert set(LIBRARY_VIEWS) - opened <= ours, "the rest are of this house, made of theirs"

    def test_each_name_is_given_once(self):
        names = [p.name for p in patterns()]
        assert len(names) == len(set(names))
        assert None not in names


class TestRolesOnOneScreen:
    def test_every_verb_of_a_role_exists(self):
        assert set().union(*ROLES.values()) <= set(VERBS)

    def test_every_verb_is_somebodys(self):
        assert set(VERBS) == set().union(*ROLES.values())

    @pytest.mark.django_db
    def test_the_database_is_equal_to_the_page(self):
        from django.contrib.auth.models import Group

        held = {
            group.name: {
                f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
            }
            for group in Group.objects.all()
        }
        assert held == ROLES


class TestOneWindow:
    def test_only_search_imports_read(self):
        """Architecture rule 11: reads reach a person through one window, and what hits saw through another on top of it."""
        importers: dict[str, set[str]] = {"Read": set(), "SightWindow": set(), "HeldRead": set()}
        for folder in OURS:
            for path in (ROOT / folder).rglob("*.py"):
                if "migrations" in path.parts or "demo" in path.parts:
                    continue
                for node in ast.walk(ast.parse(path.read_text())):
                    for alias in node.names if isinstance(node, ast.ImportFrom) else ():
                        importers.get(alias.name, set()).add(str(path.relative_to(ROOT)))
        assert importers["Read"] - {"reads/models/__init__.py"} == {"reads/search.py", "hotlists/sights.py"}
        assert importers["SightWindow"] == {"hotlists/models/__init__.py", "hotlists/sights.py"}
        assert importers["HeldRead"] - {"reads/models/__init__.py"} == {"reads/held/window.py"}

    def test_no_view_names_the_table_or_the_window(self):
        for path in [*(ROOT / "reads" / "views").glob("*.py"), *(ROOT / "hotlists").rglob("*.py")]:
            if "migrations" not in path.parts:
                named = r"reads_read\b(?!')|reads_window|hotlists_sight\b|set_config"
                assert not re.search(named, path.read_text()), path


def test_the_portal_knows_no_way_to_act_as_somebody_else():
    for folder in OURS:
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"force_login|hijack|impersonat", path.read_text()), path
