/** An axis for accuracies in per cent on which errors stand on a log scale: 80, 90, 95, 98, 99 are told apart alike. */

const TICKS = [0, 20, 40, 60, 70, 80, 85, 90, 95, 97, 98, 99, 99.5, 99.9];

/** The name by which a Chart.js axis asks for this scale; its `min` and `max` are errors, 100 less the accuracy. */
export const ERROR_SCALE = "errors";

/** Make the scale known to Chart.js; doing it twice changes nothing. */
export function registerErrorScale({ Chart }) {
  if (Chart.registry.scales.items[ERROR_SCALE]) return;
  Chart.register(class extends Chart.LogarithmicScale {
    static id = ERROR_SCALE;

    static defaults = { reverse: true };

    getPixelForValue(accuracy) {
      return super.getPixelForValue(Math.min(Math.max(100 - accuracy, this.min), this.max));
    }

    getValueForPixel(pixel) {
      return 100 - super.getValueForPixel(pixel);
    }

    buildTicks() {
      return TICKS.filter((accuracy) => 100 - accuracy >= this.min && 100 - accuracy <= this.max).map((value) => ({ value }));
    }
  });
}
