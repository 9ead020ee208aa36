/** Share and Export in the page's head: a link to what is shown, and the shown run as a file. */

import { addressOf } from "../address.js";
import { byId, setText } from "../dom.js";
import { runCsv, runFileName, runJson } from "../export/run_files.js";
import { saveText } from "../export/save.js";
import { copied, linkOf, restoresSentence } from "../export/share.js";
import { shownDocument } from "../state.js";

const FILES = {
  csv: { textOf: runCsv, type: "text/csv" },
  json: { textOf: runJson, type: "application/json" },
};

export class Exchange {
  constructor(catalog) {
    this.catalog = catalog;
    byId("share").addEventListener("click", () => this.share());
    for (const extension of Object.keys(FILES)) {
      byId(`export-${extension}`).addEventListener("click", () => this.save(extension));
    }
    byId("share-close").addEventListener("click", () => this.close());
    byId("share-box").addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    byId("export").addEventListener("keydown", ({ key }) => key === "Escape" && this.fold());
    document.addEventListener("click", ({ target }) => !byId("export").contains(target) && byId("export").removeAttribute("open"));
  }

  update(state) {
    this.state = state;
  }

  async share() {
    const { run, opening, settings } = this.state;
    const link = linkOf(location, addressOf(this.catalog, this.state));
    byId("share-box").hidden = false;
    byId("share-link").value = link;
    byId("share-link").focus();
    byId("share-link").select();
    const isCopied = await copied(navigator.clipboard, link);
    const restores = restoresSentence({ run: settings.mode === "real" ? run : null, opening });
    setText(byId("share-said"), `${isCopied ? "Link copied." : "Copy this link."} ${restores}`);
  }

  close() {
    byId("share-box").hidden = true;
    byId("share").focus();
  }

  save(extension) {
    const shown = shownDocument(this.state);
    const { textOf, type } = FILES[extension];
    if (shown) saveText(textOf(shown), type, runFileName(shown, extension));
    this.fold();
  }

  fold() {
    byId("export").removeAttribute("open");
    byId("export").querySelector("summary").focus();
  }
}
