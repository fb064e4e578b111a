"""What runs between the processes of a show: mailboxes in shared memory, all made by the supervisor.

    worker ── frames, status ──▶ supervisor ── health, preview ──▶ desk
    worker ◀── keys ──────────── supervisor
    worker ◀── desk, lan_desk ───────────────────────────────────── desks

So they outlive the worker and the desks, which may be killed at any instant; none of them ever waits for
another. Each has one writer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wires:
    """The names of the mailboxes, as of `SharedLatest.attached`."""

    frames: str  # worker → supervisor: the picture, as of `supervision.frames`
    status: str  # worker → supervisor, desks: what plays and why, JSON, as of `installation.status`
    keys: str  # supervisor → worker: requests, as of `supervision.requests`
    desk: str  # the desk of the site → worker: requests
    lan_desk: str  # the desk of the command `desk` → worker: requests
    health: str  # supervisor → desks: how worker, screen and machine are, JSON
    preview: str  # supervisor → desks: the picture, small; never one in which a visitor may be recognised
