"""dbt as a process that works in the home folder and ends with the run that started it.

So its paths are the same in every home, and a killed run leaves nobody writing. Of what dbt has to say, nobody hears
the debug level: a line for each of 14,000 such events, searched for secrets and thrown away, was a fifth of the time
that dbt takes for itself, and the message behind each line a twelfth.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any


def end_with(parent: int) -> None:
    """Wait until the parent is gone and end this process at once."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def say_no_debug() -> None:
    """Drop events of the debug level, and make the message of another only when it is heard."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    fire, make = EventManager.fire_event, BaseEvent.__init__

    def begin(event: BaseEvent, *said: Any, **about: Any) -> None:
        object.__setattr__(event, "make", lambda: make(event, *said, **about))
        if event.level_tag() is not EventLevel.DEBUG:
            event.make()

    def heard(manager: EventManager, e: Any, level: Any = None, *about: Any, **more: Any) -> None:
        if (level or e.level_tag()) is not EventLevel.DEBUG:
            if e.level_tag() is EventLevel.DEBUG:
                e.make()
            fire(manager, e, level, *about, **more)

    BaseEvent.__init__, EventManager.fire_event = begin, heard


if __name__ == "__main__":
    home = Path(os.environ["WAYMARK_HOME"])
    if home.is_dir():  # reading the project needs no home
        os.chdir(home)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    from dbt.cli.main import cli

    say_no_debug()
    cli(prog_name="dbt")
