"""Measures the simulator against real servers, next to the same work done the plain way and to bare libcurl."""
