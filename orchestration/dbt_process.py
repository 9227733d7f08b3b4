"""dbt as a process that works in the home folder and ends with the run that started it.

So its paths are the same in every home, and a killed run leaves nobody writing.
"""

import os
import threading
import time
from pathlib import Path


def end_with(parent: int) -> None:
    """Wait until the parent is gone and end this process at once."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    home = Path(os.environ["WAYMARK_HOME"])
    if home.is_dir():  # reading the project needs no home
        os.chdir(home)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    from dbt.cli.main import cli

    cli(prog_name="dbt")
