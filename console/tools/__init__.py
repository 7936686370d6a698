"""Tools for whoever writes a receiver: check it, and explain a wrong signature."""
