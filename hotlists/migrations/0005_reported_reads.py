"""A read that is reported wrong is compared with no list; one whose report is rejected is compared at once (G, C.2.A.1-age)."""

from importlib import import_module

from django.db import migrations

before = import_module("hotlists.migrations.0003_matching")
OF_BATCH = """
      AND n.batch_id = batch AND n.upload_day >= first AND n.upload_day <= first + 2
      AND n.uploaded_at > statement_timestamp() - interval '720 hours' """
OF_READ = """
      AND n.id = lifted.read_id AND n.upload_day = lifted.upload_day
      AND n.uploaded_at > statement_timestamp() - interval '720 hours' """


def matches(these: str) -> str:
    """The comparison of the reads that ``these`` names, as the sweep does it."""
    return before.MATCHES.format(
        reads="reads_read", raised="statement_timestamp()", in_force=before.IN_FORCE, these=these
    )


def of_batch(these: str) -> str:
    """The sweep's function, from the migration that made it, with other reads."""
    start = before.SWEEP.index("CREATE FUNCTION hotlists_match_batch")
    made = before.SWEEP[start:].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
    return made.replace(matches(OF_BATCH), matches(these))


# What is stored at this moment cannot be reported yet: the trigger on the reads has nothing to ask.
LIFTED = f"""
CREATE FUNCTION hotlists_match_lifted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  matched hotlists_found[];
  lifted reads_readreport;
BEGIN
  SELECT * INTO lifted FROM reads_readreport r WHERE r.id = NEW.report_id;
  {matches(OF_READ)}
  IF matched IS NOT NULL THEN
    PERFORM hotlists_raise(matched);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER hotlists_match_lifted AFTER INSERT ON reads_correction FOR EACH ROW WHEN (NOT NEW.confirmed)
  EXECUTE FUNCTION hotlists_match_lifted();
ALTER TABLE reads_correction ENABLE ALWAYS TRIGGER hotlists_match_lifted;
"""


class Migration(migrations.Migration):
    dependencies = [("hotlists", "0004_sights_by_day"), ("reads", "0016_corrections")]
    operations = [
        migrations.RunSQL(
            of_batch(OF_BATCH + "AND NOT reads_is_flagged(n.id) ") + LIFTED,
            "DROP TRIGGER hotlists_match_lifted ON reads_correction; DROP FUNCTION hotlists_match_lifted();"
            + of_batch(OF_BATCH),
        )
    ]
