/** The quiz: each question is explained as soon as it is answered. */

import { byId, setText } from "../dom.js";

/** Return the words on a score. */
export function scoreWords({ right, answered, questions }) {
  if (answered === 0) return "";
  const rest = questions - answered;
  return `${right} of ${answered} right${rest ? `, ${rest} to go` : ""}.`;
}

export class Quiz {
  constructor() {
    this.questions = [...document.querySelectorAll(".quiz .question")];
    this.results = new Map();
    for (const question of this.questions) {
      question.querySelector(".reveal").hidden = true;
      question.addEventListener("change", ({ target }) => this.answer(question, target));
    }
    byId("quiz-again").addEventListener("click", () => this.again());
  }

  /** Only the first answer counts; afterwards the question is closed. */
  answer(question, { value }) {
    const right = value === question.dataset.answer;
    this.results.set(question, right);
    const inputs = [...question.querySelectorAll("input")];
    for (const input of inputs) input.disabled = true;
    inputs[question.dataset.answer].closest("label").classList.add("right");
    question.querySelector(".reveal").hidden = false;
    setText(question.querySelector(".verdict"), right ? "Right." : "Not quite.");
    this.show();
  }

  again() {
    this.results.clear();
    for (const question of this.questions) {
      question.querySelector(".reveal").hidden = true;
      for (const input of question.querySelectorAll("input")) Object.assign(input, { checked: false, disabled: false });
      for (const label of question.querySelectorAll(".right")) label.classList.remove("right");
    }
    this.show();
    this.questions[0].querySelector("input").focus();
  }

  show() {
    const right = [...this.results.values()].filter(Boolean).length;
    setText(byId("quiz-score"), scoreWords({ right, answered: this.results.size, questions: this.questions.length }));
    byId("quiz-again").hidden = this.results.size === 0;
  }
}
