"""Every duty of the order with its state: who answers it, and what proves it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from alpr_portal import order
from alpr_portal.management.base import PortalCommand


class Command(PortalCommand):
    help = "List the duties of DGO I-12: answered and proved, kept by people, not yet, or open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="As one JSON object with duties and summary.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            self.say(json.dumps(order.as_json(), indent=2))
            return
        answers = order.answers().values()
        wide = max(len(answer.duty.id) for answer in answers)
        self.say(f"{'duty':<{wide}}  {'state':<14}  code  tests  what")
        for answer in answers:
            self.say(
                f"{answer.duty.id:<{wide}}  {answer.state:<14}  {len(answer.code):>4}  {len(answer.tests):>5}  "
                f"{answer.duty.title}"
            )
        said = ", ".join(f"{n} {state}" for state, n in order.summary().items())
        self.say(f"\n{len(answers)} duties: {said}.")
