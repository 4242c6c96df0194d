"""Where consents are given: the store beside a journal, and the folder of the notices. It loads fast on purpose."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.consent.store import ConsentStore, consent_path
from edge.core.errors import BadConfiguration
from edge.journal.file.location import default_journal
from edge.journal.file.opening import refuse_other_file


@dataclass(frozen=True, slots=True)
class ConsentContext:
    """The store, the journal it is for, and the folder of the notices."""

    store: ConsentStore
    journal: Path
    folder: Path | None  # as it was named; None: it was not

    @property
    def notices(self) -> Path:
        """The folder of the notices: that of the program that records the journal, where it is known.

        Raises:
            BadConfiguration: Another folder was named than that program shows.
        """
        from edge.consent.notices import shipped_notices

        named, service = self.folder, self.store.services.of(self.journal)
        if service is None:
            return named or shipped_notices()
        if named is not None and named.resolve() != service.notices.resolve():
            raise BadConfiguration(
                f"The program that records {self.journal} shows the notices in {service.notices}, not {named}.",
                fix="Leave out --notices, or start that program with this folder first.",
            )
        return service.notices


def consent_context(
    journal: Path | None, notices: Path | None, config: Path | None = None, environ: Mapping[str, str] = os.environ
) -> ConsentContext:
    """Return where consents for a journal are given.

    Args:
        journal: The journal; None for that of the TOML file, or else the default one.
        notices: The folder of the notices; None for that of the TOML file, or else the shipped one.
        config: A TOML file with settings of edge-run.
        environ: Environment variables; EDGE_JOURNAL and EDGE_NOTICES win over the file.

    Raises:
        BadConfiguration: The TOML file cannot be read, or the journal's file is no journal.
    """
    configured = {} if config is None else _configured(config)
    configured |= {
        name: Path(given) for name in ("journal", "notices") if (given := environ.get(f"EDGE_{name.upper()}"))
    }
    journal = (journal or configured.get("journal") or default_journal()).absolute()
    refuse_other_file(journal)
    return ConsentContext(ConsentStore(consent_path(journal)), journal, notices or configured.get("notices"))


def _configured(file: Path) -> dict[str, Path]:
    """The two settings that matter here; loading edge.config would delay a withdrawal."""
    import tomllib

    try:
        settings = tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise BadConfiguration(f"{file} cannot be read: {error.strerror}.", fix="Check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadConfiguration(f"{file} is no TOML: {error}.", fix="Correct that place.") from None
    return {name: Path(str(settings[name])) for name in ("journal", "notices") if name in settings}
