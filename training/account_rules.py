"""Two people decide about an account, as pure rules over plain values: who proposes, who decides, what may be held."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Sequence

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import AccountStep, TrainingTopic

from .rules import WITHOUT_DESIGNATION

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,58}[a-z0-9]")
OVERSEES = frozenset({"auditor", "independent_auditor", "internal_affairs"})
WATCHES = OVERSEES | {"commissioner"}  # nobody lends to them, either
ACTS = frozenset({"officer", "supervisor", "administrator", "system_administrator"})
SUPERVISES = frozenset({"supervisor", "chief", "administrator"})
LAST_ONES = frozenset({"system_administrator"})  # without one, nobody could decide about accounts any more


@clause("K.login")
def may_edit(*, own: bool) -> Refusal | None:
    """Nobody writes down their own unit, rank, address or supervisor."""
    if not own:
        return None
    return Refusal("K.login", "Nobody corrects the facts of their own account.", "Ask another system administrator.")


def role_name(role: str) -> str:
    """A role as people read it: ``training_officer`` is "Training officer"."""
    return role.replace("_", " ").capitalize()


def role_names(roles: Iterable[str]) -> str:
    """Several roles as people read them; "none" where there are none."""
    return ", ".join(sorted(map(role_name, roles))) or "none"


def read_username(value: object, *, field: str = "username") -> str:
    """A user name: 3 to 60 small letters, digits, dots, hyphens, from a letter on. Raises username.* and text.*."""
    text = read_text(value, field=field, limit=60, one_line=True)
    if not text:
        raise BadInput("username.missing", "User name: enter it.", field)
    if not USERNAME.fullmatch(text):
        says = "User name: 3 to 60 small letters, digits, dots, hyphens or underscores, beginning with a letter."
        raise BadInput("username.format", says, field)
    return text


def read_roles(values: Iterable[str], known: Collection[str], *, field: str = "roles") -> list[str]:
    """Roles of the closed list ``known``, each once, in its order. Raises roles.unknown."""
    asked = set(values)
    if not asked <= set(known):
        raise BadInput("roles.unknown", "Roles: choose from the list.", field)
    return [role for role in known if role in asked]


@clause("C.3.b")
def may_hold(roles: Collection[str]) -> Refusal | None:
    """An auditor does not audit their own acts: oversight is held apart from what it oversees. ``roles``: all of one person."""
    oversees, acts = OVERSEES & set(roles), ACTS & set(roles)
    if not (oversees and acts):
        return None
    return Refusal(
        "K.audit",
        f"Nobody oversees their own acts: {role_names(oversees)} and {role_names(acts)} are never one person's.",
        "Propose one of them, or have the other ended first.",
        code="roles.conflict",
    )


@clause("C.3.b")
def may_propose(
    *,
    step: str,
    by: Hashable,
    member: Hashable | None,
    is_theirs: bool,
    is_active: bool,
    waits: bool,
    held: Collection[str] = (),
    roles: Collection[str] = (),
    category: str = "",
    category_now: str = "",
) -> Refusal | None:
    """What the first of two people may put forward. ``waits``: such a proposal about this member is undecided."""
    if member is not None and by == member:
        return Refusal("C.3.b", "Nobody proposes something for themself.", "Ask your supervisor.", code="proposal.own")
    if not is_theirs:
        return Refusal(
            "C.3.b", "A supervisor proposes for their own people and their own unit.", "Ask the member's supervisor."
        )
    if waits:
        return Refusal("C.3.b", "The same waits for a decision already.", "Wait for it.", code="proposal.waits")
    if step == AccountStep.REOPEN:
        return Refusal("C.3.b", "This account is open.", "There is nothing to open.") if is_active else None
    if not is_active:
        return Refusal("C.3.b", "This account is closed.", "Propose first that it is opened again.")
    if step == AccountStep.ROLE and not set(roles) - set(held):
        return Refusal("C.3.b", "The member holds these roles already.", "Choose another role.")
    if step == AccountStep.CATEGORY and category == category_now:
        return Refusal("C.1", "The member is of this category already.", "Choose another category.")
    return may_hold({*held, *roles}) if step in {AccountStep.ROLE, AccountStep.JOIN} else None


@clause("C.3.b")
def may_decide(
    *, by: Hashable, proposed_by: Hashable, member: Hashable | None, is_theirs: bool, decided: bool
) -> Refusal | None:
    """The second person is another one than the first, and not the member concerned; once. ``is_theirs``: theirs to decide."""
    if by == proposed_by:
        return BY_A_SECOND
    if member is not None and by == member:
        return ABOUT_ANOTHER
    if not is_theirs:
        return Refusal(
            "C.3.b", "This decision is another's.", "Leave it to the member's supervisor or an administrator."
        )
    return DECIDED if decided else None


BY_A_SECOND = Refusal(
    "C.3.b",
    "What one person proposes, a second one decides.",
    "Leave it to another who may decide.",
    code="decision.second",
)
ABOUT_ANOTHER = Refusal(
    "C.3.b", "Nobody decides about their own account.", "Leave it to another who may decide.", code="decision.own"
)
DECIDED = Refusal("C.3.b", "A proposal is decided once.", "Reload the page to see the decision.", code="decision.once")


@clause("C.3.a", "C.1")
def may_reopen(
    *,
    is_active: bool,
    supervisor_fit: bool,
    opens_data: bool,
    topics: Collection[str],
    category: str,
    designated: bool,
) -> Refusal | None:
    """A closed account opens with a supervisor who answers for it and, where a role opens data, with current papers.

    ``opens_data``: a role that the member still has does; ``topics``: covered and in date today.
    """
    if is_active:
        return Refusal("C.3.b", "This account is open.", "There is nothing to open.")
    if not supervisor_fit:
        return NO_SUPERVISOR
    if not opens_data:
        return None
    missing = {topic.value for topic in TrainingTopic} - set(topics)
    if missing:
        return Refusal(
            "C.3.a",
            "An account that opens data is opened again only with current training.",
            f"Not covered today: {len(missing)} of {len(TrainingTopic)} topics. Have the training entered first.",
        )
    if category not in WITHOUT_DESIGNATION and not designated:
        return Refusal(
            "C.1",
            "Members who are neither sworn nor Police Service Technicians need a designation by the Chief of Police.",
            "Have the member designated first.",
        )
    return None


NO_SUPERVISOR = Refusal(
    "C.3.b",
    "Every account stands under a supervisor with an open account.",
    "Have the system administrator enter the supervisor first.",
    code="supervisor.none",
)


@clause("C.3.b")
def may_supervise(
    *, member: Hashable | None, supervisor: Hashable, is_active: bool, roles: Collection[str], above: Sequence[Hashable]
) -> Refusal | None:
    """Who answers for a member: an active supervisor, Chief or administrator, never in a circle.

    ``above``: who stands over the supervisor, upwards. ``member``: None for one who is new.
    """
    if member is not None and member == supervisor:
        return Refusal("C.3.b", "Nobody supervises themself.", "Choose another supervisor.", code="supervisor.self")
    if not is_active or not SUPERVISES & set(roles):
        return Refusal(
            "C.3.b",
            "A supervisor is an active member with the role of supervisor, Chief or administrator.",
            "Choose another supervisor.",
            code="supervisor.unfit",
        )
    if member is not None and member in above:
        return Refusal(
            "C.3.b",
            "Nobody supervises somebody who stands over them.",
            "Choose another supervisor.",
            code="supervisor.circle",
        )
    return None


@clause("C.3.b")
def may_end(*, by: Hashable, member: Hashable, is_theirs: bool, done: bool) -> Refusal | None:
    """One person suffices to take access away; a supervisor from their own people, and nobody from themself."""
    if by == member:
        return Refusal("C.3.b", "Nobody ends their own access.", "Ask your supervisor.", code="end.own")
    if not is_theirs:
        return Refusal("C.3.b", "A supervisor ends the access of their own people.", "Ask the member's supervisor.")
    if done:
        return Refusal("C.3.b", "This has ended already.", "Reload the page to see it.", code="end.done")
    return None


@clause("K.login")
def keeps_one(*, role: str, others: int) -> Refusal | None:
    """The last one of a role without which no account could be decided stays. ``others``: active members who hold it too."""
    if role not in LAST_ONES or others:
        return None
    return Refusal(
        "K.login",
        f"The last {role_name(role).lower()} stays: without one, no account could be opened, closed or unlocked.",
        "Have another one created first.",
        code="role.last",
    )


@clause("F.1", "K.login")
def may_invite(*, by: Hashable, member: Hashable, is_active: bool, address_by: Hashable | None) -> Refusal | None:
    """A new way in for a member who did not come in or forgot the password. ``address_by``: who changed the address last."""
    if by == member:
        return Refusal("F.1", "Nobody invites themself.", "Change your password on your account page.")
    if not is_active:
        return Refusal("F.1", "A closed account takes no invitation.", "Have its opening proposed.")
    if address_by is not None and by == address_by:
        return Refusal(
            "F.1",
            "Who changed the mail address does not send the invitation to it.",
            "Leave it to another system administrator.",
            code="invitation.second",
        )
    return None
