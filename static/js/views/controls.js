/** The control panel: built once from the parameter table, then only updated. */

import { byId, element, onPress, setEnabled, setText } from "../dom.js";
import { changesLine } from "../lesson.js";
import {
  ADVANCED_NAMES, changesBetween, isSimulated, isTraining, presetIsActive, presetsOf, SLIDER_NAMES, taskSettings,
} from "../state.js";
import { BaselineBox, Choice, SeedBox } from "./choice.js";
import { Slider } from "./slider.js";

export class Controls {
  /** `actions` = {change, refuse, applyPreset, run, stop}. */
  constructor(catalog, actions) {
    Object.assign(this, { catalog, actions, views: {}, shownTask: null });
    this.buildChoices();
    this.buildSliders();
    this.buildAdvanced();
    this.bindMode();
    onPress(byId("run"), () => actions.run());
    onPress(byId("stop"), () => actions.stop());
    onPress(byId("optimal"), () => actions.applyPreset(this.optimal));
  }

  buildChoices() {
    const available = new Map(this.catalog.datasets.map((dataset) => [dataset.name, dataset.available]));
    const tasks = this.catalog.tasks.map((task) => ({
      ...task, title: available.get(task.dataset) === false ? `${task.title} (data not on this server)` : task.title,
    }));
    this.addChoice("choices", { name: "task", label: "Task", options: tasks });
    this.addChoice("choices", { name: "optimizer", label: "Optimizer", options: this.catalog.optimizers });
  }

  addChoice(place, { name, label, options }) {
    this.add(place, name, new Choice({ name, label, options, change: (value) => this.actions.change(name, value) }));
  }

  buildSliders() {
    for (const name of SLIDER_NAMES) this.addSlider("sliders", name);
  }

  addSlider(place, name) {
    const parameter = this.parameter(name);
    const change = (value) => this.actions.change(name, value);
    this.add(place, name, new Slider(parameter, { change, refuse: (fault) => this.actions.refuse(name, fault) }));
  }

  buildAdvanced() {
    for (const name of ADVANCED_NAMES) this.addSlider("advanced-controls", name);
    const change = (name) => (value) => this.actions.change(name, value);
    const seed = new SeedBox(this.parameter("seed"), {
      change: change("seed"), refuse: (fault) => this.actions.refuse("seed", fault),
    });
    this.add("advanced-controls", "seed", seed);
    this.addChoice("advanced-controls", { name: "sampling", label: "Sampling", options: this.catalog.samplings });
    const engines = this.catalog.engines.map((engine) => ({ ...engine, disabled: engine.available === false }));
    this.addChoice("advanced-controls", { name: "engine", label: "Engine for real training", options: engines });
    this.add("advanced-controls", "baseline", new BaselineBox({ change: change("baseline") }));
  }

  bindMode() {
    this.modes = [...document.querySelectorAll('input[name="mode"]')];
    for (const radio of this.modes) radio.addEventListener("change", () => this.actions.change("mode", radio.value));
    const { available, reason } = this.catalog.real;
    byId("mode-real").disabled = !available;
    byId("mode-note").hidden = available;
    setText(byId("mode-note"), available ? "" : `Real training is not possible here: ${reason}`);
  }

  add(place, name, view) {
    this.views[name] = view;
    byId(place).append(view.node);
  }

  parameter(name) {
    return this.catalog.parameters.find((parameter) => parameter.name === name);
  }

  /** Show the state's settings, refused values, presets and which buttons can be pressed. */
  update(state) {
    const standards = taskSettings(this.catalog, state.settings.task);
    for (const [name, view] of Object.entries(this.views)) {
      view.update({ value: state.settings[name], standard: standards[name], fault: state.faults[name] ?? null });
    }
    for (const radio of this.modes) radio.checked = radio.value === state.settings.mode;
    const task = this.catalog.tasks.find(({ name }) => name === state.settings.task);
    setText(byId("task-summary"), task.summary);
    this.updatePresets(state);
    this.updateButtons(state);
  }

  updatePresets(state) {
    const { chips, optimal } = presetsOf(state);
    if (this.shownTask !== state.settings.task) this.buildChips(chips, state.settings.task);
    for (const { preset, chip } of this.chips) {
      chip.setAttribute("aria-pressed", String(presetIsActive(preset, state.settings)));
    }
    this.optimal = optimal;
    this.updateOptimal(state, optimal);
  }

  buildChips(presets, task) {
    this.shownTask = task;
    this.chips = presets.map((preset) => {
      const chip = element("button", { type: "button", class: "chip", title: preset.description }, preset.title);
      chip.addEventListener("click", () => this.actions.applyPreset(preset));
      return { preset, chip };
    });
    byId("presets").replaceChildren(...this.chips.map(({ chip }) => chip));
  }

  updateOptimal(state, optimal) {
    const changes = optimal ? changesBetween(state.settings, optimal.parameters) : [];
    setEnabled(byId("optimal"), changes.length > 0);
    const text = changes.length ? `Changes ${changesLine(changes)}` : "These are the best settings found for this task.";
    setText(byId("optimal-changes"), optimal ? text : "No best settings are known for this task.");
  }

  updateButtons(state) {
    const training = isTraining(state);
    const real = state.settings.mode === "real";
    const possible = real ? this.catalog.real.available && !training : isSimulated(this.catalog, state.settings);
    setEnabled(byId("run"), possible);
    setEnabled(byId("stop"), Boolean(real && training && state.run && !state.sending));
  }
}
