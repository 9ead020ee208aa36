/** The page of attacks: a measured audit, and the limits on every attack. */

import { LimitsView } from "./audit/limits_view.js";
import { startAudits } from "./audit/main.js";
import { byId, setText } from "./dom.js";
import { bindTheme } from "./theme.js";

const limits = new LimitsView();
const views = [limits];
bindTheme(() => views.forEach((view) => view.recolour()));
startAudits({ limitsOf: (...mechanism) => limits.add(...mechanism) })
  .then((audits) => views.push(audits))
  .catch((error) => {
    byId("audit-problem").hidden = false;
    setText(byId("audit-problem"), `Audits could not start: ${error.message} Reload to try again.`);
    if (!["ServerLost", "ServerProblem"].includes(error.constructor.name)) throw error;
  });
