"""What members type about holds: asking, decisions, reviews, colleagues, releases. The rules are the readers'."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_object_id, read_text
from alpr_portal.policy.parameters import HOLD_ASKS
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.screening import read_facts
from alpr_portal.policy.vocabulary import HoldGround
from training import stored_files
from training.models import Member, StoredFile

from ..models import Hold
from . import rules
from .asking import Said
from .queries import OPEN

LINES = {"rows": 3}
DAY = forms.DateInput(attrs={"type": "date"})
PDF_ONLY = frozenset({stored_files.PDF})


class AskHold(PortalForm):
    """G: why reads are to be kept, for which case, until when. ``said()`` gives what the action takes.

    ``items``: how many reads were found; above 1,000 the form asks why so many. A document that came with an earlier
    step of the form is named by ``kept``.
    """

    ground = forms.ChoiceField(label="Ground", choices=HoldGround.choices(), widget=forms.RadioSelect)
    case_number = RawField(label="Case number", help_text="Two digits of the year, a hyphen, six digits: 26-012345.")
    reason = RawField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Why the case needs these reads longer than 30 days, so that another person can follow it. No names.",
    )
    bulk_reason = RawField(
        label="Why so many", widget=forms.Textarea(attrs=LINES), help_text="What the case needs each of them for."
    )
    review_on = RawField(
        label="Review on", widget=DAY, help_text="Within 90 days. Not reviewed by then, what is held is hidden."
    )
    obligation_of = RawField(
        label="Agency",
        help_text="Only for the third ground: the agency or prosecutor whose case obliges the Department.",
    )
    file = forms.FileField(
        label="Document",
        required=False,
        allow_empty_file=True,
        help_text="Only for the third ground: its paper, PDF, at most 5 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: Member, now: datetime, items: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by, self.now, self.items = by, now, items
        self.document: StoredFile | None = None
        self.fields["review_on"].initial = (timezone.localdate(now) + rules.USUAL).isoformat()
        if items <= HOLD_ASKS.now:
            del self.fields["bulk_reason"]

    def clean(self) -> dict[str, Any]:
        values, today = self.cleaned_data, timezone.localdate(self.now)
        confirmed = self.answer_to("case.pattern", ("yes", "no")) == "yes"
        values["case_number"] = self.take("case_number", rules.read_case, today=today, confirmed=confirmed)
        values["reason"] = self.take("reason", read_facts)
        values["review_on"] = self.take("review_on", rules.read_review, today=today)
        values["obligation_of"] = self.take("obligation_of", read_text, limit=200, one_line=True)
        if "bulk_reason" in self.fields:
            values["bulk_reason"] = self.take("bulk_reason", read_text, limit=2000)
        bulk_reason = values.get("bulk_reason") or ""
        if "bulk_reason" not in self.errors:
            self._check(rules.asks_why_so_many(items=self.items, bulk_reason=bulk_reason))
        if values.get("ground") == HoldGround.LEGAL_OBLIGATION.value:
            self._read_document(values)
        else:
            values["obligation_of"] = ""
        return values

    def _read_document(self, values: dict[str, Any]) -> None:
        """The paper of the obligation: kept once everything else is in order, or that of an earlier step."""
        sent, earlier = values.get("file"), read_object_id(values.get("kept", ""))
        if earlier and not sent:
            mine = StoredFile.objects.filter(pk=earlier, by=self.by, media_type=stored_files.PDF)
            mine = mine.exclude(pk__in=Hold.objects.filter(document__isnull=False).values("document"))
            self.document = mine.defer("content").first()
        if "obligation_of" not in self.errors:
            has_document = bool(sent or self.document)
            said = {"ground": values["ground"], "obligation_of": values["obligation_of"] or ""}
            self._check(rules.obliges(**said, has_document=has_document))
        if sent:
            try:
                data = sent.read(stored_files.MAX_BYTES + 1)
                stored_files.look_at(sent.name, data, kinds=PDF_ONLY)
                if not self.errors:
                    self.document = stored_files.store(sent.name, data, by=self.by, kinds=PDF_ONLY)
            except BadInput as error:
                self.add_error("file", ValidationError(error.message, code=error.code))

    def _check(self, error: BadInput | None) -> None:
        if error:
            self.add_error(error.field, ValidationError(error.message, code=error.code))

    def said(self) -> Said:
        """The validated request."""
        values = self.cleaned_data
        return Said(
            ground=values["ground"],
            case_number=values["case_number"],
            reason=values["reason"],
            review_on=values["review_on"],
            bulk_reason=values.get("bulk_reason") or "",
            obligation_of=values["obligation_of"],
            document=self.document,
        )

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed, for the next step; of a document, the id under which it is kept."""
        typed = [(name, str(self.data.get(name, ""))) for name in self.fields if name not in {"file", "kept"}]
        return [*typed, ("kept", str(self.document.pk))] if self.document else typed


class Reasoned(PortalForm):
    """A form with a reason that stays on record."""

    reason = RawField(
        label="Reason", widget=forms.Textarea(attrs=LINES), help_text="It stays on record with your name."
    )

    def clean(self) -> dict[str, Any]:
        reason = self.take("reason", read_text, limit=2000)
        if reason is not None and len(reason.strip()) < 10:
            says = "Reason: say in a sentence what settled it."
            self.add_error("reason", ValidationError(says, code="reason.too_short"))
        self.cleaned_data["reason"] = reason
        return self.cleaned_data


class DecideHold(Reasoned):
    """G: the word of a second person on a hold."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve: the reads are copied at once"), ("deny", "Do not approve")],
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason")


class ReviewHold(Reasoned):
    """G: a hold is still needed, and until when at most."""

    keep_until = RawField(label="Keep until", widget=DAY, help_text="Within 90 days; it is reviewed again before.")
    field_order = ("keep_until", "reason")

    def __init__(self, *args: Any, now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = timezone.localdate(now)
        self.fields["keep_until"].initial = (self.today + rules.USUAL).isoformat()

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        values["keep_until"] = self.take("keep_until", rules.read_review, today=self.today)
        return values


class NameMember(PortalForm):
    """G: a colleague who works on the case of a hold."""

    badge = RawField(label="Badge number", help_text="Of a colleague who may open held reads.")
    reason = RawField(label="Their part in the case", help_text="Such as: lead investigator since Monday.")

    def clean(self) -> dict[str, Any]:
        badge = self.take("badge", read_text, limit=40, one_line=True)
        found = Member.objects.filter(badge=badge, is_active=True).first() if badge else None
        if badge is not None and (found is None or not found.has_perm(OPEN)):
            says = "Badge: give the number of an active colleague whose role opens held reads."
            self.add_error("badge", ValidationError(says, code="colleague.unknown"))
        reason = self.take("reason", read_text, limit=200, one_line=True)
        if reason is not None and not reason.strip():
            says = "Their part: say what they do in this case."
            self.add_error("reason", ValidationError(says, code="reason.missing"))
        self.cleaned_data.update(member=found, reason=reason)
        return self.cleaned_data


class DecideRelease(Reasoned):
    """G: the word of a second person on a release."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[
            ("approve", "Release: closed at once, off the disk within a day"),
            ("deny", "Do not release: it stays held"),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason")
