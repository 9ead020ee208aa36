"""How the simulation was fitted: measured runs of this project's engine, the fit and its validation."""
