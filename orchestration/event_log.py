"""Dagster's event log in SQLite, with one lasting connection to the index of events.

The library opens and closes a connection for each statement, and waits for the disk at both ends; with an event for
each of three hundred tables that takes longer than the tables. Nothing but how connections are kept stands here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

# The library reads the scripts of its migrations for each log of a run that it opens, and twice for one that it begins.
ScriptDirectory.from_config = cache(ScriptDirectory.from_config)


class EventLog(SqliteEventLogStorage):
    """Keep the index open while the process lives; the log of a run is closed each time, for its watchers to see.

    A power failure can take the last events of the index and leaves it whole (write-ahead log, synchronous NORMAL).
    """

    _index: sqlalchemy.Engine | None = None

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLog":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        if shard != INDEX_SHARD_NAME:
            with super()._connect(shard) as connection:
                yield connection
            return
        with self._db_lock:
            if self._index is None:
                self._index = sqlalchemy.create_engine(
                    self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
                )
                sqlalchemy.event.listen(self._index, "connect", _hurry)
                self._initdb(self._index)
            with self._index.begin() as connection:
                yield connection

    def dispose(self) -> None:
        if self._index is not None:
            self._index.dispose()
        super().dispose()


def _hurry(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
