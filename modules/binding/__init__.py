"""Bind links: a person who opens one joins the official account and is bound to a customer of the brand."""
