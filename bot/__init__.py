"""The process: command line, settings, composition root, lifecycle, logs and the local chat."""

from __future__ import annotations

__version__ = "0.1.0"
