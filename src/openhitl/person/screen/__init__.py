"""The inbox that fills a terminal. It takes Textual, which nothing outside this package loads."""
