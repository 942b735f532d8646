"""What is typed about members and their accounts; the readers and the rules judge it, the form is courtesy."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_email, read_person_name, read_text
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Category, ClosedBecause
from alpr_portal.roles import ROLES, VERBS

from . import authority_rules, members
from .account_rules import read_roles, read_username, role_name
from .models import Member

ROLE_CHOICES = [(role, role_name(role)) for role in ROLES]
BOXES = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
LINES = forms.Textarea(attrs={"rows": 3})
DAY = forms.DateInput(attrs={"type": "date"})


class Act(PortalForm):
    """A form for an act about a member; ``words`` tells what was typed, for the page on which it is checked."""

    def text(self, name: str, *, limit: int = 1000, needed: bool = True, one_line: bool = False) -> str:
        """The text of a field; an error at it where it is needed and empty."""
        found = self.take(name, read_text, limit=limit, one_line=one_line)
        if found == "" and needed:
            label = str(self.fields[name].label)
            self.add_error(name, ValidationError(f"{label}: fill it in.", code=f"{name}.missing"))
        return found or ""

    def words(self) -> list[dict[str, Any]]:
        """The answers in words: [{"label", "value"}], in the order of the fields."""
        rows = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            choices = {str(key): label for key, label in getattr(field, "choices", [])} if name not in MODELS else {}
            if isinstance(value, list):
                value = ", ".join(str(choices.get(str(each), each)) for each in value)
            elif isinstance(value, date):
                value = f"{value:%b} {value.day}, {value.year}"
            else:
                value = choices.get(str(value), value)
            rows.append({"label": field.label, "value": value})
        return rows


MODELS = {"supervisor", "designee"}


class Why(Act):
    """An act that needs nothing but its reason."""

    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        return self.cleaned_data


class Facts(Act):
    """The facts of a person, each read by the house's reader."""

    name = RawField(label="Name", help_text="As the person writes it.")
    email = RawField(
        label="E-mail", help_text="The address of the Department; the invitation goes there, and nowhere else."
    )
    badge = RawField(label="Badge", help_text="Badge or serial number, if there is one.")
    unit = RawField(label="Unit", help_text="As personnel writes it, such as “Patrol 3”.")
    rank = RawField(label="Rank")
    supervisor = forms.ModelChoiceField(label="Supervisor", queryset=Member.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["supervisor"].queryset = members.supervisors()  # type: ignore[attr-defined]

    def facts(self, member: Member | None) -> None:
        """Read the facts into ``cleaned_data``; another member's badge, address or user name is an error at its field."""
        values = self.cleaned_data
        values["name"] = self.take("name", read_person_name)
        values["email"] = self.take("email", read_email)
        for name, limit in (("badge", 40), ("unit", 120), ("rank", 60)):
            values[name] = self.text(name, limit=limit, needed=False, one_line=True)
        taken = {"email": values["email"] or "", "badge": values["badge"], "username": values.get("username") or ""}
        for name, value in taken.items():
            try:
                members.free(member=member, **{"email": "", "badge": "", "username": "", name: value})
            except BadInput as error:
                self.add_error(name, ValidationError(error.message, code=error.code))


class ProposeMember(Facts):
    """C.3.b: a new member, whom a second person lets in."""

    username = RawField(
        label="User name", help_text="3 to 60 small letters, digits, dots or hyphens. It never changes."
    )
    category = forms.ChoiceField(label="Category", choices=Category.choices(), widget=forms.RadioSelect)
    roles = forms.MultipleChoiceField(label="Roles", choices=ROLE_CHOICES, widget=BOXES)
    reason = RawField(label="Reason", widget=LINES, help_text="Why this person needs to come in, for whoever decides.")

    field_order = ["name", "username", "email", "badge", "unit", "rank", "category", "supervisor", "roles", "reason"]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["username"] = self.take("username", read_username)
        self.facts(None)
        values["roles"] = self.take("roles", read_roles, values.get("roles") or [], ROLES)
        values["reason"] = self.text("reason")
        if not values.get("supervisor") and "supervisor" not in self.errors:
            self.add_error("supervisor", ValidationError("Supervisor: choose one.", code="supervisor.missing"))
        return values


class EditMember(Facts):
    """K.login: the facts of an account, corrected; the history keeps what they were."""

    reason = RawField(label="Reason", help_text="At most 100 characters; it stays in the history.")

    def __init__(self, *args: Any, member: Member, **kwargs: Any):
        self.member = member
        kwargs["initial"] = {name: getattr(member, name) for name in members.FACTS}
        super().__init__(*args, **kwargs)
        mine = Member.objects.filter(pk=member.supervisor_id or member.pk).values("pk")
        if member.supervisor_id:  # one who is no longer fit stays choosable until another is entered
            fit = members.supervisors().values("pk")
            self.fields["supervisor"].queryset = (  # type: ignore[attr-defined]
                Member.objects.filter(pk__in=fit) | Member.objects.filter(pk__in=mine)
            ).order_by("name")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        self.facts(self.member)
        values["reason"] = self.text("reason", limit=100, one_line=True)
        needs = not self.member.groups.filter(name="chief").exists()
        if needs and not values.get("supervisor") and "supervisor" not in self.errors:
            self.add_error("supervisor", ValidationError("Supervisor: choose one.", code="supervisor.missing"))
        return values


class ProposeRoles(Why):
    """C.3.b: more roles for a member."""

    roles = forms.MultipleChoiceField(label="Roles", choices=ROLE_CHOICES, widget=BOXES)
    field_order = ["roles", "reason"]

    def __init__(self, *args: Any, held: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role, name) for role, name in ROLE_CHOICES if role not in held
        ]


class ProposeCategory(Why):
    """C.1: another category."""

    category = forms.ChoiceField(label="Category", choices=Category.choices(), widget=forms.RadioSelect)
    field_order = ["category", "reason"]


class Decide(Act):
    """The second person's word."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve: it takes effect at once"), ("deny", "Do not approve")],
        widget=forms.RadioSelect,
    )
    reason = RawField(label="Reason", widget=LINES, help_text="Needed where you do not approve; the proposer sees it.")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["reason"] = self.text("reason", needed=values.get("decision") == "deny")
        return values


class CloseAccount(Act):
    """C.3.b: an account ends."""

    because = forms.ChoiceField(
        label="Why",
        choices=[choice for choice in ClosedBecause.choices() if choice[0] != ClosedBecause.UNUSED],
        widget=forms.RadioSelect,
    )
    note = RawField(label="Note", widget=LINES, help_text="Needed for “Other”. It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["note"] = self.text("note", needed=values.get("because") == ClosedBecause.OTHER)
        return values


class Days(Act):
    """Two days of Oakland, both in; ``starts_at`` and ``ends_at`` among the clean values are their instants."""

    first = forms.DateField(label="First day", widget=DAY)
    last = forms.DateField(label="Last day", widget=DAY, help_text="It holds until the end of this day.")
    longest = authority_rules.LONGEST_DESIGNATION

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["first"].initial = today

    def days(self) -> None:
        """Read both days, or put what is wrong at its field."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last:
            try:
                span = authority_rules.read_days(first, last, today=self.today, longest=self.longest)
                self.cleaned_data["starts_at"], self.cleaned_data["ends_at"] = span
            except BadInput as error:
                self.add_error(error.field, ValidationError(error.message, code=error.code))


class Designate(Days):
    """C.1: the Chief's word."""

    scope = RawField(label="Scope", widget=LINES, help_text="For which work, such as “Crime analysis for Robbery”.")
    field_order = ["scope", "first", "last"]

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["scope"] = self.text("scope")
        self.days()
        return self.cleaned_data


class LendVerb(Days):
    """L.2: "or designee"."""

    verb = forms.ChoiceField(label="What is lent", widget=forms.RadioSelect)
    designee = forms.ModelChoiceField(label="Designee", queryset=Member.objects.none())
    reason = RawField(label="Reason", widget=LINES)
    longest = authority_rules.LONGEST_LOAN
    field_order = ["verb", "designee", "first", "last", "reason"]

    def __init__(self, *args: Any, by: Member, verbs: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["verb"].choices = [  # type: ignore[attr-defined]
            (verb, f"To {VERBS[verb].says} ({VERBS[verb].clause})") for verb in verbs
        ]
        others = Member.objects.filter(is_active=True).exclude(pk=by.pk)
        self.fields["designee"].queryset = others.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        self.days()
        return self.cleaned_data


class SignReview(Act):
    """C.3.b: for each of one's people, whether they keep what they have. Fields are named by the member's id."""

    note = RawField(label="Note", widget=LINES, help_text="Anything the Chief should know. It may stay empty.")

    def __init__(self, *args: Any, people: list[Member], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = people
        for member in people:
            kept = forms.ChoiceField(
                label=f"{member.name}: does the work still need these roles?",
                choices=[("keep", "Keep"), ("end", "End all roles")],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose one."},
            )
            self.fields[f"kept_{member.pk}"] = kept
            self.fields[f"reason_{member.pk}"] = RawField(label=f"{member.name}: reason, where the roles end")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["note"] = self.text("note", needed=False)
        for member in self.people:
            ends = values.get(f"kept_{member.pk}") == "end"
            values[f"reason_{member.pk}"] = self.text(f"reason_{member.pk}", limit=500, needed=ends, one_line=True)
        return values


class FindMember(PortalForm):
    """A name, user name, badge or address, sent in the body: it never stands in an address."""

    q = RawField(
        label="Name, user name or badge",
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": "Name, user name or badge"}),
    )

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["q"] = self.take("q", read_text, limit=100, one_line=True)
        return self.cleaned_data


class LoadPersonnel(PortalForm):
    """C.3.b: personnel's file."""

    file = forms.FileField(label="CSV file", required=True, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
