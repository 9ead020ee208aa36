"""Sweeps: many trainings along one parameter, admitted, limited and told of as one."""
