#!/usr/bin/env python
"""Django's command line for wanLLMDB."""

import os
import sys

from django.core.management import execute_from_command_line

from apps.audit.origin import Door, Origin, entered

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wanllmdb.settings")
    with entered(Origin(door=Door.COMMAND, client=" ".join(sys.argv[:2]))):
        execute_from_command_line(sys.argv)
