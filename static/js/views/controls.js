/** The control panel: built once from the parameter table, then only updated. */

import { baselineCost } from "../baseline_words.js";
import { byId, element, setText } from "../dom.js";
import { meaningOf } from "../meanings.js";
import { isLocked } from "../noise_lock.js";
import { baselineSeconds } from "../real_training.js";
import { ACCOUNTANTS, ADVANCED_NAMES, fits, named, SLIDER_NAMES, SWEPT_NAMES, taskSettings } from "../settings.js";
import { shownDocument } from "../state.js";
import { Choice, SeedBox, Switch } from "./choice.js";
import { choiceRow } from "./figure.js";
import { learnLink } from "./learn_link.js";
import { Mode } from "./mode.js";
import { Presets } from "./presets.js";
import { Slider } from "./slider.js";

const LOCK = [["noise_multiplier", "σ"], ["target_epsilon", "target ε"]];
const SWITCHES = { stop_at_budget: "Stop the training at the target ε" };
const BASELINE = "Also without privacy";

export class Controls {
  /** `actions` = {change, choose, refuse, applyPreset, run, stop, sweep}. */
  constructor(catalog, actions) {
    Object.assign(this, { catalog, actions, views: {} });
    this.buildChoices();
    this.addSwitch("baseline-row", "baseline", BASELINE);
    byId("baseline").setAttribute("aria-describedby", "baseline-cost");
    for (const name of SLIDER_NAMES) this.addSlider("sliders", name);
    this.buildLock();
    this.buildAdvanced();
    this.mode = new Mode(catalog, actions);
    this.presets = new Presets({ apply: actions.applyPreset });
  }

  buildChoices() {
    const available = new Map(this.catalog.datasets.map((dataset) => [dataset.name, dataset.available]));
    const tasks = this.catalog.tasks.map((task) => ({
      ...task, title: available.get(task.dataset) === false ? `${task.title} (data not on this server)` : task.title,
    }));
    this.addChoice("choices", { name: "task", label: "Task", options: tasks });
    this.addChoice("choices", { name: "optimizer", label: "Optimizer", options: this.catalog.optimizers });
  }

  /** "I choose: σ | target ε" stands above the two that it is about. */
  buildLock() {
    const lock = choiceRow({ name: "lock", legend: "I choose", choices: LOCK, changed: (what) => this.actions.choose(what) });
    const row = element("div", { class: "lock" }, element("span", { "aria-hidden": "true" }, "I choose:"), lock, learnLink("privacy_budget", "Target ε"));
    this.views.noise_multiplier.node.before(row);
    this.locks = [...lock.querySelectorAll("input")];
  }

  buildAdvanced() {
    const place = "advanced-controls";
    const { datasets, models, samplings, engines } = this.catalog;
    for (const name of ADVANCED_NAMES) this.addSlider(place, name);
    this.addChoice(place, { name: "dataset", label: "Dataset", options: datasets });
    this.addChoice(place, { name: "model", label: "Model", options: models });
    this.addChoice(place, { name: "sampling", label: "Sampling", options: samplings });
    this.addChoice(place, { name: "accountant", label: "Accountant shown as ε", options: ACCOUNTANTS });
    const offered = engines.map((engine) => ({ ...engine, disabled: engine.available === false }));
    this.addChoice(place, { name: "engine", label: "Engine for real training", options: offered });
    this.add(place, "seed", new SeedBox(this.parameter("seed"), {
      change: (value) => this.actions.change("seed", value), refuse: (fault) => this.actions.refuse("seed", fault),
    }));
    for (const [name, label] of Object.entries(SWITCHES)) this.addSwitch(place, name, label);
  }

  addSwitch(place, name, label) {
    this.add(place, name, new Switch({ name, label, change: (value) => this.actions.change(name, value) }));
  }

  addChoice(place, { name, label, options }) {
    this.add(place, name, new Choice({ name, label, options, change: (value) => this.actions.change(name, value) }));
  }

  addSlider(place, name) {
    const change = (value) => this.actions.change(name, value);
    const sweep = SWEPT_NAMES.includes(name) ? () => this.actions.sweep(name) : null;
    this.add(place, name, new Slider(this.sliderOf(name), { change, sweep, refuse: (fault) => this.actions.refuse(name, fault) }));
  }

  /** Return the row of the table; the target is called so, whether the meter only measures against it or σ is solved for it. */
  sliderOf(name) {
    return name === "privacy_budget" ? { ...this.parameter(name), label: "Target ε", unit: "" } : this.parameter(name);
  }

  add(place, name, view) {
    this.views[name] = view;
    byId(place).append(view.node);
  }

  parameter(name) {
    return named(this.catalog.parameters, name);
  }

  /** Show the state's settings, refused values, presets, mode and which buttons can be pressed. */
  update(state) {
    const { settings, faults } = state;
    const standards = taskSettings(this.catalog, settings.task);
    const shown = shownDocument(state);
    const locked = isLocked(settings);
    for (const [name, view] of Object.entries(this.views)) {
      const meaning = meaningOf(name, settings, { catalog: this.catalog, shown });
      const solved = name === "noise_multiplier" && locked;
      view.update({ value: settings[name], standard: standards[name], fault: faults[name] ?? null, meaning, solved, ...this.limitsOf(name, settings) });
    }
    for (const radio of this.locks) {
      radio.checked = (radio.value === "target_epsilon") === locked;
      radio.disabled = settings.sampling !== "poisson"; // the accountant of Poisson sampling solves for σ
    }
    setText(byId("baseline-cost"), baselineCost(settings.mode, baselineSeconds(this.catalog, settings)));
    this.mode.update(state);
    this.presets.update(state);
  }

  /** Return which models cannot take the chosen dataset. */
  limitsOf(name, { dataset }) {
    if (name !== "model") return {};
    const data = named(this.catalog.datasets, dataset);
    return { impossible: (model) => !fits(named(this.catalog.models, model), data) };
  }
}
