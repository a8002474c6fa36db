"""Writes a trial's resume points beside its training: one at a time, and what follows from a point comes after it."""

import threading
from collections.abc import Callable


class CheckpointWriter:
    """Works for one trial, in a thread that lasts as long as a point takes.

    Memory is bounded, and so is what a killed worker loses: who has a point to write waits for the one before.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._cancelled = False
        self._error: BaseException | None = None

    def begin(self, write: Callable[[], None], then: Callable[[], None]) -> None:
        """Begin to write a point, and do ``then`` once it was written or could not be; none may be in the making."""
        with self._changed:
            if self._busy:
                raise RuntimeError("a point is still being written")
            self._busy = True
        threading.Thread(target=self._run, args=(write, then), name="resume-point", daemon=True).start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the point is written and what follows from it is done, ``seconds`` at most; whether that is so.

        A signal's exception ends the wait.

        Raises:
            Exception: What went wrong, other than what ``write`` takes care of itself.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: not self._busy, timeout=seconds)
            error, self._error = self._error, None
        if error is not None:
            raise error
        return done

    def cancel(self) -> None:
        """The trial is no more this worker's, or ends before this point: nothing shall follow from it."""
        with self._changed:
            self._cancelled = True

    def _run(self, write: Callable[[], None], then: Callable[[], None]) -> None:
        error = None
        try:
            for step in (write, then):
                if not self._cancelled:
                    step()
        except BaseException as caught:  # noqa: BLE001 - it is raised again where the trial is run
            error = caught
        with self._changed:
            self._busy, self._error = False, error
            self._changed.notify_all()
