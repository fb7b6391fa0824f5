"""Numbers, prices, dates, abbreviations and units as a person reads them."""
