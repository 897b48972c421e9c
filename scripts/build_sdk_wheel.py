"""Write the SDK's wheel to a folder (default: dist/) and print its path.

python scripts/build_sdk_wheel.py [FOLDER]
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wanllmdb.sdk_wheel import build_wheel  # noqa: E402 - the path above leads to it


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    wheel = build_wheel(ROOT / "sdk")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / wheel.name).write_bytes(wheel.content)
    print(folder / wheel.name)


if __name__ == "__main__":
    main()
