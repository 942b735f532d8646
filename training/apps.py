"""The training app: members, designations, training, sign-in."""

from django.apps import AppConfig

RIGHTS = "training_own(uuid, text), training_holds(uuid, text)"


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = "Who may come in"
    grants = (
        "REVOKE ALL ON FUNCTION training_may_enter(uuid, timestamptz) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION training_may_enter(uuid, timestamptz) TO alpr_app",
        "REVOKE ALL ON FUNCTION training_no(text, text) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION training_no(text, text) TO alpr_app",
        "REVOKE ALL ON FUNCTION training_decided(uuid, text[], uuid) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION training_decided(uuid, text[], uuid) TO alpr_app",
        f"REVOKE ALL ON FUNCTION {RIGHTS} FROM PUBLIC, alpr_app, alpr_ingest, alpr_purge, alpr_report",
        f"GRANT EXECUTE ON FUNCTION {RIGHTS} TO alpr_app",
    )

    def ready(self) -> None:
        from alpr_portal.checks import second_factor_keys

        from . import signals  # noqa: F401

        wrong = second_factor_keys(None)
        if wrong:  # web and worker start without system checks
            raise SystemExit(f"{wrong[0].msg} {wrong[0].hint}")
