/** A small run document of the shape that POST /api/train answers with. */

/** Return a document of three epochs (N = 1,000, B = 100, so ten steps each); `changes` replace top-level fields. */
export function exampleDocument(changes = {}) {
  const epochs = [1, 2, 3].map((epoch) => ({
    epoch, iteration: epoch * 10, accuracy: 0.5 + epoch / 10, loss: 4 - epoch, test_loss: 2, epsilon: epoch,
    clipped_fraction: 0.9, gradient_norm_median: 6, seconds: 1,
  }));
  return {
    id: null, state: "done", mode: "simulation", evidence: "simulated",
    parameters: {
      task: "mnist", dataset: "mnist", model: "tutorial_cnn", train_size: 1000, batch_size: 100, epochs: 3, clipping_norm: 1,
      noise_multiplier: 0.8, learning_rate: 0.02, optimizer: "sgd", delta: 1e-5, privacy_budget: 2, seed: 1,
    },
    dataset: { title: "MNIST", test_examples: 10000, classes: 3, class_names: ["a", "b", "c"] },
    model: { title: "CNN" },
    progress: { phase: null, steps: 30, steps_total: 30 },
    epochs,
    iterations: [{ iteration: 5, accuracy: 0.4, loss: 3.5 }, { iteration: 10, accuracy: 0.6, loss: 3 }],
    gradient_norms: {
      clipping_norm: 1, clipped_fraction: 0.9,
      before: [{ x: 0.5, y: 0.1 }, { x: 4, y: 0.9 }], after: [{ x: 0.5, y: 0.1 }, { x: 1, y: 0.9 }],
    },
    per_class_accuracy: [0.9, 0.6, 0.9],
    final_metrics: { accuracy: 0.8, loss: 1, epsilon: 3, delta: 1e-5, training_seconds: null },
    epsilon_spent: null,
    privacy: { epsilon: 3, reason: null, per_epoch: [1, 2, 3].map((epoch) => ({ epoch, iteration: epoch * 10, epsilon: epoch })) },
    baseline: null,
    ...changes,
  };
}
