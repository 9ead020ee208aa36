/** What stands around the page: its address, its title, and what screen readers are told while a training runs. */

import { addressOf } from "./address.js";
import { byId, setText } from "./dom.js";
import { epochSentence, titleOf } from "./progress_words.js";
import { shownDocument } from "./state.js";

const ADDRESS_MILLISECONDS = 250;

export class Surroundings {
  constructor(catalog) {
    Object.assign(this, { catalog, name: document.title, address: null, timer: null });
  }

  update(state) {
    const settings = addressOf(this.catalog, state);
    this.rememberAddress(`${location.pathname}${settings}`);
    byId("export-code").href = `/learning${settings}#code`;
    this.offerAudit(shownDocument(state));
    document.title = titleOf(state, this.name);
    if (state.run && shownDocument(state) === state.run) setText(byId("announcer"), epochSentence(state.run) ?? "");
  }

  /** A training that has been measured here can be attacked. */
  offerAudit(run) {
    const possible = Boolean(run?.id) && run.evidence === "measured" && run.state === "done" && !run.audit;
    byId("audit-line").hidden = !possible;
    if (possible) byId("audit-run").href = `/attacks?run=${run.id}`;
  }

  /** Put the settings into the address once they rest: browsers refuse more than about a hundred changes in half a minute. */
  rememberAddress(address) {
    if (address === this.address) return; // a training's events change the state all the time, and not the address
    this.address = address;
    clearTimeout(this.timer);
    if (address === `${location.pathname}${location.search}`) return;
    this.timer = setTimeout(() => history.replaceState(null, "", address), ADDRESS_MILLISECONDS);
  }
}
