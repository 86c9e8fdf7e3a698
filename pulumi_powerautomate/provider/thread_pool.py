"""
Raise the SDK's thread pool from 4 to 32 workers; exit when the engine exits.

`python -m pulumi.dynamic` serves every dynamic resource of a stack with four threads, and the
check of the next resource waits behind running creates. Measured with the real engine, 200 creates
of half a second take 27 s that way and 5 s with 32 threads. Nothing public widens the pool, so
private names of the standard library are touched; when they are not as expected, the four stay.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

DEFAULT_WORKERS = 32
VARIABLE = "PULUMI_POWERAUTOMATE_WORKERS"
_MOST_WORKERS = 52
_widened: list[int] = []


def wanted_workers() -> int:
    """How many operations may run at once; 0 leaves the pool as the SDK made it."""
    given = os.environ.get(VARIABLE, "").strip().lower()
    if not given:
        return DEFAULT_WORKERS
    if given in ("off", "no", "false"):
        return 0
    return min(int(given), _MOST_WORKERS) if given.isdigit() else DEFAULT_WORKERS


def widen_pool() -> int:
    """
    Raise the number of worker threads of the pool that the calling thread belongs to.

    Returns:
        The number of workers afterwards, or 0 when no such pool was found.
    """
    pool = _own_pool()
    wanted = wanted_workers()
    try:
        if pool is None:
            return 0
        if pool._max_workers < wanted:
            pool._max_workers = wanted
            _widened.append(wanted)
            _start_threads(pool)
        return pool._max_workers
    except (AttributeError, ReferenceError, TypeError):
        return 0


def neighbours() -> list[str]:
    """
    Names of the other dynamic providers that this process has served.

    The SDK keeps them in a private variable of its own; where there is none, nobody is named.
    """
    own = __name__.partition(".")[0]
    try:
        served = list(sys.modules["__main__"]._PROVIDER_CACHE.values())
    except (AttributeError, KeyError, RuntimeError):
        return []
    kinds = {type(provider) for provider in served}
    return sorted(kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] != own)


def shared_pool_line() -> str:
    """The note about the thread pool for other dynamic providers; empty without any."""
    others = neighbours()
    if not others or os.environ.get(VARIABLE, "").strip() or not _widened:
        return ""
    return (
        f"{', '.join(others)}: up to {wanted_workers()} operations at once instead of Pulumi's 4, "
        "because this process serves Power Automate too. To have 4 again set "
        f"{VARIABLE}=off, or give the Power Automate resources an explicit powerautomate.Provider; "
        f"{VARIABLE}={wanted_workers()} keeps it so and drops this line."
    )


def _own_pool() -> ThreadPoolExecutor | None:
    """
    The pool whose worker the calling thread is.

    A worker is started with a weak reference to its pool as its first argument. Looking through
    `gc.get_objects()` instead would hold, for a moment, tuples that other threads are still
    filling: CPython refuses to resize those, so that imports in progress failed with a SystemError.
    """
    try:
        reference = threading.current_thread()._args[0]  # type: ignore[attr-defined]
        pool = reference()
        return pool if type(pool) is ThreadPoolExecutor else None
    except (AttributeError, IndexError, TypeError):
        return None


def _start_threads(pool: ThreadPoolExecutor) -> None:
    """
    Start all threads of a pool now.

    The pool starts one when a call comes and none is idle, and counts a thread as idle after each
    call, whatever is queued. A refresh or a destroy sends dozens of calls at once, before the pool
    has been widened: they queue up, the count runs ahead, and the pool would stay as it was.
    """
    with pool._shutdown_lock:
        while len(pool._threads) < pool._max_workers:
            before = len(pool._threads)
            while pool._idle_semaphore.acquire(timeout=0):
                pass
            pool._adjust_thread_count()
            if len(pool._threads) == before:
                return


def end_with_engine() -> None:
    """
    End this process as soon as the engine's end of our standard output closes.

    An engine that is killed leaves its provider processes behind, and they go on writing: a create
    was seen to commit seconds after the engine's death.
    """
    if not hasattr(select, "poll") or not _is_pipe(sys.__stdout__):
        return
    threading.Thread(target=_wait_for_hang_up, daemon=True, name="lifeline").start()


def _is_pipe(stream: object) -> bool:
    try:
        number = stream.fileno()  # type: ignore[attr-defined]
        return (os.fstat(number).st_mode & 0o170000) == 0o010000
    except (AttributeError, OSError, ValueError):
        return False


def _wait_for_hang_up() -> None:
    poll = select.poll()
    poll.register(sys.__stdout__.fileno(), 0)  # type: ignore[union-attr]
    poll.poll()
    os._exit(1)
