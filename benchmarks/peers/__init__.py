"""The engine beside its peers: ``python -m benchmarks.peers``, or ``make bench``.

Their dependencies exclude each other, so every contender lives in an environment and a process of its own.
A parent has one of them work at a time, in short windows that alternate, so that whatever else the machine
does hits all alike. It writes docs/benchmarks.json, and from that docs/benchmarks.md and docs/benchmarks.svg.
"""
