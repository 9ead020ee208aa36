/** Model inversion, on the page: two models, and what each finds typical of a class. */

import { byId, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { bindSlider } from "../toy/sliders.js";
import { CLIPPING_NORM, DELTA, emptyModel, epsilonOf, findings, LEARNING_RATE, MOST_EACH, split, STEPS, STRANGERS_EACH, strangersAccuracy, trainModel } from "./inversion_experiment.js";
import { figureOf, withPictures } from "./picture_view.js";
import { meanOf, meanPicture } from "./pictures.js";
import { createSlices } from "./slices.js";

const KINDS = ["plain", "private"];
const NAMES = { plain: "Ordinary training", private: "DP-SGD" };
const [APART, NEAR] = [0.1, 0.03]; // differences of two mean correlations, for the words; redraws of 60 pictures stay below NEAR
const state = { label: 3, each: MOST_EACH, noiseMultiplier: 2, seed: 1 };
const models = {}; // {key, found, accuracy} of each kind: another class needs no other training
const run = createSlices();
const correlationWords = (number) => number.toFixed(2).replace("-", "−");

function* trainBoth(people) {
  for (const kind of KINDS) {
    const noiseMultiplier = kind === "private" ? state.noiseMultiplier : 0;
    const key = `${state.seed} ${state.each} ${noiseMultiplier}`;
    if (models[kind]?.key === key) continue;
    const parameters = emptyModel();
    yield* trainModel(parameters, { members: people.members, seed: state.seed, noiseMultiplier });
    models[kind] = { key, found: findings(parameters, people), accuracy: strangersAccuracy(parameters, people) };
  }
}

function retrain(pictures) {
  const people = split(pictures, state);
  run(trainBoth(people), () => show(people));
}

function show(people) {
  const epsilon = epsilonOf(state);
  for (const kind of KINDS) byId(`inversion-${kind}`).replaceChildren(...figuresOf(models[kind].found[state.label], people, kind));
  setText(byId("inversion-result"), resultWords());
  setText(byId("inversion-setting"), settingWords(epsilon));
  fillTable(byId("inversion-table"), tableOf(epsilon));
}

function figuresOf({ picture, mean, nearest }, { members }, kind) {
  const ofClass = members[state.label];
  return [
    figureOf([[picture, `What comes out of ${kind === "plain" ? "the ordinary model" : "the private model"} for class ${state.label}`]], ["comes out"]),
    figureOf([[meanPicture(ofClass), `The mean of the ${state.label}s trained on`]], ["mean of the class", `r ${correlationWords(mean)}`]),
    figureOf([[ofClass[nearest.index], `The ${state.label} trained on that it resembles most`]], ["most alike of those trained on", `r ${correlationWords(nearest.resemblance)}`]),
  ];
}

/** The average over all classes decides: that of one class is left to chance. */
function resultWords() {
  const overall = (kind, name) => meanOf(models[kind].found.map((one) => one[name]));
  const [members, strangers] = [overall("plain", "members"), overall("plain", "strangers")];
  const people = state.each === 1 ? "the one picture" : `the ${state.each} pictures`;
  return `Over all ten classes, what comes out of ordinary training resembles ${people} trained on by r ${correlationWords(members)}, and ${STRANGERS_EACH} never trained on by r ${correlationWords(strangers)}: ${verdict(members - strangers)} ` +
    `After DP-SGD it is ${correlationWords(overall("private", "members"))} and ${correlationWords(overall("private", "strangers"))}.`;
}

function verdict(difference) {
  if (difference > APART) return "it shows those it was trained on, not only the class. If a class is one person, that is harm.";
  return difference > NEAR ? "it shows the class, and a little of those it was trained on." : "it shows the class; of single pictures this attack finds nothing.";
}

function settingWords(epsilon) {
  return `Seed ${state.seed}. Softmax regression, ${format.count(emptyModel().length)} parameters, ${STEPS} steps at learning rate ${LEARNING_RATE}; every picture joins a step with probability 0.1. ` +
    `DP-SGD: C = ${CLIPPING_NORM}, σ = ${format.value(state.noiseMultiplier)}, ε ${format.epsilon(epsilon)} at δ ${format.value(DELTA)} for one picture added or removed. Drawn at full contrast.`;
}

function tableOf(epsilon) {
  const row = (name, write) => [name, ...KINDS.map((kind) => write(models[kind].found[state.label]))];
  return {
    caption: `What comes out for class ${state.label}, measured`,
    columns: ["", ...KINDS.map((kind) => NAMES[kind])],
    rows: [
      row("The model's own P(class) for it", ({ probability }) => format.percent(probability)),
      row("Correlation with the mean of the class", ({ mean }) => correlationWords(mean)),
      row("… with the class's pictures trained on, on average", ({ members }) => correlationWords(members)),
      row(`… with ${STRANGERS_EACH} never trained on, on average`, ({ strangers }) => correlationWords(strangers)),
      ["The model's accuracy on 200 pictures never trained on", ...KINDS.map((kind) => format.percent(models[kind].accuracy))],
      ["ε of the training", "∞", format.epsilon(epsilon)],
    ],
  };
}

function begin(pictures) {
  const choose = (name) => (value) => { state[name] = value; retrain(pictures); };
  const showEach = bindSlider("inversion-each", { minimum: 1, maximum: MOST_EACH, scale: "log", integer: true }, choose("each"));
  bindSlider("inversion-noise", { minimum: 0.5, maximum: 8, scale: "log" }, choose("noiseMultiplier"))(state.noiseMultiplier);
  showEach(state.each);
  const preset = (id, each) => byId(id).addEventListener("click", () => { showEach(each); choose("each")(each); });
  preset("inversion-one", 1);
  preset("inversion-many", MOST_EACH);
  byId("inversion-class").value = String(state.label);
  byId("inversion-class").addEventListener("change", ({ target }) => choose("label")(Number(target.value)));
  byId("inversion-again").addEventListener("click", () => choose("seed")(state.seed + 1));
  retrain(pictures);
}

withPictures(byId("inversion-problem"), begin);
