"""Web Push: what is sealed for a browser, who may carry it there, and what it says."""
