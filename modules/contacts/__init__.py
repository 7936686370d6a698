"""Contacts: the people who befriended the brand's LINE official account. MAAC's Open API calls them members."""
