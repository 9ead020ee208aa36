/** Choosing what to audit and with which canaries, and how far it is. */

import { byId, element, onPress, setEnabled, setText } from "../dom.js";
import { activityOf, outcomeOf } from "../progress_words.js";
import { CANARIES } from "./choices.js";
import { isActive } from "../run_states.js";
import { hasFound, isBusy, phasesOf, pickedChoice } from "./state.js";
import { atMost, costSentence, findingOf, trainingOf } from "./words.js";

export class StartView {
  /** `actions` = {pick(id), canaries(name), start(), stop()}. */
  constructor(actions) {
    this.actions = actions;
    byId("canaries").replaceChildren(...CANARIES.map(({ name, title, text }) =>
      radio({ group: "canaries", value: name, title, text, changed: actions.canaries })));
    onPress(byId("audit-start"), actions.start);
    onPress(byId("audit-stop"), actions.stop);
  }

  update(state) {
    this.showChoices(state);
    this.showButtons(state);
    this.showProgress(state);
    show("audit-problem", [state.problem, state.notice].filter(Boolean).join(" "));
    show("audit-lost", state.lost ? `The server ${state.lost === "busy" ? "is busy" : "does not answer"}; retrying. What is shown is kept.` : "");
  }

  showChoices({ choices, picked, canaries }) {
    const content = JSON.stringify(choices);
    if (content !== this.content) {
      this.content = content;
      byId("audit-choices").replaceChildren(...choices.map((choice) =>
        radio({ group: "audit-choice", value: choice.id, title: choice.title, text: aboutChoice(choice), changed: this.actions.pick })));
    }
    for (const [group, value] of [["audit-choice", picked], ["canaries", canaries]]) {
      const chosen = document.getElementById(`${group}-${value}`);
      if (chosen) chosen.checked = true;
    }
  }

  showButtons(state) {
    const choice = pickedChoice(state);
    const busy = isBusy(state);
    setText(byId("audit-start"), choice?.runId ? "Audit this run" : "Train and audit");
    setEnabled(byId("audit-start"), Boolean(choice) && !busy);
    setEnabled(byId("audit-stop"), busy && !state.sending);
    const impossible = state.catalog.real.available === false ? `Training is not possible here: ${state.catalog.real.reason}` : "There is nothing that this server could train.";
    setText(byId("audit-cost"), choice ? costSentence(choice) : impossible);
  }

  showProgress(state) {
    const { run, training } = state;
    const busy = Boolean(run) && isBusy(state);
    byId("audit-phases").hidden = byId("audit-progress").hidden = !busy;
    setText(byId("audit-activity"), activityText(state));
    if (!busy) return;
    const watched = run.state === "queued" && isActive(training) ? training : run;
    const { steps = 0, steps_total: total = 1 } = watched.progress ?? {};
    Object.assign(byId("audit-progress"), { max: Math.max(1, total), value: steps });
    byId("audit-phases").replaceChildren(...phasesOf(state).map(({ title, isNow }) => element("li", { "aria-current": isNow && "step" }, title)));
  }
}

function activityText(state) {
  const { run, training, sending } = state;
  if (sending) return "Asking the server…";
  if (run?.state === "queued" && isActive(training)) return `First the training that will be audited. ${activityOf({ ...state, lost: false, run: training })}`;
  if (hasFound(run)) return `Done. ${findingOf(run)}.`;
  return activityOf({ ...state, lost: false }) ?? outcomeOf(run) ?? "";
}

function aboutChoice({ settings, epsilon }) {
  const privacy = epsilon === null ? "nothing guaranteed" : `at most ε ${atMost(epsilon)}`;
  return `${trainingOf({ parameters: settings })}; ${privacy}.`;
}

function radio({ group, value, title, text, changed }) {
  const id = `${group}-${value}`;
  const input = element("input", { type: "radio", name: group, id, value, "aria-describedby": `${id}-text` });
  input.addEventListener("change", () => changed(value));
  return element("div", { class: "option" }, input, element("label", { for: id }, title), element("p", { id: `${id}-text` }, text));
}

function show(id, text) {
  byId(id).hidden = !text;
  setText(byId(id), text);
}
