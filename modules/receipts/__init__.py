"""Receipts: customers upload receipts to a campaign; only those that meet its conditions are told."""
