"""Dagster's event log in SQLite, with lasting connections to the index of events and to the log that is written.

The library opens and closes a connection for each statement, and waits for the disk at both ends; with an event for
each of three hundred tables that takes longer than the tables. Nothing but how connections are kept stands here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy
from alembic.script import ScriptDirectory
from dagster import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

# The library reads the scripts of its migrations for each log of a run that it opens, and twice for one that it begins.
ScriptDirectory.from_config = cache(ScriptDirectory.from_config)


class EventLog(SqliteEventLogStorage):
    """Keep the index open while the process lives, and the log of a run while events are written to it.

    A power failure can take the last events and leaves the files whole (write-ahead log, synchronous NORMAL).
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._written = ""
        self._open: dict[str, sqlalchemy.Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLog":
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event and touch the log of its run, for its watchers look at the file and not at what is ahead."""
        with self._db_lock:
            if self._written != event.run_id:
                if before := self._open.pop(self._written, None):
                    before.dispose()
                self._written = event.run_id
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        if shard not in (INDEX_SHARD_NAME, self._written):
            with super()._connect(shard) as connection:
                yield connection
            return
        with self._db_lock:
            if shard not in self._open:
                engine = sqlalchemy.create_engine(
                    self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
                )
                sqlalchemy.event.listen(engine, "connect", _hurry)
                self._initdb(engine)
                self._open[shard] = engine
            with self._open[shard].begin() as connection:
                yield connection

    def dispose(self) -> None:
        for engine in self._open.values():
            engine.dispose()
        super().dispose()


def _hurry(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
