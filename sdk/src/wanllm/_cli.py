"""The command `wanllm`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from wanllm._errors import Error
from wanllm._version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 1 something is left to do, 2 bad use."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Error as error:
        print(f"wanllm: {error}", file=sys.stderr)  # a command line prints
        return 1
    except KeyboardInterrupt:
        print("wanllm: stopped; the same command goes on where it left off.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wanllm", description="Log experiments to wanLLMDB.")
    parser.add_argument("--version", action="version", version=f"wanllm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    login = commands.add_parser("login", help="keep an API key for a server")
    login.add_argument("--base-url", help="the server (default: WANLLM_BASE_URL, or the last one)")
    login.add_argument(
        "--api-key", help="the key (default: asked for, or read from standard input)"
    )
    login.set_defaults(run=_login)

    sync = commands.add_parser("sync", help="send what is stored locally")
    sync.add_argument("paths", nargs="*", type=Path, metavar="DIR", help=_PATHS_HELP)
    sync.add_argument("--project", help='send to "project" or "org/project" instead')
    sync.add_argument("--id", dest="run_id", help="send as a run with this ID instead")
    sync.add_argument("--keep", action="store_true", help="keep the local files")
    sync.set_defaults(run=_sync)

    unsent = commands.add_parser("ls", help="list what is stored locally")
    unsent.add_argument("paths", nargs="*", type=Path, metavar="DIR", help=_PATHS_HELP)
    unsent.set_defaults(run=_list)
    return parser


_PATHS_HELP = "a run's folder, or one that holds such (default: WANLLM_DIR, or wanllm-runs)"


def _login(options: argparse.Namespace) -> int:
    from wanllm._login import login_to

    login_to(options.api_key, base_url=options.base_url)
    return 0


def _sync(options: argparse.Namespace) -> int:
    from wanllm._sync import find_folders, sync_all

    folders = find_folders(_paths(options))
    if not folders:
        print("Nothing to send.")
    is_complete = True
    for result in sync_all(
        folders, project=options.project, run_id=options.run_id, keep=options.keep
    ):
        outcome = result.problem or f"{result.sent} records sent, complete → {result.url}"
        print(f"{result.folder.name}: {outcome}")
        is_complete = is_complete and result.problem is None
    return 0 if is_complete else 1


def _list(options: argparse.Namespace) -> int:
    from wanllm._sync import find_folders, inspect

    for folder in find_folders(_paths(options)):
        try:
            unsent = inspect(folder)
        except (OSError, ValueError) as error:
            print(f"{folder.path.name}: cannot be read: {error}")
            continue
        state = "running" if unsent.is_alive else "ended"
        print(
            f"{folder.path}  {unsent.info['project']}  {state}  "
            f"{unsent.confirmed} of {unsent.records} records confirmed  "
            f"{unsent.size_bytes / 1024:.0f} KiB"
        )
    return 0


def _paths(options: argparse.Namespace) -> list[Path]:
    return options.paths or [Path(os.environ.get("WANLLM_DIR") or "wanllm-runs")]
