/** The entry of pages that only need the theme button. */

import { bindTheme } from "./theme.js";

bindTheme();
