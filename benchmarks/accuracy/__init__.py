"""The best test accuracy found at each ε, by a committed grid."""
