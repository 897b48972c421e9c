"""Twelve real runs in half a minute: a small network on scikit-learn's digits, 4 learning rates × 3 seeds.

pip install scikit-learn wanllm
wanllm login
python examples/digits.py [PROJECT]
"""

from __future__ import annotations

import sys
import warnings
from itertools import product
from typing import Any

import numpy as np
import wanllm
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

LEARNING_RATES = [0.003, 0.01, 0.03, 0.1]
SEEDS = [0, 1, 2]
EPOCHS = 40


def train(project: str, learning_rate: float, seed: int) -> None:
    """Train one network and log it as one run."""
    config = {
        "model": {"hidden": [48, 24], "alpha": 1e-4},
        "optimizer": {"name": "sgd", "lr": learning_rate, "momentum": 0.9},
        "batch_size": 64,
        "epochs": EPOCHS,
        "seed": seed,
    }
    with wanllm.init(
        project,
        config=config,
        name=f"lr{learning_rate:g}-s{seed}",
        group=f"lr {learning_rate:g}",
        job_type="train",
        tags=["demo"],
    ) as run:
        run.define_metric("*/loss", summary="min", goal="minimize")
        run.define_metric("*/acc", summary="max", goal="maximize")
        fit(run, learning_rate, seed)


def fit(run: wanllm.Run, learning_rate: float, seed: int) -> None:
    """Fit epoch by epoch and log losses and accuracies after each."""
    x, y = load_digits(return_X_y=True)
    x_train, x_eval, y_train, y_eval = train_test_split(x / 16, y, test_size=0.3, random_state=seed)
    model = MLPClassifier(
        (48, 24), solver="sgd", learning_rate_init=learning_rate, alpha=1e-4, random_state=seed
    )
    order = np.random.default_rng(seed)
    classes = np.arange(10)
    for epoch in range(EPOCHS):
        shuffled = order.permutation(len(x_train))
        for batch in np.array_split(shuffled, len(shuffled) // 64):
            model.partial_fit(x_train[batch], y_train[batch], classes=classes)
        row = {
            "train": measure(model, x_train, y_train),
            "eval": measure(model, x_eval, y_eval),
            "weights/norm": np.sqrt(sum((w**2).sum() for w in model.coefs_)),
        }
        run.log(row, step=epoch)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: eval/acc {row['eval']['acc']:.4f}")
    run.summary["wrong"] = int((model.predict(x_eval) != y_eval).sum())


def measure(model: MLPClassifier, x: Any, y: Any) -> dict[str, float]:
    """Return loss and accuracy on some digits."""
    return {
        "loss": log_loss(y, model.predict_proba(x), labels=np.arange(10)),
        "acc": model.score(x, y),
    }


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    project = sys.argv[1] if len(sys.argv) > 1 else "digits"
    for seed, learning_rate in product(SEEDS, LEARNING_RATES):
        train(project, learning_rate, seed)


if __name__ == "__main__":
    main()
