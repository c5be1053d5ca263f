"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A slow machine is no defect: no property fails by the clock. Whatever hangs meets pytest's own time limit.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
