/** The code panel: a script in another library, filled in with the settings as they are moved. */

import { byId, element, setText } from "../dom.js";
import * as format from "../format.js";
import { createLatest } from "../latest.js";
import { guaranteedEpsilon } from "../privacy/accountant.js";
import { mechanismOf } from "../privacy/mechanism.js";
import { faultOf } from "../scale.js";
import { named, taskSettings } from "../settings.js";
import { codeQuery, NUMBERS, settingsOf } from "./code_settings.js";

const REST_MILLISECONDS = 150; // between the last key and the question

export class CodePanel {
  /** `getCode(query, {signal})` asks the server. */
  constructor(catalog, { getCode, query }) {
    Object.assign(this, { catalog, settings: settingsOf(catalog, query), text: "" });
    const rested = (send) => setTimeout(send, REST_MILLISECONDS);
    this.ask = createLatest({ send: getCode, done: (text) => this.showText(text), failed: (error) => this.showProblem(error), nextFrame: rested });
    this.build();
    byId("code-framework").addEventListener("change", () => this.show());
    byId("code-copy").addEventListener("click", () => this.copy());
    this.show();
  }

  build() {
    const numbers = NUMBERS.map((name) => this.numberBox(named(this.catalog.parameters, name)));
    const task = this.select("task", "Task", this.catalog.tasks, () => {
      this.settings = taskSettings(this.catalog, this.settings.task);
      this.fill();
    });
    byId("code-settings").replaceChildren(task, this.select("optimizer", "Optimizer", this.catalog.optimizers), ...numbers);
    this.fill();
  }

  numberBox(parameter) {
    const { name, label } = parameter;
    const box = element("input", { type: "number", id: `code-${name}`, step: "any", inputmode: "decimal" });
    box.addEventListener("input", () => {
      const value = box.value.trim() === "" ? NaN : Number(box.value);
      const fault = faultOf(parameter, value);
      box.toggleAttribute("aria-invalid", Boolean(fault));
      if (fault) this.showProblem(new Error(fault));
      else this.change(name, value);
    });
    return element("div", {}, element("label", { for: box.id }, label), box);
  }

  select(name, label, options, changed = () => {}) {
    const select = element("select", { id: `code-${name}` }, ...options.map((option) => element("option", { value: option.name }, option.title)));
    select.addEventListener("change", () => {
      this.settings = { ...this.settings, [name]: select.value };
      changed();
      this.show();
    });
    return element("div", {}, element("label", { for: select.id }, label), select);
  }

  fill() {
    for (const name of [...NUMBERS, "task", "optimizer"]) byId(`code-${name}`).value = String(this.settings[name]);
  }

  change(name, value) {
    this.settings = { ...this.settings, [name]: value };
    this.show();
  }

  framework() {
    return byId("code-framework").querySelector("input:checked").value;
  }

  /** Return ε of the settings (null: infinite), by the page's accountant. */
  epsilon() {
    return guaranteedEpsilon(mechanismOf(this.settings));
  }

  show() {
    const { delta, train_size: examples } = this.settings;
    setText(byId("code-epsilon"), `ε = ${format.epsilon(this.epsilon())} at δ = ${format.value(delta)}, ${format.count(examples)} examples, Rényi accounting.`);
    this.ask(codeQuery(this.settings, this.framework()));
  }

  showText(text) {
    this.text = text;
    byId("code-problem").hidden = true;
    setText(byId("code-text").firstElementChild, text);
    URL.revokeObjectURL(byId("code-download").href);
    Object.assign(byId("code-download"), {
      href: URL.createObjectURL(new Blob([text], { type: "text/x-python" })), download: `dpsgd_${this.framework().replace("-", "_")}.py`,
    });
  }

  showProblem(error) {
    byId("code-problem").hidden = false;
    const reasons = error.errors?.map(({ message }) => message) ?? [];
    setText(byId("code-problem"), reasons.length ? reasons.join(" ") : error.message);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text);
      setText(byId("code-said"), "Copied.");
    } catch {
      getSelection().selectAllChildren(byId("code-text"));
      setText(byId("code-said"), "Selected: copy it with your keyboard.");
    }
  }
}
