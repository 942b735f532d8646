"""Deliveries that arrive together are stored together: one transaction, one wait for the disk, an answer to each.

No timer: while one thread writes, the others' deliveries gather, and the next thread writes them all (group commit, as
in DeWitt et al., "Implementation techniques for main memory database systems", 1984). A delivery that comes alone is
written at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

W = TypeVar("W")
A = TypeVar("A")


@dataclass(eq=False)
class Ticket(Generic[W, A]):
    """One piece of work in the queue, and what became of it."""

    work: W
    weight: int
    answer: A | None = None
    error: BaseException | None = None
    is_done: bool = False


class Writer(Generic[W, A]):
    """Gathers the work of threads and hands it to ``write`` in groups of at most ``most`` in weight.

    ``write`` takes a list and answers a list of the same length, all or nothing. Where a group fails, each of its
    members is tried alone, so that one bad delivery does not sink the others.
    """

    def __init__(self, write: Callable[[list[W]], Sequence[A]], *, most: int):
        self._write, self._most = write, most
        self._queue: list[Ticket[W, A]] = []
        self._queue_lock, self._turn = threading.Lock(), threading.Lock()

    def submit(self, work: W, *, weight: int) -> A:
        """Wait until the work is written; answers its own answer. Raises what writing it alone raised."""
        ticket: Ticket[W, A] = Ticket(work, weight)
        with self._queue_lock:
            self._queue.append(ticket)
        with self._turn:
            while not ticket.is_done:
                group = self._next_group()
                if not group:
                    raise RuntimeError("the thread that took this delivery along has gone without a word")
                self._settle(group)
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer  # type: ignore[return-value]  # done and without error: it has its answer

    def _next_group(self) -> list[Ticket[W, A]]:
        with self._queue_lock:
            weight, n = 0, 0
            for ticket in self._queue:
                if n and weight + ticket.weight > self._most:
                    break
                weight, n = weight + ticket.weight, n + 1
            group, self._queue = self._queue[:n], self._queue[n:]
        return group

    def _settle(self, group: list[Ticket[W, A]]) -> None:
        try:
            answers = self._write([ticket.work for ticket in group])
        except BaseException as error:
            if len(group) == 1:
                group[0].error, group[0].is_done = error, True
                return
            for ticket in group:
                self._settle([ticket])
            return
        for ticket, answer in zip(group, answers, strict=True):
            ticket.answer, ticket.is_done = answer, True
