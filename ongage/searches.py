"""Searches and activity reports: OnGage works at them for minutes, so they are begun, waited for, read, and deleted afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from http import HTTPStatus

from api import COMPLETED, PENDING, OngageApi, Record
from common.clock import Clock
from common.csvs import Cells, Export
from common.failures import NotFound, SourceFailure, Unauthorized, Unavailable
from cursors import Job

POLL_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # between two questions whether a job is done; the last one again and again
AGREEING_READINGS = 3  # of an export whose last line does not end
SEARCH, ACTIVITY = "contact_search", "contact_activity"


class JobFailed(Exception):
    """A job that failed, vanished or took too long: a smaller one may do."""


class Jobs:
    """Begins, watches and deletes jobs.

    Args:
        api: asks, with retries.
        clock: for the pauses between two questions.
        executor: deletes in the background.
        minutes: how long a job may take.
        pause: called while a job is waited for, so that what was delivered is saved.
        say: told of what was waited for long, and of jobs that could not be deleted.
    """

    def __init__(
        self, api: OngageApi, clock: Clock, executor: Executor, minutes: int, pause: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self._api, self._clock, self._executor, self._minutes = api, clock, executor, minutes
        self._pause, self._say = pause, say

    def begin(self, list_id: str, kind: str, body: Record) -> Job:
        """Begins a job.

        Raises:
            SourceFailure: if the source does not take it.
        """
        return Job(list_id, kind, self._api.begin(list_id, kind, body))

    def wait(self, job: Job, what: str) -> None:
        """Returns when a job is done; `what` names it for people.

        Raises:
            JobFailed: if it failed, is not there any more, or took too long.
            SourceFailure: if the source does not say.
        """
        began, asked = self._clock.time(), 0
        while True:
            try:
                status, words = self._api.status(*job)
            except NotFound:
                raise JobFailed(f"{what}: the source does not know it any more") from None
            if status == COMPLETED:
                return
            if status != PENDING:
                raise JobFailed(f"{what}: the source gave it up with the status {status} {words}".rstrip())
            if self._clock.time() - began >= self._minutes * 60:
                raise JobFailed(f"{what}: it was not done after {self._minutes} minutes")
            if asked and asked % len(POLL_SECONDS) == 0:
                self._say(f"{what}: waiting since {(self._clock.time() - began) / 60:.0f} min")
            self._pause()
            self._clock.sleep(POLL_SECONDS[min(asked, len(POLL_SECONDS) - 1)])
            asked += 1

    def delete(self, jobs: list[Job]) -> list[Job]:
        """Deletes jobs from the account's history; returns those that are still there, since the source did not answer.

        Raises:
            Unauthorized: if the login is refused.
        """
        replies: list[tuple[Job, Future[None]]] = [(job, self._executor.submit(partial(self._api.delete, *job))) for job in jobs]
        left = []
        for job, reply in replies:
            failure = reply.exception()
            if isinstance(failure, Unauthorized) or (failure and not isinstance(failure, SourceFailure)):
                raise failure
            if isinstance(failure, SourceFailure) and _may_help_later(failure):
                left.append(job)
                self._say(f"a {job.kind} of list {job.list_id} could not be deleted yet: {failure}")
        return left


class Ends:
    """Decides about exports whose last line does not end: they may have been cut, or the source may write them so.

    One that ends in the same way whenever it is read, with as many cells as its header, is whole.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[Job, str], list[tuple[int, Cells]]] = {}

    def last_row(self, job: Job, what: str, rows: int, export: Export) -> list[Cells]:
        """The last row of an export if it was left open, after `rows` others.

        Raises:
            Unavailable: if it may have been cut there.
        """
        if not export.unterminated:  # or nothing but white space
            return []
        ends = self._seen.setdefault((job, what), [])
        ends.append((rows, export.unterminated))
        if len(export.unterminated) < len(export.header) or ends[-AGREEING_READINGS:] != ends[-1:] * AGREEING_READINGS:
            raise Unavailable(f"the export of a {job.kind} of list {job.list_id} may have been cut after {rows:,} rows")
        return [export.unterminated] if export.unterminated and export.unterminated is not export.header else []


def _may_help_later(failure: SourceFailure) -> bool:
    """Whether to try again with the next sync; what is gone or may not be deleted is left alone."""
    return failure.status is None or failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR or failure.status == HTTPStatus.TOO_MANY_REQUESTS
