"""Limits of each client, who counts as one, and what is refused with which answer."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
from limits.storage import MemoryStorage

from app.runs import timing as timing_module
from app.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).resolve().parents[2]
ABROAD = "192.0.2.7"
LAPTOP = {"limits": "auto", "active_runs": 2, "trainings_per_minute": 3, "simulations_per_minute": 4}
SIMULATION: dict[str, Any] = {"epochs": 1, "seed": 1}
QUESTIONS = [
    ("/api/train", SIMULATION),
    ("/api/privacy", {"epochs": 1}),
    ("/api/privacy/calibrate", {"target_epsilon": 3.0}),
]


def expect_limited(response: Any, expect_problem: Callable[..., Any]) -> dict[str, Any]:
    problem: dict[str, Any] = expect_problem(response, 429)
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    return problem


def test_the_third_run_of_one_client_is_a_429_and_nothing_is_made(serve, expect_problem):
    served = serve(**LAPTOP)
    assert [served.post(address=ABROAD).status_code for _ in range(2)] == [202, 202]
    problem = expect_limited(served.post(address=ABROAD), expect_problem)
    assert "2 runs queued or running" in problem["detail"]
    assert served.runs() == 2
    assert served.post(address="192.0.2.8").status_code == 202


def test_a_run_that_ended_makes_room_but_so_many_a_minute_are_the_most(serve, expect_problem):
    served = serve(**LAPTOP)
    for _ in range(3):
        response = served.post(address=ABROAD)
        assert response.status_code == 202
        served.post(f"{response.headers['Location']}/cancel", {})
    problem = expect_limited(served.post(address=ABROAD), expect_problem)
    assert "3 trainings within a minute" in problem["detail"]


def test_every_ten_runs_of_a_simulated_sweep_are_one_question(serve, expect_problem):
    served = serve(**LAPTOP)
    sweep = {"parameter": "noise_multiplier", "values": [1, 2, 3], "seeds": list(range(10)), "epochs": 1}
    assert served.post("/api/sweeps", sweep, address=ABROAD).status_code == 200
    assert served.post(body=SIMULATION, address=ABROAD).status_code == 200
    expect_limited(served.post(body=SIMULATION, address=ABROAD), expect_problem)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_s_own_clients_are_not_limited(serve, address):
    served = serve(**LAPTOP)
    assert {served.post(address=address).status_code for _ in range(5)} == {202}
    answers = {served.post(body=SIMULATION, address=address).status_code for _ in range(6)}
    assert answers == {200}


@pytest.mark.parametrize(
    ("limits", "address", "status"),
    [("on", "127.0.0.1", 429), ("off", ABROAD, 202), ("auto", ABROAD, 429), ("auto", "", 429)],
)
def test_the_setting_says_who_is_limited(serve, limits, address, status):
    served = serve(**{**LAPTOP, "limits": limits})
    assert [served.post(address=address).status_code for _ in range(3)][-1] == status


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP"])
def test_a_spoofed_address_on_the_third_run_is_a_429(serve, expect_problem, header):
    served = serve(**LAPTOP)
    for _ in range(2):
        assert served.post().status_code == 202
    expect_limited(served.post(**{header: "203.0.113.9"}), expect_problem)


def test_spoofed_addresses_abroad_gain_nothing(serve):
    served = serve(**LAPTOP)
    answers = [served.post(address=ABROAD, X_Forwarded_For=f"203.0.113.{n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]


def test_behind_configured_proxies_their_word_counts_and_no_more(serve):
    served = serve(**LAPTOP, proxies=1)
    clients = [f"203.0.113.{n}" for n in range(4)]
    assert {served.post(X_Forwarded_For=client).status_code for client in clients} == {202}
    # What a client wrote itself stands before what the proxy added.
    spoofed = [served.post(X_Forwarded_For=f"198.51.100.{n}, 203.0.113.50").status_code for n in range(3)]
    assert spoofed == [202, 202, 429]


def test_a_client_that_claims_to_be_this_machine_through_a_proxy_is_limited(serve):
    served = serve(**LAPTOP, proxies=1)
    answers = [served.post(X_Forwarded_For="127.0.0.1").status_code for _ in range(3)]
    assert answers == [202, 202, 429]


def test_addresses_of_one_ipv6_network_are_one_client(serve):
    served = serve(**LAPTOP)
    answers = [served.post(address=f"2001:db8:0:1::{n}").status_code for n in (1, 2, 3)]
    assert answers == [202, 202, 429]
    assert served.post(address="2001:db8:0:2::1").status_code == 202


def test_simulations_and_privacy_questions_are_counted_together(serve, expect_problem):
    served = serve(**LAPTOP)
    for path, body in [*QUESTIONS, QUESTIONS[0]]:
        assert served.post(path, body, address=ABROAD).status_code == 200
    for path, body in QUESTIONS:
        problem = expect_limited(served.post(path, body, address=ABROAD), expect_problem)
        assert problem["detail"].startswith("4 simulations and privacy questions a minute")
    assert served.post(body=SIMULATION, address="192.0.2.8").status_code == 200
    assert served.post(address=ABROAD).status_code == 202  # trainings have a count of their own


def test_what_is_no_question_is_not_counted(serve):
    served = serve(**LAPTOP)
    for _ in range(10):
        assert served.post(body={"epochs": "5"}, address=ABROAD).status_code == 422
        assert served.app.test_client().get("/api/parameters").status_code == 200
    assert served.post(body=SIMULATION, address=ABROAD).status_code == 200


class BrokenStorage(MemoryStorage):
    """A storage that is down until told otherwise."""

    STORAGE_SCHEME = ("broken",)
    works = False

    def incr(self, *args: Any, **more: Any) -> int:
        if not self.works:
            raise ConnectionError("the storage is down")
        return super().incr(*args, **more)

    def check(self) -> bool:
        return self.works


def test_while_its_storage_is_down_the_limiter_counts_in_memory(serve, expect_problem):
    served = serve(**LAPTOP, limiter_storage="broken://somewhere")
    answers = [served.post(body=SIMULATION, address=ABROAD) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    expect_limited(answers[-1], expect_problem)


def test_a_limiter_whose_storage_is_shared_and_store_is_down_still_answers(serve, tmp_path):
    (tmp_path / "file").write_text("no folder")
    served = serve(**LAPTOP, limiter_storage="broken://somewhere", store=str(tmp_path / "file" / "runs"))
    assert served.post(body=SIMULATION, address=ABROAD).status_code == 200


@pytest.mark.parametrize("storage", ["nowhere://x", "nowhere://bob:s3cret@x/1", "redis-but-not-installed"])
def test_a_storage_that_cannot_be_used_is_named_at_the_start(serve, storage):
    with pytest.raises(SettingsError, match="DPSGD_LIMITER_STORAGE") as caught:
        serve(limiter_storage=storage)
    assert "s3cret" not in str(caught.value)


def documented(start: str) -> dict[str, Any]:
    """Return the settings that the command of docs/deployment.md makes which starts so."""
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"^{start}.*", text, re.MULTILINE)
    chosen = read_settings(dict(re.findall(r"(DPSGD_\w+)=(\S+)", command)))
    return {name: value for name, value in vars(chosen).items() if value != getattr(Settings(), name)}


def test_a_class_of_thirty_behind_one_address_works_as_documented(serve):
    served = serve(**documented("export DPSGD_LIMITS=on"))
    for _ in range(2 * 30):
        assert served.post(address=ABROAD).status_code == 202
    for _ in range(3 * 30):
        assert served.post(body=SIMULATION, address=ABROAD).status_code == 200
    assert served.post(address=ABROAD).status_code == 503  # the queue has its end also then


def test_a_class_of_thirty_in_the_server_s_network_works_as_documented(serve, expect_problem):
    served = serve(**documented("DPSGD_HOST=0.0.0.0"))
    asked = {"Host": "192.168.1.20:8000"}
    for number in range(2 * 29):
        assert served.post(address=f"192.168.1.{100 + number // 2}", **asked).status_code == 202
    expect_limited(served.post(address="192.168.1.100", **asked), expect_problem)  # their third
    for _ in range(2):
        assert served.post(address="192.168.1.129", **asked).status_code == 202


def test_no_log_holds_an_address_or_a_key(serve, caplog):
    caplog.set_level(logging.DEBUG)
    served = serve(**LAPTOP)
    for _ in range(3):
        served.post(address=ABROAD, Idempotency_Key="my-secret-key", X_Forwarded_For="203.0.113.9")
        served.post(address=ABROAD)
    for _ in range(6):
        served.post(body=SIMULATION, address=ABROAD)
    told = caplog.text + json.dumps([str(record.__dict__) for record in caplog.records])
    assert not any(secret in told for secret in (ABROAD, "203.0.113.9", "my-secret-key"))


def test_of_a_hundred_at_once_the_queue_takes_what_it_can_and_the_rest_is_a_503(serve, expect_problem):
    served = serve(queue_limit=20)
    with ThreadPoolExecutor(max_workers=25) as pool:
        answers = list(pool.map(lambda _: served.post(), range(100)))
    refused = [answer for answer in answers if answer.status_code != 202]
    assert len(refused) == 80
    for answer in refused:
        problem = expect_problem(answer, 503)
        assert "queue is full" in problem["detail"]
        assert int(answer.headers["Retry-After"]) > 0
    assert served.runs() == 20


def test_a_run_too_long_is_a_422_with_estimate_and_limit_and_nothing_is_made(
    serve, expect_problem, monkeypatch
):
    monkeypatch.setattr(timing_module, "SHIPPED_PER_CORE", 1.0)
    served = serve(cost_seconds=60)
    problem = expect_problem(served.post(), 422, fields={"epochs", "train_size", "model"})
    assert "60 s is the most" in problem["detail"]
    assert all("the limit 60 s" in fault["message"] for fault in problem["errors"])
    assert served.runs() == 0


def test_a_run_that_is_short_enough_is_not_refused(serve):
    assert serve(cost_seconds=60).post().status_code == 202


def test_processes_that_share_a_storage_know_a_client_by_the_same_name(serve):
    """Two web processes on one store; the storage is one, as a Redis would be."""
    names: list[set[str]] = []
    for _ in range(2):
        served = serve(**LAPTOP, limiter_storage="recording://somewhere")
        RecordingStorage.names.clear()
        served.post(body=SIMULATION, address=ABROAD)
        names.append(set(RecordingStorage.names))
        assert not any(ABROAD in name for name in RecordingStorage.names)
    assert names[0] == names[1] != set()


class RecordingStorage(MemoryStorage):
    """Remembers the names under which it was asked to count."""

    STORAGE_SCHEME = ("recording",)
    names: ClassVar[list[str]] = []

    def incr(self, key: str, *args: Any, **more: Any) -> int:
        self.names.append(key)
        return super().incr(key, *args, **more)
