"""A training in stages, of which a run that was cut off does what is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)

CHECKPOINT_EVERY = 100
_LOG_EVERY = 20

Progress = dict[str, Any]
"""The `stage` that a training is in, how many steps of it are `done`, and what a run needs to go on from there."""

Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a training: what is learnt from, for how long, and how fast."""

    name: str
    steps: int
    learning_rate: float
    warm_up: int


def progress(checkpoint: Path) -> Progress:
    """How far the runs before have come."""
    if checkpoint.exists():
        found: Progress = torch.load(checkpoint, weights_only=True)
        return found
    return {"stage": 0, "done": 0}


def save(reached: Progress, checkpoint: Path) -> None:
    """Write down how far the training has come; what was written before stands until this is whole."""
    aside = checkpoint.with_name(f"{checkpoint.name}.new")
    torch.save(reached, aside)
    aside.replace(checkpoint)


def learn(
    stage: Stage,
    model: nn.Module,
    draw: Callable[[int], Sequence[Batch]],
    loss: Callable[[Batch], Tensor],
    start: Progress,
    checkpoint: Path,
) -> None:
    """Train the model from `start` to the end of the stage.

    `draw` gives the batches of a step, of which the losses add up. It is called for the steps that are done as well, so
    that chance goes on as it would have.
    """
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=stage.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / stage.warm_up) * max(0.02, 1 - step / stage.steps)
    )
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    if start["done"]:
        for name, part in parts.items():
            part.load_state_dict(start[name])
    losses = []
    for step in range(stage.steps):
        batches = draw(step)
        if step < start["done"]:
            continue
        losses.append(0.0)
        for batch in batches:
            found = loss(batch)
            found.backward()  # type: ignore[no-untyped-call]
            losses[-1] += found.item()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if (step + 1) % _LOG_EVERY == 0:
            some = losses[-_LOG_EVERY:]
            log.info("%s, step %d: loss %.3f", stage.name, step + 1, sum(some) / len(some))
        if (step + 1) % CHECKPOINT_EVERY == 0:
            states = {name: part.state_dict() for name, part in parts.items()}
            save({"stage": start["stage"], "done": step + 1} | states, checkpoint)
