"""Train the student: distillation from the English teacher throughout, and search contrast in the last part.

The learning rate and the mixture depend on the share of the allowed time that has passed, so that a run ends when it is
due on any machine; a later run continues from the last checkpoint.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from training.examples import Example, Sampler, Search
from training.measure import Kept, measure
from training.student import WORD_ROWS, embed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on beside the data."""

    hours: float
    seed: int = 20
    tokens: int = 3072  # of a batch
    rate: float = 1.5e-4
    word_rate: float = 8e-4
    warm_up: float = 0.03  # share of the time
    temperature: float = 0.05
    english: float = 0.2  # share of each batch that is also read in English
    searches_from: float = 0.45  # share of the time after which search contrast joins in
    searches: float = 0.35  # share of the batches from then on
    average: float = 0.97  # decay of the averaged weights, every ten steps
    save_every: float = 300.0  # seconds
    measure_every: int = 4  # saves


class Teacher:
    """The English model; remembers the vectors it gave."""

    def __init__(self, model: BertModel, tokenizer: Tokenizer) -> None:
        """Wrap a model in evaluation mode."""
        self.model = model
        self.tokenizer = tokenizer
        self._known: dict[str, torch.Tensor] = {}

    def __call__(self, texts: list[str]) -> torch.Tensor:
        """Return unit vectors (texts, dimensions)."""
        missing = sorted({text for text in texts if text not in self._known}, key=len)
        if missing:
            encodings = self.tokenizer.encode_batch(missing)
            with torch.no_grad():
                found = embed(self.model, [encoding.ids for encoding in encodings])
            self._known.update(zip(missing, found.half(), strict=True))
        return torch.stack([self._known[text] for text in texts]).float()


def distillation(student: nn.Module, teacher: Teacher, batch: list[Example], settings: Settings) -> torch.Tensor:
    """Return the loss of a batch: cosine to the teacher's vector of the English side, and its neighbourhood.

    The neighbourhood: among the batch, a text must be as near to each teacher vector as the teacher's own vector is.
    """
    targets = teacher([example.english for example in batch])
    count = max(1, round(settings.english * len(batch)))
    offset = int(torch.randint(len(batch), ()).item())
    both = [(offset + i) % len(batch) for i in range(count)]
    given = embed(student, [example.french_tokens for example in batch] + [batch[i].english_tokens for i in both])
    wanted = torch.cat([targets, targets[both]])
    cosine = 1 - (given * wanted).sum(dim=1).mean()
    near = torch.log_softmax(given @ targets.T / settings.temperature, dim=1)
    should = torch.softmax(wanted @ targets.T / settings.temperature, dim=1)
    return 4 * cosine - (should * near).sum(dim=1).mean()


def contrast(student: nn.Module, batch: list[Search], settings: Settings) -> torch.Tensor:
    """Return the loss of finding each query's passage among the batch, other sections of its act included."""
    queries = embed(student, [row.query for row in batch])
    passages = embed(student, [row.passage for row in batch])
    scores = queries @ passages.T / settings.temperature
    right = torch.arange(len(batch))
    loss: torch.Tensor = nn.functional.cross_entropy(scores, right) + 0.3 * nn.functional.cross_entropy(scores.T, right)
    return loss


class Run:
    """A training run and its state on disk."""

    def __init__(self, student: BertModel, teacher: Teacher, sampler: Sampler, kept: Kept, tokenizer: Tokenizer,
                 folder: Path, settings: Settings) -> None:  # fmt: skip
        """Continue from `folder` when it holds a checkpoint."""
        self.student, self.teacher, self.kept, self.tokenizer = student, teacher, kept, tokenizer
        self.settings = settings
        self._file = folder / "run.pt"
        rows = [value for name, value in student.named_parameters() if name == WORD_ROWS]
        others = [value for name, value in student.named_parameters() if name != WORD_ROWS]
        self._optimizer = torch.optim.AdamW(
            [{"params": others, "peak": settings.rate}, {"params": rows, "peak": settings.word_rate}],
            lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True,
        )  # fmt: skip
        self.averaged = {name: value.detach().clone() for name, value in student.state_dict().items()}
        self.elapsed = 0.0
        self.steps = self.sequences = 0
        if self._file.exists():
            saved = torch.load(self._file, weights_only=True)
            student.load_state_dict(saved["student"])
            self._optimizer.load_state_dict(saved["optimizer"])
            self.averaged = saved["averaged"]
            self.elapsed, self.steps, self.sequences = saved["elapsed"], saved["steps"], saved["sequences"]
            log.info("continued after %d steps, %.0f s", self.steps, self.elapsed)
        self._statements: Iterator[list[Example]] = sampler.statements(settings.tokens)
        self._searches: Iterator[list[Search]] = sampler.searches()

    def _save(self) -> None:
        state = {
            "student": self.student.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "averaged": self.averaged,
            "elapsed": self.elapsed,
            "steps": self.steps,
            "sequences": self.sequences,
        }
        partial = self._file.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self._file)

    def _schedule(self, passed: float) -> None:
        scale = min(1.0, passed / self.settings.warm_up) * 0.5 * (1 + math.cos(math.pi * min(1.0, passed)))
        for group in self._optimizer.param_groups:
            group["lr"] = max(1e-7, scale * group["peak"])

    def _step(self, passed: float) -> float:
        settings = self.settings
        searching = passed >= settings.searches_from and torch.rand(()).item() < settings.searches
        if searching:
            searches = next(self._searches)
            loss = contrast(self.student, searches, settings)
            self.sequences += 2 * len(searches)
        else:
            batch = next(self._statements)
            loss = distillation(self.student, self.teacher, batch, settings)
            self.sequences += round((1 + settings.english) * len(batch))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self._optimizer.step()
        self.steps += 1
        if self.steps % 10 == 0:
            with torch.no_grad():
                for name, value in self.student.state_dict().items():
                    self.averaged[name].lerp_(value, 1 - settings.average)
        return loss.item()

    def train(self) -> dict[str, torch.Tensor]:
        """Train until the time is up and return the averaged weights."""
        torch.manual_seed(self.settings.seed + self.steps)
        allowed = 3600 * self.settings.hours
        saved, saves = time.monotonic(), 0
        losses: list[float] = []
        while self.elapsed < allowed:
            start = time.monotonic()
            passed = self.elapsed / allowed
            self._schedule(passed)
            losses.append(self._step(passed))
            self.elapsed += time.monotonic() - start
            if self.steps % 20 == 0:
                log.info("%d steps, %d sequences, %.0f of %.0f s, loss %.3f", self.steps, self.sequences, self.elapsed,
                         allowed, sum(losses) / len(losses))  # fmt: skip
                losses.clear()
            if time.monotonic() - saved > self.settings.save_every:
                start = time.monotonic()
                self._save()
                saves += 1
                if saves % self.settings.measure_every == 0:
                    log.info("kept aside: %s", asdict(measure(self.student, self.tokenizer, self.kept)))
                saved = time.monotonic()
                self.elapsed += saved - start
        self._save()
        return self.averaged
