"""The shapes of points in REST: what may be asked, and what comes back."""

from __future__ import annotations
