"""One small web service for each framework, with the endpoints of the protocol's reference services."""
