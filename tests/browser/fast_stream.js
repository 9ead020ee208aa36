// Stands in for a server's run: a real training whose events come much faster than any engine makes them. It needs a
// simulated document at window.simulated, whose numbers the events tell; window.streamed counts them.
(() => {
  const EVENTS_A_TICK = 4; // a tick is 10 ms: 400 events a second
  const ID = "00000000-0000-4000-8000-000000000001";
  const realFetch = window.fetch.bind(window);
  let finished = null;

  window.streamed = 0;

  const unfinished = () => ({
    ...window.simulated, id: ID, state: "running", mode: "real", evidence: "measured", epochs: [], iterations: [], gradient_norms: null,
    per_class_accuracy: null, final_metrics: null, epsilon_spent: 0, simulation_error: null, baseline: null, last_event_id: 0, events: [],
    progress: { phase: "training", queue_position: null, steps: 0, steps_total: window.simulated.progress.steps_total },
  });

  const answer = (body, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

  window.fetch = (path, options = {}) => {
    const address = String(path);
    if (address.includes(`/api/runs/${ID}`)) return Promise.resolve(answer(finished ?? unfinished()));
    const real = address.endsWith("/api/train") && options.body && JSON.parse(options.body).mode === "real";
    return real ? Promise.resolve(answer(unfinished(), 202)) : realFetch(path, options);
  };

  /** Return the events of the whole run: between two epochs ten points and ten steps of progress. */
  function eventsOf({ epochs, per_class_accuracy: classes, progress }) {
    const events = [{ kind: "started", attempt: 1 }, { kind: "phase", phase: "training" }];
    epochs.forEach((epoch, index) => {
      const from = epochs[index - 1]?.iteration ?? 0;
      for (let part = 1; part <= 10; part += 1) {
        const iteration = from + Math.round((part / 11) * (epoch.iteration - from));
        events.push({ kind: "iteration", series: "private", iteration, accuracy: epoch.accuracy, loss: epoch.loss });
        events.push({ kind: "progress", steps: iteration, steps_total: progress.steps_total, epsilon: epoch.epsilon });
      }
      events.push({ ...epoch, kind: "epoch", series: "private", per_class_accuracy: classes, seconds: 1.5 });
    });
    return [...events, { kind: "finished", state: "done", steps: progress.steps_total, training_seconds: 90, error: null }];
  }

  window.EventSource = class extends EventTarget {
    static CLOSED = 2;

    constructor() {
      super();
      this.readyState = 1;
      const events = eventsOf(window.simulated);
      const tick = () => {
        for (const event of events.splice(0, EVENTS_A_TICK)) this.tell(event);
        if (events.length && this.readyState === 1) setTimeout(tick, 10);
      };
      setTimeout(() => { this.dispatchEvent(new Event("open")); tick(); }, 0);
    }

    tell(event) {
      window.streamed += 1;
      if (event.kind === "finished") finished = { ...window.simulated, id: ID, mode: "real", evidence: "measured", epsilon_spent: window.simulated.privacy.epsilon };
      const message = new MessageEvent(event.kind, { data: JSON.stringify(event), lastEventId: String(window.streamed) });
      this.dispatchEvent(message);
    }

    close() {
      this.readyState = 2;
    }
  };
})();
