"""What the models of a finished training make of a picture that somebody drew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.catalog import DATASETS
from app.inference.archive import unpacked
from app.inference.network import Network
from app.runs.store.database import Store
from app.runs.store.schema import FINISHED_STATES
from app.runs.store.weights import kept

RUNS_KEPT = 8  # of a megabyte at most each

Networks = Mapping[str, Network]

AUDITED = "An audit's models are not kept; ask the training that it audited."
OWN_TABLE = "A model of a table of one's own is not kept."
NO_IMAGES = "This run's data are no images, so that no picture can be shown to its model."
UNFINISHED = "This run has not finished; its models answer when it has."
BROKEN_OFF = "This run broke off, and models are kept of finished ones only."
NOT_KEPT = (
    "The models of this run are not kept here any more, because newer runs needed their room, or it was "
    "trained by an earlier version of this server. Train again to ask its models."
)


class NoModel(LookupError):
    """The run has no model that could answer; the text says why."""


class WrongShape(ValueError):
    """The picture is not as high and wide as those of the run; the text says what it must be."""


class Predictions:
    """Answers for the finished trainings of ``store``, of which it keeps those asked last; thread safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._networks: OrderedDict[str, Networks] = OrderedDict()

    def of(self, document: Mapping[str, Any], image: Sequence[Sequence[float]]) -> dict[str, Any]:
        """Return {"run_id", "dataset", "class_names", "private", "baseline"} for a picture of numbers 0..1.

        "private" and, where the run has one, "baseline" are {"label", "probabilities"}; ``document`` is the
        run's. The picture is used for this answer only.

        Raises:
            NoModel: no model of this run can answer.
            WrongShape: the picture has another size than the run's images.
            StoreUnavailable: the store cannot be read.
        """
        if reason := _why_none(document):
            raise NoModel(reason)
        info = DATASETS[document["parameters"]["dataset"]]
        height, width, _ = info.input_shape
        if len(image) != height or any(len(row) != width for row in image):
            raise WrongShape(f"must be {height} rows of {width} numbers, as this run's images are")
        networks = self._of_run(document["id"], document["parameters"]["model"])
        pixels = np.asarray(image, np.float32).reshape(1, *info.input_shape)
        answers = {series: _answer(network, pixels, info.class_names) for series, network in networks.items()}
        return {
            "run_id": document["id"],
            "dataset": info.name,
            "class_names": list(info.class_names),
            "private": answers["private"],
            "baseline": answers.get("baseline"),
        }

    def _of_run(self, run_id: str, model: str) -> Networks:
        with self._lock:
            if run_id in self._networks:
                self._networks.move_to_end(run_id)
                return self._networks[run_id]
        found = kept(self._store, run_id)
        if "private" not in found:
            raise NoModel(NOT_KEPT)
        networks = {series: Network(model, unpacked(content)) for series, content in found.items()}
        with self._lock:
            self._networks[run_id] = networks
            while len(self._networks) > RUNS_KEPT:
                self._networks.popitem(last=False)
        return networks


def _why_none(document: Mapping[str, Any]) -> str | None:
    parameters, state = document["parameters"], document["state"]
    if document["audit"] is not None:
        return AUDITED
    if parameters["dataset"] not in DATASETS:
        return OWN_TABLE
    if len(DATASETS[parameters["dataset"]].input_shape) != 3:
        return NO_IMAGES
    if state != "done":
        return BROKEN_OFF if state in FINISHED_STATES else UNFINISHED
    return None


def _answer(network: Network, pixels: Any, class_names: Sequence[str]) -> dict[str, Any]:
    (probabilities,) = network.probabilities(pixels)
    label = class_names[int(probabilities.argmax())]
    return {"label": label, "probabilities": [float(share) for share in probabilities]}
