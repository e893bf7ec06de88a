"""A stand-in for the Search Ads 360 Reporting API."""
