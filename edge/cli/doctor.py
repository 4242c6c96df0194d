"""`edge-doctor`: is everything here that a run needs, and if not, what to do."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson
from edge.cli.common.options import settings_options
from edge.core.errors import UsageError

app = App()


@app.command()
@settings_options("models", "journal", "backend", "detector_runtime")
def doctor(
    flags: dict[str, Any],
    service: Annotated[
        bool, typer.Option("--service", help="How the service that writes the journal goes, or went, instead.")
    ] = False,
    privacy: Annotated[
        bool, typer.Option("--privacy", help="Whether every promise about privacy is kept here, instead.")
    ] = False,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The settings of the runs to check.")] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Check models, interpreters, detector, cameras, journal, disk and clock; exit 1 if something essential fails."""
    from edge.checks.doctor import examine
    from edge.checks.privacy import check_promises
    from edge.checks.service_health import check_service
    from edge.config import load_config
    from edge.journal.file.location import default_journal
    from edge.journal.file.opening import refuse_other_file

    settings = load_config(config, flags, os.environ)
    path = settings.journal or default_journal()
    refuse_other_file(path)
    if service and privacy:
        raise UsageError("--service and --privacy are two questions.", fix="Ask one at a time.")
    found = check_promises(settings, path) if privacy else check_service(path) if service else examine(settings, path)
    findings = [finding.as_json() for finding in found]
    if format is TextOrJson.JSON:
        print(json.dumps(findings, indent=2))
    else:
        from edge.report.figures import findings_text

        findings_text(findings)
    if any(finding["essential"] and not finding["ok"] for finding in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
