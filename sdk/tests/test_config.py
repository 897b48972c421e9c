"""config and summary: what is sent as they change."""

from __future__ import annotations

import argparse
import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest

import wanllm
from wanllm import Config, Summary
from wanllm._config import to_mapping


@dataclasses.dataclass
class Options:
    lr: float = 0.1
    sizes: tuple[int, ...] = (1, 2)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, {}),
        ({"lr": 0.1, "opt": {"name": "adam"}}, {"lr": 0.1, "opt": {"name": "adam"}}),
        (argparse.Namespace(lr=0.1, seed=3), {"lr": 0.1, "seed": 3}),
        (Options(), {"lr": 0.1, "sizes": [1, 2]}),
        ({1: np.float32(0.5), "a\0b": np.arange(3)}, {"1": 0.5, "ab": [0, 1, 2]}),
        ({"kind": Options}, {"kind": f"{Options}"}),
    ],
)
def test_whatever_holds_settings_is_a_config(given: Any, stored: dict[str, Any]) -> None:
    assert to_mapping(given) == stored


@pytest.mark.parametrize("given", [3, "path.yaml", [1]])
def test_what_holds_no_settings_is_an_error(given: Any) -> None:
    with pytest.raises(wanllm.Error, match="a config is a mapping"):
        wanllm.init(mode="offline", config=given)


def test_a_wrong_update_never_raises(capfd: pytest.CaptureFixture[str]) -> None:
    config = Config({"lr": 1}, None)
    config.update(3)
    assert config.as_dict() == {"lr": 1}
    assert "update() failed" in capfd.readouterr().err


def test_a_copy_of_the_config_sends_nothing() -> None:
    sent: list[dict[str, Any]] = []
    config = Config({"opt": {"lr": 0.1}}, sent.append)
    for twin in (copy.copy(config), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        twin["opt"]["lr"] = 0.2
        assert twin.as_dict() == {"opt": {"lr": 0.2}}
    assert config.as_dict() == {"opt": {"lr": 0.1}}
    assert sent == []


def test_a_huge_value_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    assert to_mapping({"text": "x" * 2_000_000, "lr": 1}) == {"lr": 1}
    assert 'config "text" is larger' in capfd.readouterr().err


def test_every_change_of_the_config_is_sent() -> None:
    sent: list[dict[str, Any]] = []
    config = Config({"opt": {"lr": 0.1, "betas": [0.9]}}, sent.append)
    config.seed = 3
    config["opt"]["lr"] = 0.2
    config.opt.update({"name": "adam"}, eps=1e-8)
    del config["opt"]["betas"]
    assert config.as_dict() == {"opt": {"lr": 0.2, "name": "adam", "eps": 1e-8}, "seed": 3}
    assert sent == [
        {"kind": "config", "set": {"seed": 3}},
        {"kind": "config", "set": {"opt": {"lr": 0.2}}},
        {"kind": "config", "set": {"opt": {"name": "adam"}}},
        {"kind": "config", "set": {"opt": {"eps": 1e-8}}},
        {"kind": "config", "delete": [["opt", "betas"]]},
    ]


def test_a_config_is_read_like_a_mapping_and_like_an_object() -> None:
    config = Config({"lr": 0.1, "opt": {"name": "adam"}}, None)
    assert config.lr == config["lr"] == 0.1
    assert config.opt.name == "adam"
    assert dict(config["opt"]) == {"name": "adam"}
    assert config.get("missing") is None
    assert len(config) == 2
    with pytest.raises(AttributeError, match="missing"):
        _ = config.missing


def test_every_change_of_the_summary_is_sent() -> None:
    sent: list[dict[str, Any]] = []
    summary = Summary(sent.append)
    summary["best"] = np.float32(0.5)
    summary.update({"a": 1}, b=[2])
    del summary["a"]
    assert dict(summary) == {"best": 0.5, "b": [2]}
    assert sent == [
        {"kind": "summary", "set": {"best": 0.5}},
        {"kind": "summary", "set": {"a": 1, "b": [2]}},
        {"kind": "summary", "delete": ["a"]},
    ]
