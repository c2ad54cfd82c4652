"""The pages and the API of accounts: signing in, joining, one's own account, everybody's."""
