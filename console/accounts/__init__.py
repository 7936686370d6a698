"""Accounts, licences, users, API tokens and the audit log."""
