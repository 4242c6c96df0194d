"""What the tests of sealing by the real commands share."""

from tests.privacy.conftest import unconfined as unconfined
