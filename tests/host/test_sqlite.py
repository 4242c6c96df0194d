import sqlite3
from contextlib import closing

import pytest

from edge.host.sqlite import Connection


def test_a_damaged_name_is_reported_as_damage(tmp_path):
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sessions (started TEXT)")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE sessions", b"CREATE TABL\xf6 sessions"))
    with closing(sqlite3.connect(path, factory=Connection)) as connection:
        with pytest.raises(sqlite3.DatabaseError) as damage:
            connection.execute("SELECT * FROM sessions")
        assert damage.value.sqlite_errorcode == sqlite3.SQLITE_CORRUPT
