/** The Learning Hub's entry: what can be moved, tried, turned and answered. */

import * as api from "./api.js";
import { byId, setText } from "./dom.js";
import { Bells, Lottery } from "./learning/bells.js";
import { CodePanel } from "./learning/code_panel.js";
import { Comparison } from "./learning/compare.js";
import { ConceptCards } from "./learning/concept_cards.js";
import { bindDepth } from "./learning/depth.js";
import { browserVoice, Dialogue } from "./learning/dialogue.js";
import { FlashCards } from "./learning/flash_cards.js";
import { Poll } from "./learning/poll.js";
import { Quiz } from "./learning/quiz.js";
import { Stepper } from "./learning/stepper.js";
import { openOwnData } from "./own_data/main.js";
import { bindTheme } from "./theme.js";

const query = location.search;
const catalog = api.getCatalog();

/** Open the parts that need the server's table of parameters; without the server the rest of the page works. */
async function openWithCatalog(catalog) {
  try {
    const panel = new CodePanel(await catalog, { getCode: api.getCode, query });
    return new Comparison(panel.epsilon());
  } catch (error) {
    if (!(error instanceof api.ServerLost || error instanceof api.ServerProblem)) throw error;
    byId("code-problem").hidden = false;
    setText(byId("code-problem"), `The script waits for the server: ${error.message}`);
    return new Comparison(null);
  }
}

bindTheme();
new Poll();
new Bells();
new Lottery();
new FlashCards();
new Quiz();
new Dialogue(browserVoice());
new ConceptCards({ catalog, simulate: api.simulate });
bindDepth();
openWithCatalog(catalog);
openOwnData();
api.getDigits().then((file) => new Stepper(file));
