"""An application with its real run service and store, whose one trainer trains nothing."""

from __future__ import annotations

from typing import Any

from app import create_app
from app.events import Finished
from app.runs.execution.executor import Ended
from app.runs.service import RunService
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim
from app.settings import Settings


class IdleTrainer:
    """One slot, in which every attempt goes on until the test ends it."""

    survives_leader = False

    def __init__(self, lifecycle: Lifecycle, *, slots: int) -> None:
        self._lifecycle = lifecycle
        self._slots = slots
        self.claims: list[Claim] = []

    def start(self) -> None:
        pass

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def poll(self) -> list[Ended]:
        return []

    def kill(self, run_id: str) -> None:
        pass

    def live_slots(self) -> int:
        return self._slots

    def close(self) -> None:
        pass

    def finish(self, claim: Claim, *, state: str = "done", error: dict[str, str] | None = None) -> None:
        finished = Finished(state=state, steps=23, training_seconds=0.5, error=error)
        self._lifecycle.finish(claim.run_id, claim.owner, [], finished)


class Served:
    """A client of the application; ``slots`` 0 leaves every run in the queue."""

    def __init__(self, *, slots: int = 0, **settings: Any) -> None:
        chosen = Settings(**{"offline": True, "wait_seconds": 0, **settings})
        self.trainers: list[IdleTrainer] = []
        self.service = RunService(chosen, new_executor=lambda lifecycle: self._new(lifecycle, slots))
        self.app = create_app(chosen)
        self.app.extensions["runs"] = self.service
        self.client = self.app.test_client()

    def _new(self, lifecycle: Lifecycle, slots: int) -> IdleTrainer:
        self.trainers.append(IdleTrainer(lifecycle, slots=slots))
        return self.trainers[-1]

    def post(
        self,
        path: str = "/api/train",
        body: dict[str, Any] | None = None,
        *,
        address: str = "127.0.0.1",
        **headers: str,
    ) -> Any:
        """Send ``body`` (a short real run) from ``address``; header names have _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {"mode": "real", "task": "digits", "epochs": 2} if body is None else body
        return self.app.test_client().post(
            path, json=asked, headers=named, environ_base={"REMOTE_ADDR": address}
        )

    def runs(self) -> int:
        """Return how many runs wait."""
        return self.service.lifecycle.count("queued")
