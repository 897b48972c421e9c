"""A nested config as rows for a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """A key with its value, or with the keys below it."""

    key: str
    value: Any = None
    children: list[Node] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, which pages align by its digits."""
        return isinstance(self.value, int | float)

    @property
    def count(self) -> int:
        """How many values it holds: 1, or as many as are below."""
        return sum(child.count for child in self.children) if self.children else 1


def config_tree(config: dict[str, Any]) -> list[Node]:
    """Return the keys of a config in its own order, groups of keys before single ones."""
    nodes = [
        Node(str(key), children=config_tree(item))
        if isinstance(item, dict) and item
        else Node(str(key), value=item)
        for key, item in config.items()
    ]
    return sorted(nodes, key=lambda node: not node.children)
