"""Who pays for what: accounts, their licences and their API tokens."""
