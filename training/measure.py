"""Measure the student on pairs and acts that are kept aside from training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from tokenizers import Tokenizer
from torch import nn

from training.data import Pair, Section
from training.student import embed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is measured on, with the teacher's vectors of the English sides."""

    pairs: list[Pair]
    sections: list[Section]
    teacher: torch.Tensor


@dataclass(frozen=True, slots=True)
class Measured:
    """`found`: French sentences whose English is nearest; `french`, `english`: cosine to the teacher; MRR of notes."""

    found: float
    french: float
    english: float
    notes_french: float
    notes_english: float


def vectors(model: nn.Module, tokenizer: Tokenizer, texts: list[str], batch: int = 32) -> torch.Tensor:
    """Return the unit vectors of `texts` in order, without gradients; texts of like length go together."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found: torch.Tensor | None = None
    with torch.no_grad():
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            result = embed(model, [rows[i] for i in some])
            if found is None:
                found = torch.zeros(len(rows), result.shape[1])
            found[some] = result
    if found is None:
        raise ValueError("no texts")
    return found


def _share_first(queries: torch.Tensor, targets: torch.Tensor) -> float:
    return float((queries @ targets.T).argmax(dim=1).eq(torch.arange(len(queries))).float().mean())


def _reciprocal_rank(queries: torch.Tensor, targets: torch.Tensor) -> float:
    scores = queries @ targets.T
    ranks = (scores > scores.diagonal()[:, None]).sum(dim=1) + 1
    return float(ranks.reciprocal().mean())


def keep(pairs: list[Pair], sections: list[Section], teacher: nn.Module, tokenizer: Tokenizer, most: int = 240) -> Kept:
    """Choose evenly among `pairs` (shortest first within a source counts nothing) and `sections`, `most` of each."""
    everyday = [pair for pair in pairs if pair.source != "laws"]
    law = [pair for pair in pairs if pair.source == "laws" and len(pair.english) < 160]
    chosen = _evenly(everyday, most // 2) + _evenly(law, most // 2)
    return Kept(chosen, _evenly(sections, most), vectors(teacher, tokenizer, [pair.english for pair in chosen]))


def _evenly(rows: list[T], most: int) -> list[T]:
    return rows[:: max(1, len(rows) // most)][:most]


def measure(model: nn.Module, tokenizer: Tokenizer, kept: Kept) -> Measured:
    """Measure `model`; the sections are found by note and title, in French text."""
    french = vectors(model, tokenizer, [pair.french for pair in kept.pairs])
    english = vectors(model, tokenizer, [pair.english for pair in kept.pairs])
    passages = vectors(model, tokenizer, [f"{each.title_french}\n{each.french[:600]}" for each in kept.sections])
    asked_french = vectors(model, tokenizer, [f"{each.title_french} : {each.note_french}" for each in kept.sections])
    asked_english = vectors(model, tokenizer, [f"{each.title_english}: {each.note_english}" for each in kept.sections])
    return Measured(
        found=_share_first(french, english),
        french=float((french * kept.teacher).sum(dim=1).mean()),
        english=float((english * kept.teacher).sum(dim=1).mean()),
        notes_french=_reciprocal_rank(asked_french, passages),
        notes_english=_reciprocal_rank(asked_english, passages),
    )
