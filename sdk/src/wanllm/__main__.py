"""`python -m wanllm`: the command line where the script folder is not on PATH."""

from __future__ import annotations

import sys

from wanllm._cli import main

if __name__ == "__main__":
    sys.exit(main())
