/** A run on a table of one's own in the playground: what is public of the table, as one more task. Pure. */

const CURE = "Its rows were deleted when its run had ended: bring it again in the Learning Hub, for each training anew.";

/** Return the catalog with the table of `run` among its tasks and datasets; unchanged if it trained on none. */
export function withTableOf(catalog, { parameters, dataset }) {
  const { table } = parameters;
  if (!table) return catalog;
  const { model, optimizer, train_size } = parameters;
  const title = dataset.title ?? "Your own table";
  const task = {
    name: "table", title, dataset: "table", train_size, model, optimizer, summary: "Rows and columns of one's own.",
    defaults: catalog.tables?.defaults ?? {}, simulated_optimizers: [],
  };
  const data = {
    name: "table", title, train_examples: table.train_examples, test_examples: table.test_examples, input_shape: [table.inputs],
    class_names: table.class_names, classes: table.class_names.length, available: false, needs_download: false, cure: CURE,
  };
  const others = (list) => list.filter(({ name }) => name !== "table");
  return { ...catalog, tasks: [...others(catalog.tasks), task], datasets: [...others(catalog.datasets), data] };
}
