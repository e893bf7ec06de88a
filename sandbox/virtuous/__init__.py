"""A stand-in for the Virtuous CRM+ HTTP API, with its data computed from a seed and a row number."""
