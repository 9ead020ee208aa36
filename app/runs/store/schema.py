"""The tables of the run store.

``runs`` (one row a run), ``events`` (append-only, ids 1..n a run without a gap), ``facts`` (named values of
this store), ``tables`` (data that people have brought along, until the run on it has ended), ``sweeps`` and
``sweep_runs``, and ``weights`` (what trainings ended with, as long as their runs are kept).
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

SCHEMA_VERSION = "1"
ACTIVE_STATES = ("queued", "running")
FINISHED_STATES = ("done", "failed", "cancelled")

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),  # the order of the queue
    Column("id", String(40), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    # JSON: {"kind", "parameters", "fallback", "notices", "audit", "audited_run"}
    Column("job", Text, nullable=False),
    Column("client", String(64), nullable=False),  # a keyed hash; addresses are not stored
    Column("request_key", String(64), unique=True),  # keyed hash of client and Idempotency-Key
    Column("request_print", String(64)),  # fingerprint of the request that came with the key
    Column("estimated_seconds", Float),
    Column("created_at", Float, nullable=False),  # seconds since the epoch, like all times here
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("owner", String(40)),  # random token of the attempt; who does not hold it writes nothing
    Column("entered", Integer, nullable=False, server_default="0"),  # 1 once the owner's keeper has begun
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("crashes", Integer, nullable=False, server_default="0"),
    Column("heartbeat", Integer, nullable=False, server_default="0"),  # a counter: no two clocks to compare
    Column("cancel_requested", Integer, nullable=False, server_default="0"),
    Column("last_event", Integer, nullable=False, server_default="0"),
    Index("runs_by_state", "state", "sequence"),
    Index("runs_by_client", "client", "created_at"),
)

events = Table(
    "events",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("created_at", Float, nullable=False),
    Column("body", Text, nullable=False),  # JSON as app.events.encode writes it
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

tables = Table(
    "tables",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # as app.tables.table.Table writes it
    Column("info", Text, nullable=False),  # JSON: what is public of it
    Column("client", String(64), nullable=False),  # a keyed hash, as in runs
    Column("created_at", Float, nullable=False),
    Column("run_id", String(40), unique=True),  # the run that took it
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("grid", Text, nullable=False),  # JSON: {"parameter", "values", "seeds"}
    Column("stopped", Integer, nullable=False, server_default="0"),  # 1 once it was cancelled as a whole
    Column("created_at", Float, nullable=False),
)

sweep_runs = Table(
    "sweep_runs",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("sweep_id", String(40), ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),  # its turn among the runs of its sweep, from 0
)

weights = Table(
    "weights",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("series", String(12), primary_key=True),  # "private" or "baseline"
    Column("content", LargeBinary, nullable=False),  # as app.inference.archive packs them
)
