"""The training app: members, designations, training, sign-in."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = "Who may come in"
    grants = (
        "REVOKE ALL ON FUNCTION training_may_enter(uuid, timestamptz) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION training_may_enter(uuid, timestamptz) TO alpr_app",
    )

    def ready(self) -> None:
        from . import signals  # noqa: F401
