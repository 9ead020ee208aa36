"""Speaks the protocol of ``python -m app.training``; the job's data_directory says how it behaves."""

import base64
import hashlib
import json
import os
import queue
import signal
import sys
import threading
import time

messages: "queue.Queue[dict]" = queue.Queue()
speaking = threading.Lock()


def read() -> None:
    for line in sys.stdin:
        messages.put(json.loads(line))
    os._exit(0)


def say(message: dict) -> None:
    with speaking:
        print(json.dumps(message), flush=True)


def send(run_id: str, **event: object) -> None:
    say({"run": run_id, "event": event})


def finish(run_id: str, state: str, steps: int) -> None:
    send(run_id, kind="finished", state=state, steps=steps, training_seconds=0.5, error=None)


def play(job: dict) -> None:
    run_id, behaviour = job["run"], job["data_directory"]
    send(run_id, kind="phase", phase="training")
    send(run_id, kind="progress", steps=7, steps_total=100, epsilon=0.5)
    if behaviour == "tell the table":
        digest = hashlib.sha256(base64.b64decode(job["table"])).hexdigest()
        error = {"kind": "sha256", "message": digest}
        send(run_id, kind="finished", state="done", steps=1, training_seconds=0.5, error=error)
        return
    if behaviour.startswith("weights, "):
        for series in ("private", "baseline"):
            content = base64.b64encode(f"{series} weights".encode()).decode()
            say({"run": run_id, "weights": {"series": series, "content": content}})
        behaviour = behaviour.removeprefix("weights, ")
    if behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "die in a line":
        os.write(sys.stdout.fileno(), b'{"run": "')
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "stuck":
        time.sleep(60)
    if behaviour == "until stopped":
        while messages.get().get("stop") != run_id:
            pass
        finish(run_id, "cancelled", 9)
        return
    if behaviour == "until told to finish":
        messages.get()
        for steps in (8, 9, 10):
            send(run_id, kind="progress", steps=steps, steps_total=100, epsilon=0.5)
            time.sleep(0.05)
    finish(run_id, "done", 100)


def beat() -> None:
    while True:
        say({"beat": True})
        time.sleep(0.2)


def main() -> None:
    threading.Thread(target=beat, daemon=True).start()
    threading.Thread(target=read, daemon=True).start()
    while True:
        message = messages.get()
        if "parameters" in message:
            play(message)


if __name__ == "__main__":
    main()
