"""`python -m benchmarks NAME …`: each NAME is a module here and prints one JSON object."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
)


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        print(f"python -m benchmarks NAME --help; NAME is one of {', '.join(NAMES)}")
        return 0 if sys.argv[1:2] in (["-h"], ["--help"]) else 2
    module = importlib.import_module(f"benchmarks.{sys.argv[1]}")
    print(json.dumps(module.main(sys.argv[2:]), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
