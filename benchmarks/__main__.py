"""Run the benchmarks named on the command line, or all of them: `python -m benchmarks corridor`."""

import importlib
import pkgutil
import sys

import benchmarks

KNOWN = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")


def main(names: list[str]) -> int:
    """Run benchmarks one after another; return 2 for a name that is not known."""
    unknown = sorted(set(names) - set(KNOWN))
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}. There are: {', '.join(KNOWN)}.", file=sys.stderr)
        return 2
    for name in names or KNOWN:
        print(f"\n{name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
