/**
 * Published results of training from scratch with (ε, 1e-5)-differential privacy, for the trade-off chart: by data set
 * {without, sources: [{name, work, accountant, points: [[ε, accuracy in per cent]]}]}. `accountant` says whose ε it is:
 * another accountant gives the same training another number.
 */

const DPSUR = "table 2 of DPSUR (Fu et al., VLDB 2024)";
const AS_PUBLISHED = "ε as that paper states it";
const OLD_RDP = "ε by RDP and its older conversion; today's RDP says 0.96, 2.60 and 6.32 for the same three trainings";

const mnist = {
  without: { accuracy: 99.0, work: "TensorFlow Privacy tutorials" },
  sources: [
    { name: "TF Privacy", work: "TensorFlow Privacy tutorials", accountant: OLD_RDP, points: [[1.19, 95.0], [3.01, 96.6], [7.1, 97.0]] },
    { name: "Opacus", work: "Opacus, MNIST example", accountant: "ε by the library's RDP accountant", points: [[1.16, 94.6], [2.91, 96.8], [6.86, 97.1]] },
    { name: "Tramèr & Boneh", work: "Tramèr and Boneh 2021, a CNN (98.1) and ScatterNet features (98.7)", accountant: AS_PUBLISHED, points: [[3, 98.1], [3, 98.7]] },
    { name: "DP-SGD (VLDB 2024)", work: `DP-SGD in ${DPSUR}`, accountant: AS_PUBLISHED, points: [[1, 95.1], [2, 96.1], [3, 96.8], [4, 97.3]] },
    { name: "tempered sigmoid", work: `tempered sigmoid in ${DPSUR}`, accountant: AS_PUBLISHED, points: [[1, 97.1], [2, 97.9], [3, 98.2], [4, 98.5]] },
  ],
};

const fashion = {
  without: null,
  sources: [
    { name: "DP-SGD (VLDB 2024)", work: `DP-SGD in ${DPSUR}`, accountant: AS_PUBLISHED, points: [[1, 80.3], [2, 82.6], [3, 84.7], [4, 85.4]] },
    { name: "tempered sigmoid", work: `tempered sigmoid in ${DPSUR}`, accountant: AS_PUBLISHED, points: [[1, 83.6], [2, 85.3], [3, 86.3], [4, 86.9]] },
  ],
};

const ALL = { "mnist 60000": mnist, "fashion_mnist 60000": fashion };

/** Return what is published about a data set of so many training examples; empty where nothing is known. */
export const publishedFor = ({ dataset, train_size: size }) => ALL[`${dataset} ${size}`] ?? { without: null, sources: [] };
