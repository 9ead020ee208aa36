/** A small parameter table of the shape that GET /api/parameters answers with. */

const parameter = (name, fields) => ({ name, label: name, unit: "", meaning: "", recommended: null, scale: "linear", integer: false, ...fields });

export const catalog = {
  default_task: "mnist",
  parameters: [
    parameter("clipping_norm", { minimum: 0.05, maximum: 20, default: 1, scale: "log", recommended: [1, 2] }),
    parameter("noise_multiplier", { minimum: 0, maximum: 20, default: 0.8, scale: "log", recommended: [0.8, 1.5] }),
    parameter("batch_size", { minimum: 16, maximum: 2048, default: 256, scale: "log", integer: true, recommended: [128, 2048] }),
    parameter("learning_rate", { minimum: 0.001, maximum: 1, default: 0.02, scale: "log", recommended: [0.01, 0.02] }),
    parameter("epochs", { minimum: 1, maximum: 60, default: 15, integer: true, recommended: [8, 20] }),
    parameter("delta", { minimum: 1e-9, maximum: 1e-3, default: 1e-5, scale: "log" }),
    parameter("privacy_budget", { minimum: 0.01, maximum: 50, default: 3, scale: "log" }),
    parameter("target_epsilon", { minimum: 0.01, maximum: 50, default: null, scale: "log" }),
    parameter("train_size", { minimum: 100, maximum: 60000, default: null, scale: "log", integer: true }),
    parameter("seed", { minimum: 0, maximum: 4294967295, default: null, integer: true }),
  ],
  tasks: [
    { name: "mnist", title: "MNIST", dataset: "mnist", train_size: 60000, model: "tutorial_cnn", optimizer: "sgd", defaults: {} },
    { name: "digits", title: "Digits", dataset: "digits", train_size: 1437, model: "digits_cnn", optimizer: "adam", defaults: { noise_multiplier: 2, batch_size: 128, learning_rate: 0.01 } },
  ],
  datasets: [
    { name: "mnist", title: "MNIST", available: true, train_examples: 60000, input_shape: [28, 28, 1], classes: 10 },
    { name: "digits", title: "Digits", available: true, train_examples: 1437, input_shape: [8, 8, 1], classes: 10 },
  ],
  models: [
    { name: "tutorial_cnn", title: "CNN", inputs: "images", minimum_side: 13 },
    { name: "digits_cnn", title: "Small CNN", inputs: "images", minimum_side: 4 },
  ],
  optimizers: [{ name: "sgd", title: "SGD" }, { name: "momentum", title: "Momentum" }, { name: "adam", title: "Adam" }],
  samplings: [{ name: "poisson", title: "Poisson" }, { name: "shuffle", title: "Shuffle" }],
  engines: [{ name: "fast", title: "Fast", available: true }],
  presets: {
    mnist: [
      { id: "balanced", title: "Balanced", parameters: { clipping_norm: 1, noise_multiplier: 0.8, batch_size: 256, learning_rate: 0.02, epochs: 15, optimizer: "sgd" } },
      { id: "optimal", title: "Use Optimal Parameters", parameters: { clipping_norm: 1.5, noise_multiplier: 1.1, batch_size: 256, learning_rate: 0.02, epochs: 15, optimizer: "momentum" } },
    ],
  },
  real: { available: true, reason: null },
};
