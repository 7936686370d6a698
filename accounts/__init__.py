"""Accounts, their licences, API tokens and users, and the audit log."""
