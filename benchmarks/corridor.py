"""The whole corridor on Project STAR, stage by stage: wall time, processor time and peak memory of the command line."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

WAYMARK = Path(sys.executable).parent / "waymark"


def main() -> None:
    """Print one row per command, each run once in a home of its own."""
    table = Table("command", "wall s", "processor s", "peak MB so far")
    with tempfile.TemporaryDirectory() as folder:
        exports = f"{folder}/exports"
        for arguments in (
            ["sample", "star", "--out", exports],
            ["receive", exports, "--mapping", "star"],
            ["run"],
            ["publish"],
        ):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(
                [WAYMARK, *arguments],
                env=os.environ | {"WAYMARK_HOME": f"{folder}/home"},
                check=True,
                capture_output=True,
            )
            wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            name = " ".join(arguments).replace(f"{folder}/", "")
            table.add_row(name, f"{wall:.1f}", f"{processor:.1f}", f"{after.ru_maxrss / 1024:.0f}")
    Console().print(table)
