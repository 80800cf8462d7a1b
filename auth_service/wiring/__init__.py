"""The only place that chooses adapters and builds flows. All is built when first asked for, from one Settings.

adapters.py   keys, database, engine, thresholds, backup files
flows.py      the use cases over them
notices.py    how people are told
serving.py    what a server and a worker need besides: jobs, readiness, meters
"""

from auth_service.wiring.serving import Wiring

__all__ = ["Wiring"]
