"""A run's documents in the shape of its page."""

from apps.runs.config_tree import Node, config_tree
from apps.runs.overview import gpu_names


def test_config_becomes_a_tree_with_groups_first() -> None:
    tree = config_tree({"seed": 1, "optim": {"lr": 0.1, "inner": {"a": 1, "b": 2}}, "empty": {}})
    assert [node.key for node in tree] == ["optim", "seed", "empty"]
    assert tree[0].count == 3
    assert [node.key for node in tree[0].children] == ["inner", "lr"]
    assert tree[2] == Node("empty", value={})


def test_only_numbers_are_aligned_by_their_digits() -> None:
    whole, word = config_tree({"n": 3, "name": "muon"})
    assert (whole.is_number, word.is_number) == (True, False)


def test_equal_gpus_are_counted() -> None:
    assert gpu_names({"gpus": [{"name": "H100"}, {"name": "H100"}]}) == ["2 × H100"]
    assert gpu_names({"gpus": ["A100", "T4"]}) == ["A100", "T4"]
    assert gpu_names({"gpus": "none"}) == []
