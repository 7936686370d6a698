"""Receipts: customers upload receipts to a campaign; those that meet its conditions publish an event."""
