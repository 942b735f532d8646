"""Threads for pages and ingest. Each holds a connection per database role: max_connections follows from here."""

import os

bind = os.environ.get("WEB_BIND", "0.0.0.0:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 30
keepalive = 75  # seconds; longer than the proxy keeps an idle connection, so the proxy never meets a closed one
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 2048  # plates are never in an address, and no address of ours is long
limit_request_fields = 50
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file needs memory, not a disk that may stall
control_socket_disable = True  # no second way in
accesslog = None  # the portal writes its own line, without the query string
errorlog = "-"
