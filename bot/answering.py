"""From somebody's question to an answer, whichever way it was asked: cooldown, queue, index, memory, one log line."""

from __future__ import annotations

import secrets
import statistics
from collections import deque
from dataclasses import dataclass
from typing import Literal, NoReturn

from bot.cooldown import Cooldown
from bot.feedback import FeedbackKeeper
from bot.logs import log_answer
from bot.metrics import Metrics
from bot.render import relative_time
from bot.texts import Texts
from bot.worker import QueueFullError, Worker
from index.answer import Answer
from index.errors import QuestionError

Way = Literal["/ask", "menu", "mention", "reply", "direct", "channel"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and where it comes from: `user`, `place` and `author` are ids, `previous` is oldest first.

    `place` is the channel in which the next question may go on from this one; 0 for a private question, which must not
    colour what others ask there. `author` wrote the question, where that is somebody else than the `user` who asks it:
    it is kept as theirs, so that they can have it deleted.
    """

    question: str
    way: Way
    user: int
    place: int
    previous: tuple[str, ...] = ()
    author: int | None = None


class RefusalError(Exception):
    """A question that is not answered, for a reason the person is told; `field` names a text, `values` fill it in.

    It is no news where the person was told a moment ago.
    """

    def __init__(self, field: str, *, is_news: bool = True, **values: str) -> None:
        super().__init__(field)
        self.field = field
        self.values = values
        self.is_news = is_news

    def line(self, texts: Texts) -> str:
        """The reason in the person's language."""
        text: str = getattr(texts, self.field)
        return text.format(**self.values)


class Answering:
    """Answers questions one after the other; `median_ms` is over the last thousand."""

    def __init__(
        self,
        worker: Worker,
        feedback: FeedbackKeeper,
        cooldown: Cooldown | None = None,
        *,
        metrics: Metrics | None = None,
        log_questions: bool = False,
    ) -> None:
        self.worker = worker
        self.feedback = feedback
        self.metrics = metrics or Metrics()
        self.log_questions = log_questions
        self._cooldown = cooldown or Cooldown()
        self._elapsed_ms: deque[float] = deque(maxlen=1000)

    @property
    def median_ms(self) -> float | None:
        """Milliseconds an answer took, or None before the first."""
        return statistics.median(self._elapsed_ms) if self._elapsed_ms else None

    @property
    def backlog_seconds(self) -> float:
        """How long a question asked now would wait for the ones before it, judging by the last thousand."""
        return self.worker.waiting * (self.median_ms or 100.0) / 1000

    async def ask(self, asked: Asked) -> Answer:
        """The answer, kept under its id. Raises `RefusalError` with what to tell instead, or `QueueFullError`."""
        try:
            answer = await self._ask(asked)
        except RefusalError as refusal:
            self.metrics.refused(refusal.field)
            raise
        except QueueFullError:
            self.metrics.refused("queue_full")
            raise
        self.metrics.answered(answer, asked.way)
        log_answer(answer, asked.way, self.worker.waiting, with_question=self.log_questions)
        return answer

    def refuse(self, user: int, reason: str) -> NoReturn:
        """Refuse what asks nothing; it counts as a question, so that nobody makes the bot talk without end."""
        self._count(user)
        raise RefusalError(reason)

    def _count(self, user: int) -> None:
        if again_at := self._cooldown.take(user):
            # Discord's relative time counts whole seconds: round up, or "now" comes too early.
            when = relative_time(again_at + 1)
            raise RefusalError("too_soon", is_news=self._cooldown.tell(user), when=when)

    async def _ask(self, asked: Asked) -> Answer:
        self._count(asked.user)
        answer_id = secrets.token_urlsafe(9)
        try:
            answer = await self.worker.run(
                lambda index: index.ask(asked.question, previous=asked.previous, question_id=answer_id)
            )
        except QuestionError:
            raise RefusalError("bad_question") from None
        self._elapsed_ms.append(answer.elapsed_ms)
        await self.feedback.keep(answer, user=asked.author or asked.user, place=asked.place, previous=asked.previous)
        return answer
