"""The delivery log: search, filters, statistics and bulk redelivery."""
