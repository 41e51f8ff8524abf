"""The timetable: what reaches venues strays from its time, and every job has a body."""

from __future__ import annotations

from handlers.jobs import JITTER, TIMETABLE, Jobs

REACHES_VENUES = {"sync_balances", "follow_accounts", "sync_markets"}


def test_every_job_has_a_body() -> None:
    assert [name for name in TIMETABLE if not hasattr(Jobs, name)] == []


def test_jobs_that_reach_venues_do_not_ask_at_once() -> None:
    assert set(JITTER) >= REACHES_VENUES
    assert set(JITTER) <= set(TIMETABLE)
    for name, jitter in JITTER.items():
        assert 0 < jitter.total_seconds() < TIMETABLE[name].total_seconds() / 2
        # APScheduler counts whole seconds.
        assert jitter.total_seconds() == int(jitter.total_seconds())
